"""Programs that write beside the servers, as cron jobs and views of other people's projects would."""

SETUP = """
import random, threading
from django.contrib.auth import get_user_model
from django.db import transaction
from parlour.writes import counts
from rooms.send_once import NumberedText
from rooms.models import Room
from rooms.posting import draft, post

member = get_user_model().objects.get(username="member").pk
lobby, team = (Room.objects.get(slug=slug).pk for slug in ("lobby", "team"))

def say(*things):
    return post([draft(room, member, NumberedText("", 0, text)) for room, text in things])

def at_once(work, many):
    threads = [threading.Thread(target=work, args=(number,)) for number in range(many)]
    [each.start() for each in threads]
    [each.join() for each in threads]
"""

# 16 writers, 2,000 commits, one in twenty rolled back; every other one inside a transaction of its own making
ROLLBACKS = (
    SETUP
    + """
class No(Exception):
    pass

def work(writer):
    dice = random.Random(writer)
    for number in range(125):
        try:
            if number % 2 and dice.random() > 0.1:
                say((lobby, f"kept {writer}-{number}"))
            else:
                with transaction.atomic():
                    lost = dice.random() < 0.1
                    say((lobby, f"{'lost' if lost else 'kept'} {writer}-{number}"))
                    if lost:
                        raise No
        except No:
            counts["rolled back"] += 1

at_once(work, 16)
print("deadlocks", counts["deadlocks"])
print("rolled back", counts["rolled back"])
"""
)

# two rooms in one commit, half of the writers naming them the other way round
CROSSWISE = (
    SETUP
    + """
def work(writer):
    rooms = [lobby, team] if writer % 2 else [team, lobby]
    for number in range(100):
        say(*((room, f"crosswise {writer}-{number}") for room in rooms))

at_once(work, 8)
print("deadlocks", counts["deadlocks"])
"""
)

NOTIFY_SETUP = """
import os, time
from contextlib import suppress
from django.contrib.auth import get_user_model
from django.db import transaction
from alerts import Role, notify
from rooms.models import Room

people = get_user_model().objects.in_bulk(["staff", "member"], field_name="username")
"""

# a view that tells something and thinks better of it; and one that commits when there is a file `commit`
SLOW_NOTIFY = (
    NOTIFY_SETUP
    + """
class No(Exception):
    pass

with suppress(No), transaction.atomic():
    notify(Role("staff"), "parcel", "Never told")
    raise No
with transaction.atomic():
    notify(Role("staff"), "parcel", "Told by a slow view")
    notify(people["staff"], "parcel", "And to one alone")
    print("told", flush=True)
    while not os.path.exists(os.environ["PARLOUR_VAR"] + "/commit"):
        time.sleep(0.05)
print("committed", flush=True)
"""
)

# a command that has a thousand things to tell of one kind
THOUSAND = (
    NOTIFY_SETUP
    + """
for number in range(1000):
    notify(Role("staff"), "parcel", f"Parcel {number}", url="/", about=Room(pk=number), key="parcels")
print("told", flush=True)
"""
)

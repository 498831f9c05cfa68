"""Runs inside the measured checkout, in `manage.py shell`: makes people, sessions and rooms; counts SQL statements.

It must work on old and new trees, so it asks Django for everything and imports nothing of the product.
"""

import datetime
import importlib
import json
import pathlib
import random
import re
from collections.abc import Iterator
from typing import Any

from django import test
from django.apps import apps
from django.conf import settings
from django.contrib import auth
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone


def seed(people: int, *titles: str) -> None:
    """Make rooms open to all, and people with a session each; print their cookies."""
    store = importlib.import_module(settings.SESSION_ENGINE).SessionStore()
    room = next(model for model in apps.get_models() if model.__module__ == "rooms.models" and model.__name__ == "Room")
    until = timezone.now() + datetime.timedelta(days=1)
    keys = []
    with transaction.atomic():
        for title in titles:
            room.objects.create(title=title)
        for number in range(people):
            person = auth.get_user_model()(username=f"bench-{number:04}", password="!")
            person.save()
            held = {auth.SESSION_KEY: str(person.pk), auth.BACKEND_SESSION_KEY: backend(person)}
            held[auth.HASH_SESSION_KEY] = person.get_session_auth_hash()
            keys.append(f"{number:032}")
            store.model.objects.create(session_key=keys[-1], session_data=store.encode(held), expire_date=until)
    print(json.dumps([f"{settings.SESSION_COOKIE_NAME}={key}" for key in keys]))


def fill(slug: str, messages: int) -> None:
    """Post so many messages in a new room: words of our own documentation, a minute apart, by everybody in turn."""
    room, message, head = (
        apps.get_model(name) for name in ("parlour_rooms.Room", "parlour_rooms.Message", "parlour.Head")
    )
    people = list(auth.get_user_model().objects.filter(username__startswith="bench-").values_list("pk", flat=True))
    words = re.findall("[a-z]+", pathlib.Path("docs/parlour.md").read_text())
    chance, start = random.Random(messages), timezone.now() - datetime.timedelta(minutes=messages)
    at, pk = connection.ops.adapt_datetimefield_value, room.objects.get(slug=slug).pk
    columns = ["room_id", "author_id", "text", "html", "page", "n", "created", "previous_at", "heading_at"]
    columns += ["seq", "changed"]

    def rows() -> Iterator[list[Any]]:
        for seq in range(1, messages + 1):
            text = f"{' '.join(chance.choices(words, k=12))} number{seq}"
            before, now = (at(start + datetime.timedelta(minutes=seq - step)) for step in (1, 0))
            yield [pk, people[seq % len(people)], text, f"<p>{text}</p>", "", 0, now, before, now, seq, seq]

    table = message._meta.db_table
    with transaction.atomic(), connection.cursor() as cursor:
        for index in indexes(table):  # built at the end, in a fraction of the time
            cursor.execute(f"DROP {index}")
        cursor.executemany(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})", rows()
        )
        head.objects.update_or_create(name=f"room.{pk}", defaults={"seq": messages})
    call_command("migrate", verbosity=0)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # as it does by itself within a minute
    print(messages)


def indexes(table: str) -> list[str]:
    """What keeps the full-text index of the messages: `migrate` makes it again."""
    if connection.vendor == "postgresql":
        return ["INDEX parlour_rooms_words"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
        return [f"TRIGGER {name}" for (name,) in cursor.fetchall()]


def backend(person: Any) -> str:
    """The authentication backend that knows people again."""
    for name in settings.AUTHENTICATION_BACKENDS:
        find = getattr(auth.load_backend(name), "get_user", None)
        if find and find(person.pk) == person:
            return str(name)
    raise LookupError("no backend knows people again")


def statements(path: str, cookie: str) -> None:
    """Print how many SQL statements a page takes, once caches are warm."""
    name, _, key = cookie.partition("=")
    client = test.Client(HTTP_HOST="127.0.0.1")
    client.cookies[name] = key
    assert client.get(path).status_code == 200
    with CaptureQueriesContext(connection) as seen:
        client.get(path)
    print(len(seen))

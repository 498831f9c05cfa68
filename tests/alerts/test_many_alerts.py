"""Many at once: many readers, many alerts, and a long random walk."""

import random
from contextlib import AsyncExitStack

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.db import transaction

from alerts import Role, actions, anotify, audiences, notify, resolve, streams
from alerts.bell import bells, unseen
from alerts.management.commands import prune_alerts
from alerts.models import Alert, Mark, Preference
from alerts.testing import BellPage
from rooms.models import Room

pytestmark = pytest.mark.django_db(transaction=True)
STAFF = 8


def hire(n):
    people = get_user_model()
    people.objects.bulk_create(people(username=f"staff{number}", is_staff=True) for number in range(n))
    return list(people.objects.filter(username__startswith="staff"))


async def test_one_order_tells_all_staff_and_is_drawn_once(sue, monkeypatch):
    drawn, pattern = [], streams._pattern
    monkeypatch.setattr(
        streams, "_pattern", lambda part, *fields, **shown: drawn.append(part) or pattern(part, *fields, **shown)
    )
    async with AsyncExitStack() as open_pages:
        pages = [await open_pages.enter_async_context(BellPage(person)) for person in await sync_to_async(hire)(STAFF)]
        for page in pages:
            for stream in page.region.streams:
                await page.receives(stream.name)  # it is followed from now on
        drawn.clear()
        await anotify(Role("staff"), "order", "A new order")
        for page in pages:
            await page.shows("1 unseen")
        assert drawn.count("line") == 1
        assert all(sum("A new order" in frame for frame in page.frames) == 1 for page in pages)


def test_an_alert_to_hundreds_takes_no_more_statements_than_one_to_a_few(sue, django_assert_max_num_queries):
    people = hire(300)
    with django_assert_max_num_queries(5):  # with the transaction's own
        notify(people, "tea", "Tea is ready", key="tea")
    notify([*people, sue], "tea", "Tea is ready", key="tea")
    assert Alert.objects.count() == 301
    with django_assert_max_num_queries(6):
        assert {bell.unseen for bell in bells([person.pk for person in people]).values()} == {1}


def test_braces_in_an_alert_stand_for_nothing(sue):
    notify(sue, "tea", "{pk} {{words}} {0} {}", "}{name")
    lines = streams.BellRegion(sue.pk).bell.lines(sue)
    assert ">{pk} {{words}} {0} {}<" in lines
    assert ">}{name<" in lines


async def test_alerts_of_one_transaction_are_two_small_frames_at_most(sue):
    def tell():
        with transaction.atomic():
            for n in range(150):
                notify(Role("staff"), "order", f"Order {n}", key="orders", about=Room(pk=n + 1, slug=f"room-{n}"))

    async with BellPage(sue) as page:
        await page.receives("bell-cursor-bell-count")
        before = len(page.frames)
        await sync_to_async(tell)()
        await page.shows("150 unseen")
        told = [frame for frame in page.frames[before:] if 'innerHTML:#bell-lines"' in frame]
        assert len(told) <= 2
        assert len(told[-1]) < 8_000
        assert "99+" in told[-1]
        assert await page.equals_fresh()


def counted(person):
    """The count by its definition, one row after the other."""
    told = {f"user.{person.pk}"} | ({"staff"} if person.is_staff else set())
    quiet = set(Preference.objects.filter(person=person, level="nothing").values_list("kind", flat=True))
    seen = set(Mark.objects.filter(person=person, seen__isnull=False).values_list("alert", flat=True))
    rows = Alert.objects.filter(resolved=None, audience__in=told).exclude(kind__in=quiet)
    return len([alert for alert in rows if alert.pk not in seen])


class Walk:
    """Two people, one of them staff now and then, and ten things that may happen."""

    def __init__(self, sue, ann):
        self.chance = random.Random(3)
        self.sue, self.people = sue, [sue, ann]
        self.targets = [sue, ann, Role("staff"), [ann, Role("staff")]]
        self.things = [Room.objects.create(title=f"Room {n}") for n in range(6)]
        self.moments = []

    def act(self, n):
        person = self.chance.choice(self.people)
        pks = list(Alert.objects.for_person(person).values_list("pk", flat=True))
        some = Alert.objects.for_person(person).filter(pk__in=self.chance.sample(pks, min(3, len(pks))))
        acts = [self.tell, self.see, self.do, self.take_back, self.resolve, self.undo, self.change]
        self.chance.choices(acts, [3, 1, 2, 1, 1, 1, 1])[0](n, person, some)

    def tell(self, n, person, some):
        about, key = self.chance.choice([None, *self.things]), self.chance.choice(["", "a", "b"])
        kind = self.chance.choice(["order", "mention"])
        notify(self.chance.choice(self.targets), kind, f"Act {n}", key=key, about=about)

    def see(self, n, person, some):
        actions.mark_seen(person, self.chance.choice([0, *Alert.objects.values_list("pk", flat=True)]))

    def do(self, n, person, some):
        live_write = self.chance.choice([actions.mark_read, actions.archive])
        self.moments.append((person, live_write(person, some)))

    def take_back(self, n, person, some):
        actions.mark_unread(person, some)

    def resolve(self, n, person, some):
        resolve(self.chance.choice(self.things))

    def undo(self, n, person, some):
        who, at = self.chance.choice(self.moments or [(person, None)])
        if at:
            actions.undo(who, at)

    def change(self, n, person, some):
        actions.set_preferences(person, {"mention": (self.chance.choice(["toast", "nothing"]), "")})
        self.sue.is_staff = self.chance.random() < 0.8
        self.sue.save()


@pytest.mark.parametrize("acts", [60, pytest.param(500, marks=pytest.mark.faults)])
def test_after_any_acts_the_count_equals_the_rows(sue, ann, acts):
    walk = Walk(sue, ann)
    highest = 0
    for n in range(acts):
        walk.act(n)
        if n % 25 == 24:
            prune_alerts.Command().handle(resolved=0, days=1)
        if n % 3 == 0:
            found = {pk: bell.unseen for pk, bell in bells([sue.pk, ann.pk]).items()}
            names = audiences.of([sue.pk, ann.pk])
            assert found == {sue.pk: counted(sue), ann.pk: counted(ann)}, n
            assert found == {pk: unseen(pk, names[pk]) for pk in found}, n
            highest = max(highest, *found.values())
    assert highest > 5

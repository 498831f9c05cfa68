"""A room's live side, without a browser."""

import pytest
from django.contrib.auth import get_user_model

from parlour.testing import Page, lost_hints
from rooms.consumers import RoomConsumer
from rooms.models import Room

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ann(db):
    return get_user_model().objects.create_user("ann")


@pytest.fixture
def ben(db):
    return get_user_model().objects.create_user("ben")


@pytest.fixture
def lobby(ann):
    return Room.objects.create(title="Lobby", owner=ann)


async def test_what_one_says_both_see(ann, ben, lobby):
    async with Page(RoomConsumer, ann, slug="lobby") as here, Page(RoomConsumer, ben, slug="lobby") as there:
        await here.send(kind="say", text="hello", page="0123456789abcdef", acked="0")
        await here.shows("hello")
        await there.shows("hello")
        assert await there.equals_fresh()


async def test_a_page_that_was_cut_off_ends_equal_to_a_fresh_one(ann, ben, lobby):
    async with Page(RoomConsumer, ann, slug="lobby") as here, Page(RoomConsumer, ben, slug="lobby") as there:
        await here.cut()
        for n in range(3):
            await there.send(kind="say", text=f"line {n}")
        await there.shows("line 2")
        assert "line 2" not in here.document.text()
        await here.resume()
        await here.shows("line 2")
        assert await here.equals_fresh()


async def test_lost_hints_make_a_page_late_and_never_wrong(ann, ben, lobby):
    with lost_hints():
        async with Page(RoomConsumer, ann, slug="lobby") as here, Page(RoomConsumer, ben, slug="lobby") as there:
            await here.send(kind="say", text="late")
            await there.shows("late")
            assert await there.equals_fresh()

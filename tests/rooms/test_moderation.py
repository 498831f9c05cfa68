"""What staff remove is gone from every page: open ones, those that come back, those that are loaded anew."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from alerts.testing import BellPage
from parlour.database import run
from rooms.models import Message, Room
from rooms.moderation import REMOVED
from tests.parlour.messages import add
from tests.parlour.recording_page import RecordingPage
from tests.rooms.posts import say

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff(db):
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("boss"), "accounts.backends.Backend")
    return client


def deletes(staff, *rows):
    """The admin's own way: tick, choose “Delete selected”, and be sure."""
    fields = {"action": "delete_selected", "_selected_action": [row.pk for row in rows], "post": "yes"}
    assert staff.post("/admin/parlour_rooms/message/", fields).status_code == 302


def deletes_one(staff, row):
    assert staff.post(f"/admin/parlour_rooms/message/{row.pk}/delete/", {"post": "yes"}).status_code == 302


@pytest.mark.parametrize("way", [deletes, deletes_one])
async def test_it_leaves_an_open_page_and_a_line_says_so(ann, lobby, staff, way):
    [slur, _] = await run(add, lobby, "a slur", "kind words")
    async with RecordingPage(ann) as page:
        await page.shows("kind words")
        await run(way, staff, slur)
        await page.shows(REMOVED)
        assert "a slur" not in page.document.text()
        assert page.document.text().index(REMOVED) < page.document.text().index("kind words")
        assert await page.equals_fresh()


async def test_the_bell_of_whom_it_mentioned_quotes_it_no_more(ann, ben, lobby, staff):
    row = await run(say, ann, lobby, "@ben a slur")
    async with BellPage(ben) as bell:
        await bell.shows("a slur")
        await run(deletes, staff, row)
        await bell.until(lambda: "a slur" not in bell.document.part("bell-lines"), "the bell forgets it")


def test_a_room_can_still_be_deleted_with_all_that_was_said(lobby, staff):
    add(lobby, "a slur")
    assert staff.post(f"/admin/parlour_rooms/room/{lobby.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Room.objects.exists()
    assert not Message.objects.exists()

"""Who is typing: shown to those present, gone by itself, and never more often than somebody types."""

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model

from rooms import typing_indicator
from rooms.models import Room
from rooms.streams import RoomRegion
from rooms.unread import move
from tests.parlour.recording_page import RecordingPage

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_client_that_types_like_mad_is_shown_now_and_then(ann, ben, lobby):
    async with RecordingPage(ann) as here, RecordingPage(ben) as there:
        for _ in range(50):
            await here.send(kind="typing")
        await there.shows("Ann is typing")
        await here.send(kind="say", text="done")
        await there.shows("done")
        assert sum("is typing" in frame for frame in there.frames) < 6


async def test_a_reader_types_in_vain(ann, gus, lobby):
    await Room.objects.aupdate(guests=Room.Guests.READ)
    async with RecordingPage(ann) as here, RecordingPage(gus) as reader:
        await reader.send(kind="typing")
        await here.send(kind="say", text="after")
        await reader.shows("after")
        assert not any("is typing" in frame for frame in here.frames)


async def test_who_types_in_a_room_is_not_shown_in_another_that_lists_it(ann, ben, lobby):
    den = await Room.objects.acreate(title="Den", owner=ann)
    await sync_to_async(move)({(ben.pk, lobby.pk): 0, (ben.pk, den.pk): 0})
    async with RecordingPage(ann) as there, RecordingPage(ben, "den") as here:
        await there.send(kind="typing")
        await there.receives("Ann</bdi> is typing")
        await there.send(kind="say", text="done")
        await here.receives(f"room-den-unread-{lobby.pk}")
        assert not any("is typing" in frame for frame in here.frames)


async def test_several_who_type_are_named_up_to_three_and_who_has_sent_is_left_out(ann, ben, lobby):
    region, people = RoomRegion(lobby), [get_user_model()(pk=90 + n, username=f"p{n}") for n in range(4)]
    for n, person in enumerate(people, 1):
        shown = typing_indicator.start(region, person)
        assert shown.count("</bdi> is typing") == (n if n <= typing_indicator.NAMED else 0)
    assert "Several people are typing" in shown
    async with RecordingPage(ann) as here, RecordingPage(ben) as there:
        typing_indicator._typing.clear()
        await there.send(kind="typing")
        await here.shows("Ben is typing")
        await there.send(kind="say", text="done")
        await here.shows("done")
        await here.send(kind="typing")
        await here.receives("Ann</bdi> is typing")
        assert "Ben</bdi> is typing" not in here.frames[-1]

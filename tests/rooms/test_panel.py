"""What the watchdog fetches when a socket is silent: the live element anew, or a page that does without one."""

import pytest

from rooms.models import Room
from tests.parlour.messages import add

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def panel(ann, lobby, client):
    """panel(met="1") is what a page gets that had said hello."""
    client.force_login(ann)
    return lambda **fields: client.get("/rooms/lobby/panel/", fields)


def test_a_page_that_met_us_keeps_its_lines_and_connects_again(panel, lobby):
    add(lobby, "a line")
    answer = panel(met="1")
    text = answer.content.decode()
    assert 'ws-connect="/ws/rooms/lobby/"' in text
    assert "a line" not in text
    assert "no-store" in answer["Cache-Control"]


def test_a_page_that_never_did_gets_its_lines_a_form_and_the_present_cursor(panel, lobby):
    add(lobby, "a line")
    text = panel(met="").content.decode()
    form = next(part for part in text.split("<form") if 'id="room-lobby-composer"' in part)
    assert "ws-send" not in form.partition(">")[0]
    assert 'method="post"' in form.partition(">")[0]
    assert "a line" in text
    assert 'hx-swap-oob="innerHTML:#room-lobby-log"' in text
    assert f'value="{lobby.stream}:' in text
    assert 'ws-connect="/ws/rooms/lobby/"' in text


def test_who_may_not_have_it_and_where_no_room_is_gets_a_403_and_nothing_and_is_sent_nowhere(panel, client):
    Room.objects.update(access=Room.Access.MEMBERS)
    for act in (lambda: None, client.logout, Room.objects.all().delete):
        act()
        answer = panel(met="1")
        assert (answer.status_code, answer.content) == (403, b"")

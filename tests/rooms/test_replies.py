"""Replies: what they quote, whom they alert, and that the right text is the reply."""

import pytest
from django.test import Client

from parlour.database import run
from rooms.models import Message, NotificationLevel, Room
from rooms.moderation import remove
from tests.parlour.recording_page import RecordingPage
from tests.rooms.posts import answer, lines, say
from tests.rooms.test_editing import HTMX, client_of, save

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "0123456789abcdef"
ADDRESS = "/rooms/lobby/messages/"


@pytest.fixture
def question(ann, lobby):
    return say(ann, lobby, "Is this **seat** taken?")


def quoted(row):
    row.refresh_from_db()
    return row.quote and row.quote["text"]


async def test_a_reply_shows_what_it_answers_and_leads_back_to_it(ann, ben, question):
    async with RecordingPage(ann) as page:
        await run(answer, ben, question, "Not at all.")
        await page.shows("Not at all.")
        await page.receives(f'class="pl-quote" href="?at={question.pk}#room-lobby-{question.pk}"')
        assert page.document.text().count("Is this seat taken?") == 2
        assert await page.equals_fresh()


def test_a_quote_follows_what_becomes_of_the_message(ann, ben, question):
    reply = answer(ben, question, "Not at all.")
    save(ann, question, "Is this chair taken?")
    assert quoted(reply) == "Is this chair taken?"
    remove([question.pk])
    assert quoted(reply) == ""
    page = client_of(ben).get("/rooms/lobby/").content.decode()
    assert page.count("This message was deleted.") == 2


def test_the_menu_puts_what_is_answered_into_the_composer_with_the_number_of_its_text(ben, question):
    fields = {"reply": question.pk, "page": PAGE, "acked": "4", "text": ["being written", "sent", "sent earlier"]}
    card = client_of(ben).post("/rooms/lobby/actions/", fields, headers=HTMX).content.decode()
    assert 'innerHTML:#room-lobby-answering"' in card
    assert f'name="answers" value="7:{question.pk}"' in card
    plain = client_of(ben).post("/rooms/lobby/actions/", {"reply": question.pk}).content.decode()
    composer = plain.partition('id="room-lobby-composer"')[2].partition("</form>")[0]
    assert f'name="answers" value="1:{question.pk}"' in composer


def test_of_several_texts_only_that_with_the_number_is_the_reply(ben, question):
    texts = {"page": PAGE, "acked": "0", "text": ["third", "second", "first"], "answers": [f"2:{question.pk}"]}
    client_of(ben).post(ADDRESS, texts)
    client_of(ben).post(ADDRESS, texts)
    replies = Message.objects.order_by("seq").values_list("text", "answers")
    assert list(replies)[1:] == [("first", None), ("second", question.pk), ("third", None)]


@pytest.mark.parametrize("answers", ["1:", "x", ":::", "1:-5", "1:99999999999999999999"])
def test_what_no_page_sends_is_not_understood(ben, question, answers):
    fields = {"page": PAGE, "acked": "0", "text": "hello", "answers": answers}
    assert client_of(ben).post(ADDRESS, fields).status_code == 400


def test_nothing_but_a_message_of_the_room_can_be_answered(ann, ben, question):
    team = Room.objects.create(title="Team", owner=ann, access=Room.Access.MEMBERS)
    team.members.add(ann)
    gone = say(ann, question.room, "gone")
    remove([gone.pk])
    for n, pk in enumerate((say(ann, team, "secret").pk, gone.pk, 999_999), start=1):
        fields = {"page": PAGE, "acked": str(n - 1), "text": f"hello {n}", "answers": f"{n}:{pk}"}
        assert client_of(ben).post(ADDRESS, fields).status_code == 302
    hellos = Message.objects.filter(text__startswith="hello")
    assert [(row.answers_id, row.quote) for row in hellos] == [(None, None)] * 3


def test_a_rejected_reply_comes_back_as_one(ben, question):
    fields = {"page": PAGE, "acked": "0", "text": "long " * 1000, "answers": f"1:{question.pk}"}
    page = client_of(ben).post(ADDRESS, fields)
    assert page.status_code == 422
    form = page.content.decode().partition('class="pl-refused"')[2].partition("</form>")[0]
    assert f'name="answers" value="1:{question.pk}"' in form


def test_who_is_answered_is_alerted_once_by_what_says_most(ann, ben, question):
    answer(ben, question, "Not at all.")
    assert lines(ann) == ["Ben replied to you in Lobby"]
    other = say(ann, question.room, "And this?")
    answer(ben, other, "@ann neither")
    assert lines(ann)[0].startswith("Ben mentioned you in Lobby")


def test_nobody_is_alerted_who_answers_themselves_or_wants_to_hear_nothing(ann, ben, question):
    answer(ann, question, "I see it is not.")
    NotificationLevel.objects.create(room=question.room, person=ann, level="nothing")
    answer(ben, question, "No.")
    assert lines(ann) == []


async def test_a_socket_takes_a_reply_once_and_takes_its_quote_off_the_page(ben, question):
    async with RecordingPage(ben) as page:
        await page.send(kind="say", text="Not at all.", page=PAGE, acked="0", answers=f"1:{question.pk}")
        await page.shows("Not at all.")
        await page.receives('delete:#room-lobby-answers-1"')
    assert await Message.objects.filter(answers=question).acount() == 1


def test_a_guest_may_answer_and_who_may_only_read_is_not_offered_it(gus, lobby, question):
    assert 'name="reply"' in client_of(gus).get(f"/rooms/lobby/actions/{question.pk}/").content.decode()
    assert 'name="reply"' not in Client().get(f"/rooms/lobby/actions/{question.pk}/").content.decode()

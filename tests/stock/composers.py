"""A form for a text that a verb gets, in a stock project; run by tests/parlour/test_examples.py."""

import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.template import Context, Template, TemplateSyntaxError
from django.utils import translation

from notes.live import notes
from notes.models import Note
from parlour import Lease
from parlour.presence import sweep
from parlour.testing import Page

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}
PAGE = "http://testserver/notes/"


@pytest.fixture
def ann(django_user_model):
    return django_user_model.objects.create_user("ann")


@pytest.fixture
def panel(client, ann):
    client.force_login(ann)
    return notes.authorize(ann, {"board": "shopping"}).panel


def fields(markup, **typed):
    """What the form in this markup sends."""
    form = markup[markup.index('class="pl-compose"') :]
    hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[: form.index("</form>")])
    return {**dict(hidden), "label": "New note", **typed}


def texts():
    return list(Note.objects.values_list("text", flat=True))


def test_the_form_is_labelled_and_names_where_its_problem_is_said(client, panel):
    page = client.get("/notes/").content.decode()
    [text] = re.findall(r'<label for="(.+?)">New note</label>', page)
    [problem] = re.findall(rf'<textarea id="{text}" name="text" rows="2" required aria-describedby="(.+?)">\n</', page)
    assert page.count("composer.css") == 1
    assert f'<p id="{problem}" class="pl-compose-problem" role="alert"></p>' in page
    assert 'name="csrfmiddlewaretoken"' in page[page.index("pl-compose") :]
    assert '<button type="submit">Send</button>' in page


def test_a_text_is_taken_and_the_form_comes_back_empty(client, panel):
    sent = fields(client.get("/notes/").content.decode(), text="Milk\r\nand tea")
    answer = client.post(panel, {**sent, "met": "1"}, headers=HTMX).content.decode()
    assert texts() == ["Milk\nand tea"]
    assert re.search(r'<form hx-swap-oob="true" id="[\w-]+-composer-add"', answer)
    assert re.search(r"autofocus>\n</textarea>", answer)
    assert ">New note</label>" in answer
    assert fields(answer)["send"] != sent["send"]
    assert "<li" not in answer


async def test_what_was_sent_is_on_the_pages_of_others(async_client, ann, django_user_model):
    ben = await django_user_model.objects.acreate(username="ben")
    await async_client.aforce_login(ann)
    async with Page(notes.consumer, ben, board="shopping") as page:
        sent = fields((await async_client.get("/notes/")).content.decode(), text="Milk")
        await async_client.post(page.region.panel, sent, headers=HTMX)
        await page.shows("Milk")


def test_what_is_refused_stays_in_the_field_with_the_problem_beside_it(client, panel):
    sent = fields(client.get("/notes/").content.decode(), text="<b>" * 70)
    answer = client.post(panel, sent, headers=HTMX).content.decode()
    [problem] = re.findall(r'aria-describedby="(\S+)" aria-invalid="true" autofocus>\n' + "&lt;b&gt;" * 70, answer)
    assert f'<p id="{problem}" class="pl-compose-problem" role="alert">A note has at most 200 characters.</p>' in answer
    answer = client.post(panel, fields(answer, text=" \n"), headers=HTMX).content.decode()
    assert "This field is required." in answer
    client.post(panel, fields(answer, text="Milk"), headers=HTMX)
    assert texts() == ["Milk"]


def test_who_may_not_write_any_more_keeps_the_text(client, ann, panel):
    sent = fields(client.get("/notes/").content.decode(), text="Milk")
    client.logout()
    answer = client.post(panel, sent, headers=HTMX).content.decode()
    assert "autofocus>\nMilk</textarea>" in answer
    assert 'role="alert">You are not signed in. <a href=' in answer
    assert texts() == []


def test_a_page_without_a_socket_is_answered_with_the_new_row_too(client, panel):
    sent = fields(client.get("/notes/").content.decode(), text="Milk", met="")
    assert "<b>Milk</b>" in client.post(panel, sent, headers=HTMX).content.decode()


def test_a_form_without_script_leads_back_to_its_page(client, panel):
    sent = fields(client.get("/notes/").content.decode(), text="Milk")
    answer = client.post(panel, sent, headers={"referer": PAGE})
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    assert texts() == ["Milk"]


def test_without_script_what_is_refused_comes_back_as_a_page_from_which_it_can_be_sent(client, panel):
    sent = fields(client.get("/notes/").content.decode(), text="x" * 201)
    answer = client.post(panel, sent, headers={"referer": PAGE})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "x" * 201 + "</textarea>" in page
    assert "A note has at most 200 characters." in page
    assert f'<a href="{PAGE}">Back to the page</a>' in page
    answer = client.post(panel, fields(page, text="Milk"), headers={"referer": f"http://testserver{panel}"})
    assert answer["Location"] == PAGE
    away = client.post(panel, fields(page, text="Jam", back="https://elsewhere.example/"))
    assert away["Location"] == "/"
    assert texts() == ["Milk", "Jam"]


def test_a_repeat_is_taken_once_and_answered_alike(client, panel):
    sent = fields(client.get("/notes/").content.decode(), text="Milk")
    answers = [client.post(panel, sent, headers=HTMX).content.decode() for _ in range(2)]
    assert texts() == ["Milk"]
    assert all("autofocus>\n</textarea>" in answer for answer in answers)
    client.post(panel, {**sent, "text": "Milk and tea"}, headers=HTMX)  # it was mended after the cut
    client.post(panel, fields(answers[0], text="Milk"), headers=HTMX)  # and is wanted again
    assert texts() == ["Milk", "Milk and tea", "Milk"]


def test_what_failed_is_no_repeat_when_it_is_sent_again(client, panel, monkeypatch):
    def fail(person, board, text):
        Note.objects.create(board=board, text="half")
        raise IntegrityError

    sent = fields(client.get("/notes/").content.decode(), text="Milk")
    add = notes.verbs["add"]
    monkeypatch.setitem(notes.verbs, "add", fail)
    with transaction.atomic(), pytest.raises(IntegrityError):  # as with ATOMIC_REQUESTS
        client.post(panel, sent, headers=HTMX)
    monkeypatch.setitem(notes.verbs, "add", add)
    client.post(panel, sent, headers=HTMX)
    assert texts() == ["Milk"]


def test_what_was_sent_is_forgotten_after_a_day(client, panel):
    client.post(panel, fields(client.get("/notes/").content.decode(), text="Milk"), headers=HTMX)
    sweep()
    assert Lease.objects.count() == 1
    Lease.objects.update(expires="2001-01-01T00:00Z")
    sweep()
    assert Lease.objects.count() == 0


def test_it_speaks_german_and_who_may_not_see_the_part_sees_no_form(ann, rf):
    request = rf.get("/")
    request.user = ann
    tag = Template('{% load parlour %}{% composer "notes" "add" board="tea" %}')
    with translation.override("de"):
        markup = tag.render(Context({"request": request}))
    assert "Ihr Text</label>" in markup
    assert ">Senden</button>" in markup
    request.user = AnonymousUser()
    assert tag.render(Context({"request": request})) == ""


def test_a_wrong_name_is_an_error_at_once(ann, rf):
    for tag, error, words in (
        ('"nots" "add"', LookupError, "There is no live part 'nots'"),
        ('"notes" "ad"', TemplateSyntaxError, "no such verb; there are: add, finish"),
        ('"notes" "add"', TypeError, "missing a required argument: 'board'"),
        ('"notes" "finish" board="tea"', TemplateSyntaxError, "needs an argument text"),
    ):
        with pytest.raises(error, match=words):
            Template(f"{{% load parlour %}}{{% composer {tag} %}}").render(Context({"request": rf.get("/")}))
    with pytest.raises(TemplateSyntaxError, match="stands beside a part"):
        Template('{% load parlour %}{% composer "notes" "add" board="tea" %}').render(Context({"live_part": notes}))

"""Live parts in a stock project with auth.User, run by tests/parlour/test_examples.py."""

import uuid

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management import call_command
from django.db import connection, transaction
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from parlour import Region, live, live_list
from parlour.live_lists import ListStream
from parlour.live_parts import parts
from parlour.models import Head
from parlour.testing import Page, lost_hints
from polls.live import tally
from polls.models import Poll
from tasks.live import tasks
from tasks.models import Tag, Task

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ann(django_user_model):
    return django_user_model.objects.create_user("ann")


@pytest.fixture
def poll():
    return Poll.objects.create(question="Tea?")


def test_the_examples_have_nothing_to_be_told(capsys):
    call_command("check")
    assert "no issues" in capsys.readouterr().out


def shown(page):
    """The titles in the list, in their order."""
    text = page.document.find(page.region.id("rows"))
    return [str(row.children[0]) for row in text.children if not isinstance(row, str)]


def heads():
    return dict(Head.objects.exclude(name="epoch").values_list("name", "seq"))


async def test_a_save_from_anywhere_reaches_the_page(ann, poll):
    async with Page(tally.consumer, ann, poll=poll.pk) as page:
        await page.shows("Tea?: 0 votes")
        poll.votes = 7
        await poll.asave()
        await page.shows("Tea?: 7 votes")
        assert await page.equals_fresh()


async def test_a_verb_is_done_and_shown_to_all_though_it_updates_past_the_signals(ann, poll):
    async with Page(tally.consumer, ann, poll=poll.pk) as one, Page(tally.consumer, ann, poll=poll.pk) as other:
        await one.send(kind="vote")
        await other.shows("1 votes")


async def test_a_rollback_moves_nothing_and_a_commit_does(ann, poll):
    def save(votes, fails):
        with transaction.atomic():
            poll.votes = votes
            poll.save()
            assert heads() == before
            transaction.set_rollback(fails)

    before = await sync_to_async(heads)()
    await sync_to_async(save)(5, True)
    assert await sync_to_async(heads)() == before
    async with Page(tally.consumer, ann, poll=poll.pk) as page:
        await sync_to_async(save)(6, False)
        await page.shows("6 votes")


async def test_only_pages_of_the_changed_row_are_asked(ann, poll):
    other = await Poll.objects.acreate(question="Coffee?")
    async with Page(tally.consumer, ann, poll=poll.pk) as page, Page(tally.consumer, ann, poll=other.pk) as beside:
        frames = len(beside.frames)
        poll.votes = 2
        await poll.asave()
        await page.shows("2 votes")
        assert not any("cursor" in frame for frame in beside.frames[frames:])


async def test_changes_past_the_signals_are_told_with_changed_and_touch(ann, poll):
    def with_changed(pk):
        with live.changed(Poll, pk=pk):
            Poll.objects.update(votes=models_votes.pop(0))

    models_votes = [4, 5]
    async with Page(tally.consumer, ann, poll=poll.pk) as page:
        await sync_to_async(with_changed)(poll.pk)
        await page.shows("4 votes")
        await sync_to_async(with_changed)(None)
        await page.shows("5 votes")
        await Poll.objects.aupdate(votes=6)
        await sync_to_async(live.touch)("tally", poll=poll.pk)
        await page.shows("6 votes")


def test_a_wrong_name_is_an_error_at_once(ann):
    with pytest.raises(LookupError, match="there are: notes, people_here, tally, tasks"):
        live.touch("taly", poll=1)
    with pytest.raises(TypeError, match=r"tally takes \(poll\): missing a required argument: 'poll'"):
        live.touch("tally")
    with pytest.raises(LookupError, match=r"No live part watches auth.User; watched are: .*polls.Poll"):
        live.changed(get_user_model()).__enter__()
    with pytest.raises(LookupError, match="doesn't have a 'Pol' model"):
        live.changed("polls.Pol").__enter__()
    assert live.changed("polls.Poll")


async def test_without_a_rule_only_signed_in_people_see_it(poll):
    with pytest.raises(Exception, match="not signed in"):
        async with Page(tally.consumer, None, poll=poll.pk):
            pass


async def test_rows_are_appended_changed_moved_and_removed_in_place(ann):
    one, two, three = [await Task.objects.acreate(title=t, place=n) for n, t in enumerate(["one", "two", "three"])]
    async with Page(tasks.consumer, ann) as page:
        await page.until(lambda: shown(page) == ["one", "two", "three"])
        frames = len(page.frames)
        await Task.objects.acreate(title="four", place=9)
        await page.until(lambda: shown(page)[-1] == "four")
        two.title = "zwei"
        await two.asave()
        await page.shows("zwei")
        one.place = 5
        await one.asave()
        await page.until(lambda: shown(page) == ["zwei", "three", "one", "four"])
        await three.adelete()
        await page.until(lambda: shown(page) == ["zwei", "one", "four"])
        assert await page.equals_fresh()
        sent = "".join(page.frames[frames:])
        assert sent.count("<li") == 3
        assert "innerHTML:#tasks-now" not in sent


async def test_a_changed_relation_is_shown(ann):
    task = await Task.objects.acreate(title="tea")
    tag = await Tag.objects.acreate(name="hot")
    async with Page(tasks.consumer, ann) as page:
        await task.tags.aadd(tag)
        await page.shows("#hot")
        await tag.task_set.aclear()
        await page.until(lambda: "#hot" not in page.document.text())


async def test_a_list_is_right_when_every_hint_is_lost_and_after_a_cut(ann, settings):
    settings.PARLOUR = {"TICK": 0.2}
    with lost_hints():
        async with Page(tasks.consumer, ann) as page:
            await Task.objects.acreate(title="one")
            await page.shows("one")
            await page.cut()
            await Task.objects.all().adelete()
            await Task.objects.acreate(title="two")
            await page.resume()
            await page.until(lambda: shown(page) == ["two"])


async def test_a_change_that_nobody_told_of_and_a_later_page_spoil_nothing(ann):
    """The second page is painted with rows that the first was never sent; both must end alike."""
    await Task.objects.acreate(title="one")
    async with Page(tasks.consumer, ann) as first:
        await Task.objects.aupdate(title="eins")
        async with Page(tasks.consumer, ann) as second:
            await second.until(lambda: shown(second) == ["eins"])
            await Task.objects.acreate(title="two")
            for page in (first, second):
                await page.until(lambda page=page: shown(page) == ["eins", "two"])


def test_a_form_does_a_verb_without_script(client, ann, poll):
    client.force_login(ann)
    markup = client.get(f"/polls/{poll.pk}/").content.decode()
    region = tally.authorize(ann, tally.bind({"poll": poll.pk}))
    assert f'<button type="submit" form="{region.id("form")}" name="verb" value="vote" ' in markup
    answer = client.post(region.panel, {"verb": "vote"}, headers={"referer": f"http://testserver/polls/{poll.pk}/"})
    assert (answer.status_code, answer["Location"]) == (302, f"http://testserver/polls/{poll.pk}/")
    assert Poll.objects.get().votes == 1
    assert client.post(region.panel, {"verb": "veto"}).status_code == 400


def test_what_a_verb_saves_is_told_by_its_own_commit(ann, poll):
    with CaptureQueriesContext(connection) as queries:
        tally.act(ann, "vote", tally.bind({"poll": poll}), {})
    statements = [query["sql"] for query in queries.captured_queries]
    assert not [each for each in statements if "pendingevent" in each]
    assert len([each for each in statements if each.startswith("BEGIN")]) == 1
    assert heads()[f"rows.polls.poll.{poll.pk}"] >= 1


def test_a_verb_gets_what_its_button_and_its_page_say_and_tells_what_is_wrong(client, ann, monkeypatch):
    monkeypatch.setattr(tasks, "verbs", {})

    @tasks.hears
    def rename(person, task, title):
        if not title:
            raise ValidationError("It needs a title.")
        Task.objects.filter(pk=task).update(title=f"{title} by {person}")

    client.force_login(ann)
    pk = Task.objects.create(title="tea").pk
    panel = tasks.authorize(ann, {}).panel
    button = Template('{% load parlour %}{% hears "rename" task=7 as attrs %}{{ attrs }}')
    assert 'value="rename?task=7"' in button.render(Context({"live_part": tasks, "region": tasks.authorize(ann, {})}))
    assert client.post(panel, {"verb": f"rename?task={pk}"}).status_code == 400
    answer = client.post(panel, {"verb": f"rename?task={pk}", "title": ""}, headers={"HX-Request": "true"})
    assert "It needs a title." in answer.content.decode()
    client.post(panel, {"verb": f"rename?task={pk}", "title": "cocoa"})
    assert Task.objects.get().title == "cocoa by ann"


def test_a_page_without_a_socket_is_answered_with_what_it_should_show(client, ann, poll):
    client.force_login(ann)
    panel = tally.authorize(ann, tally.bind({"poll": poll.pk})).panel
    answer = client.post(panel, {"verb": "vote", "met": ""}, headers={"HX-Request": "true"})
    assert "Tea?: 1 votes" in answer.content.decode()
    answer = client.post(panel, {"verb": "vote", "met": "1"}, headers={"HX-Request": "true"})
    assert "Tea?" not in answer.content.decode()


def test_a_verb_needs_the_right_and_the_token(client, ann, poll, django_user_model):
    panel = tally.authorize(ann, tally.bind({"poll": poll.pk})).panel
    assert client.post(panel, {"verb": "vote"}).status_code == 403
    assert client.get(panel).status_code == 403
    client.handler.enforce_csrf_checks = True
    client.force_login(ann)
    assert client.post(panel, {"verb": "vote"}).status_code == 403
    request, address = RequestFactory().post(panel, {"verb": "vote"}), resolve(panel)
    request.user = ann
    assert address.func(request, **address.kwargs).status_code == 403  # in a project without the middleware too
    assert Poll.objects.get().votes == 0
    assert client.get(panel.replace("/tally/", "/tasks/")).status_code == 404
    assert client.get(f"{panel}socket/").status_code == 400


def test_the_head_is_written_once(rf):
    request = RequestFactory().get("/")
    page = Template("{% load parlour %}{% live_head %}{% live_head %}").render(Context({"request": request}))
    assert page.count("htmx-2.min.js") == page.count("hx-ws-2.min.js") == page.count("watchdog.css") == 1


def test_a_host_with_its_own_htmx_gets_the_extension_alone(rf, settings):
    settings.PARLOUR = {"HTMX": "host"}
    page = Template("{% load parlour %}{% live_head %}").render(Context({"request": rf.get("/")}))
    assert "htmx-2" not in page
    assert "htmx-config" not in page
    assert "hx-ws-2.min.js" in page


async def test_a_page_of_a_deleted_row_is_told_so(async_client, ann, poll):
    async with Page(tally.consumer, ann, poll=poll.pk) as page:
        await poll.adelete()
        await page.until(lambda: page.closed == 4004)
        await page.shows("This is not there any more.")
    await async_client.aforce_login(ann)
    assert "This is not there any more." in (await async_client.get("/polls/1/")).content.decode()


async def test_a_rule_is_asked_again_when_what_it_watches_changes(ann, poll, monkeypatch):
    monkeypatch.setattr(tally, "rule", None)
    monkeypatch.setattr(tally, "rule_models", [])

    @tally.allow(watch=[Tag])
    def guests(person):
        return not Tag.objects.exists()

    async with Page(tally.consumer, None, poll=poll.pk) as page:
        await Tag.objects.acreate(name="closed")
        await page.until(lambda: page.closed == 4001)


def test_what_cannot_be_meant_is_an_error_at_once():
    with pytest.raises(TypeError, match="has no argument for"):
        tally.allow(lambda person, pol: person and pol)
    with pytest.raises(TypeError, match="plain function"):
        tally.hears(test_a_save_from_anywhere_reaches_the_page)
    with pytest.raises(TypeError, match="test_a_save_from_anywhere_reaches_the_page has to be a plain function"):
        live("polls/tally.html", name="tally")(test_a_save_from_anywhere_reaches_the_page)
    with pytest.raises(TypeError, match="needs model=… or watch="):
        live_list("tasks/row.html")
    with pytest.raises(ImproperlyConfigured, match="Two live parts are called tally"):
        live("polls/tally.html", name="tally")(test_what_cannot_be_meant_is_an_error_at_once)
    with pytest.raises(TemplateSyntaxError, match="no such verb; there are: vote"):
        Template('{% load parlour %}{% hears "veto" %}').render(Context({"live_part": tally}))
    with pytest.raises(ImproperlyConfigured, match="context_processors"):
        Template('{% load parlour %}{% live "tally" poll=1 %}').render(Context())
    with pytest.raises(LookupError, match="doesn't have a 'Pol' model"):
        live("polls/tally.html", watch=["polls.Pol"])(tally.function)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (
            Poll.objects.all,
            "poll is a QuerySet, which cannot travel in an address: pass a primary key, text or",
        ),
        (list, "poll is a list, which cannot travel"),
        (Poll, "poll is a Poll that is not saved"),
        (str, "poll is empty: is it in the template's context"),
    ],
)
def test_a_value_that_cannot_travel_is_an_error_that_says_so(value, words, rf):
    with pytest.raises(TypeError, match=f"Live part tally takes .poll.: {words}"):
        Template('{% load parlour %}{% live "tally" poll=poll %}').render(Context({"poll": value()}))


def test_a_verb_is_given_the_key_of_an_object(ann, poll):
    button = Template('{% load parlour %}{% hears "vote" other=poll as attrs %}{{ attrs }}')
    context = {"live_part": tally, "region": tally.authorize(ann, tally.bind({"poll": poll})), "poll": poll}
    assert f'value="vote?other={poll.pk}"' in button.render(Context(context))
    with pytest.raises(TypeError, match="other is a list, which cannot travel"):
        button.render(Context({**context, "poll": []}))


def test_who_signs_in_comes_back_to_the_page(client, poll):
    page = client.get(f"/polls/{poll.pk}/?from=mail").content.decode()
    assert f"next=%2Fpolls%2F{poll.pk}%2F%3Ffrom%3Dmail" in page


def test_a_part_is_bound_to_keys_texts_numbers_and_what_has_a_text_of_its_own(poll):
    key = uuid.uuid4()
    assert tally.bind({"poll": poll}) == {"poll": poll.pk}
    assert tally.bind({"poll": key}) == {"poll": str(key)}
    assert tally.bind({"poll": gettext_lazy("Tea")}) == {"poll": "Tea"}


def test_rows_of_a_table_are_sent_with_their_table_for_a_browser_drops_them_elsewhere():
    table = live_list("tasks/row.html", model=Task, tag="tbody", name="table")(lambda: None)
    stream = ListStream(table, {}, Region("table", "/", "/"))
    sent = stream.difference({}, {"row-1": SafeString('<tr id="table-row-1"><td>Tea</td></tr>')})
    assert '<table><tbody id="table-rows"><tr' in sent
    assert "beforeend" not in sent
    parts.pop("table")

"""Who is here, in a stock project with auth.User, run by tests/parlour/test_examples.py."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.utils import translation
from django.utils.html import strip_tags

from parlour import Lease, people_here
from parlour.conf import conf
from parlour.testing import Page
from polls.models import Poll
from tasks.models import Tag

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("grace")]


@pytest.fixture
def grace(monkeypatch):
    monkeypatch.setattr(conf, "GRACE", 0.2)


@pytest.fixture
def rules(monkeypatch):
    monkeypatch.setattr(people_here, "rules", {})


@pytest.fixture
def people(django_user_model):
    return [django_user_model.objects.create_user(name) for name in ("ann", "Ben", "cem")]


def page_of(person, place="lounge"):
    return Page(people_here.consumer, person, **people_here.at(place))


def lines(page):
    people = page.document.find(page.region.id("people"))
    return [" ".join(strip_tags(str(row)).split()) for row in people.children if not isinstance(row, str)]


async def test_people_come_once_each_and_go_with_their_last_tab(people):
    ann, ben, _ = people
    async with page_of(ann) as page:
        await page.until(lambda: lines(page) == ["ann (you)"])
        async with page_of(ben):
            async with page_of(ben) as tab:
                await page.until(lambda: lines(page) == ["ann (you)", "Ben"])
                await tab.until(lambda: lines(tab) == ["ann", "Ben (you)"])
            await page.shows("2 people are here")
        await page.until(lambda: lines(page) == ["ann (you)"])
        await page.shows("One person is here")
        assert await page.equals_fresh()


async def test_a_page_is_told_of_its_own_object_alone(people):
    ann, ben, cem = people
    tea, coffee = [await Poll.objects.acreate(question=question) for question in ("Tea?", "Coffee?")]
    async with page_of(ann, tea) as page, page_of(ben, coffee), page_of(cem, tea):
        await page.until(lambda: lines(page) == ["ann (you)", "cem"])


async def test_people_beyond_twelve_are_counted_and_told_that_they_are_among_them(people):
    ann, _, cem = people
    lease = {"name": people_here.head(people_here.at("lounge")), "process": "other", "expires": "2100-01-01T00:00Z"}
    others = await type(ann).objects.abulk_create([type(ann)(username=f"b{n:02}") for n in range(12)])
    await Lease.objects.abulk_create([Lease(holder=str(each.pk), **lease) for each in others])
    async with page_of(ann) as first, page_of(cem) as last:
        await first.until(lambda: lines(first)[::11] == ["ann (you)", "b10"])
        await first.until(lambda: lines(first)[-1] == "and 2 more")
        await last.until(lambda: lines(last)[-1] == "and 2 more, among them you")
        await last.shows("14 people are here")


def test_the_first_paint_names_the_reader_and_asks_little(people, rf, django_assert_max_num_queries):
    request = rf.get("/")
    request.user = people[0]
    tag = Template('{% load parlour %}{% people_here "lounge" %}')
    tag.render(Context({"request": request}))
    with django_assert_max_num_queries(4):
        markup = tag.render(Context({"request": request}))
    assert "<bdi>ann</bdi> (you)" in markup
    lease = {"name": people_here.head(people_here.at("lounge")), "process": "other", "expires": "2100-01-01T00:00Z"}
    Lease.objects.create(holder=str(people[1].pk), **lease)
    assert "<bdi>Ben</bdi>" in tag.render(Context({"request": request}))
    with translation.override("de"):
        markup = tag.render(Context({"request": request}))
    assert "2 Personen sind hier" in markup
    assert "<bdi>ann</bdi> (Sie)" in markup


def test_who_is_not_signed_in_sees_it_only_by_a_rule(people, rf, rules):
    request = rf.get("/")
    request.user = AnonymousUser()
    poll = Poll.objects.create(question="Tea?")
    tag = Template("{% load parlour %}{% people_here poll %}")
    assert "not signed in" in tag.render(Context({"request": request, "poll": poll}))
    asked = []

    @people_here.allow(Poll, watch=[Tag])
    def may_see(person, poll):
        asked.append(poll)
        return True

    assert "0 people are here" in tag.render(Context({"request": request, "poll": poll}))
    assert asked == [poll]
    people_here.allow("polls.Poll")(lambda *_: False)
    request.user = people[0]
    assert "You may not see this." in tag.render(Context({"request": request, "poll": poll}))
    Poll.objects.all().delete()
    assert "not there any more" in tag.render(Context({"request": request, "poll": poll}))


def test_a_rule_that_nobody_would_await_is_refused():
    async def may_see(person, place):
        return False

    with pytest.raises(TypeError, match="plain function"):
        people_here.allow("lounge")(may_see)


async def test_a_rule_is_asked_again_when_what_it_watches_changes(people, rules):
    people_here.allow("lounge", watch=[Tag])(lambda *_: not Tag.objects.exists())
    async with page_of(people[0]) as page:
        await Tag.objects.acreate(name="closed")
        await page.until(lambda: page.closed == 4003)


def test_a_name_that_is_nothing_is_an_error_at_once():
    for nothing in ("", None, 7):
        with pytest.raises(TypeError, match="needs a saved object of a model or a name"):
            people_here.at(nothing)
    with pytest.raises(TypeError, match="needs a saved object"):
        people_here.at(Poll())
    with pytest.raises(TypeError, match="Say where"):
        people_here.allow(test_a_name_that_is_nothing_is_an_error_at_once)

"""Groups and permissions that are given or taken: the pages of whom it concerns are authorized anew."""

from types import SimpleNamespace

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group, Permission
from django.contrib.auth.signals import user_logged_out

from parlour import live_parts, revocation
from parlour.models import read_heads
from parlour.testing import Page
from parlour.writes import rights

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def brewers(ann):
    """A group of Ann's with a permission."""
    group = Group.objects.create(name="brewers")
    group.permissions.add(Permission.objects.get(codename="view_job"))
    ann.groups.add(group)
    return group


def permission():
    return Permission.objects.get(codename="delete_job")


@pytest.mark.parametrize(
    "change",
    [
        lambda on: on.ann.groups.add(Group.objects.create(name="bakers")),
        lambda on: on.ann.groups.clear(),
        lambda on: on.brewers.user_set.remove(on.ann),
        lambda on: on.brewers.user_set.clear(),
        lambda on: on.brewers.delete(),
        lambda on: Group.objects.filter(pk=on.brewers.pk).delete(),
        lambda on: on.brewers.permissions.set([permission()]),
        lambda on: on.brewers.permissions.get().group_set.clear(),
        lambda on: on.brewers.permissions.get().group_set.remove(on.brewers),
        lambda on: permission().group_set.add(on.brewers),
        lambda on: on.ann.user_permissions.add(permission()),
        lambda on: permission().user_set.add(on.ann),
    ],
)
def test_whom_it_concerns_is_asked_anew_and_nobody_else(ann, ben, brewers, change):
    before = read_heads([rights(ann.pk), rights(ben.pk)])
    change(SimpleNamespace(ann=ann, brewers=brewers))
    after = read_heads([rights(ann.pk), rights(ben.pk)])
    assert after[rights(ann.pk)] > before[rights(ann.pk)]
    assert after[rights(ben.pk)] == before[rights(ben.pk)]


def test_signing_out_is_noticed_where_sessions_have_no_rows(ann, ben, client, settings):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    client.force_login(ann)
    before = read_heads([rights(ann.pk), rights(ben.pk)])
    revocation.connect()  # each receiver once, however often it is called
    try:
        client.logout()
        client.logout()  # now nobody is signed in
    finally:
        user_logged_out.disconnect(dispatch_uid="parlour.signed_out")
    after = read_heads([rights(ann.pk), rights(ben.pk)])
    assert after == before | {rights(ann.pk): before[rights(ann.pk)] + 1}


async def test_an_open_page_closes_when_its_reader_leaves_the_group(ann, brewers, monkeypatch, settings, tmp_path):
    monkeypatch.setattr(live_parts, "parts", {})
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}]
    (tmp_path / "kettle.html").write_text("The kettle is on.")

    @live_parts.live("kettle.html")
    def kettle():
        return {}

    @kettle.allow
    def may_see(person):
        return person.has_perm("parlour_jobs.view_job")

    async with Page(kettle.consumer, ann) as page:
        await page.shows("The kettle is on.")
        await sync_to_async(ann.groups.remove)(brewers)
        await page.until(lambda: page.closed)
        assert page.closed == 4003

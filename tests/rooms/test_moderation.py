"""What staff remove is gone from every page: open ones, those that come back, those that are loaded anew."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags

from alerts.models import Alert
from alerts.testing import BellPage
from parlour.database import run
from rooms import moderation
from rooms.models import Message, ModerationAct, Restriction, Room
from rooms.moderation import record, report
from rooms.permissions import rights
from tests.parlour.messages import add
from tests.parlour.recording_page import RecordingPage
from tests.rooms.posts import lines, say

pytestmark = pytest.mark.django_db(transaction=True)
DELETED = "This message was deleted."


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
        await page.shows(DELETED)
        assert "a slur" not in page.document.text()
        assert page.document.text().index(DELETED) < page.document.text().index("kind words")
        assert await page.equals_fresh()


async def test_the_bell_of_whom_it_mentioned_quotes_it_no_more(ann, ben, lobby, staff):
    row = await run(say, ann, lobby, "@ben a slur")
    async with BellPage(ben) as bell:
        await bell.shows("a slur")
        await run(deletes, staff, row)
        await bell.until(lambda: "a slur" not in bell.document.part("bell-lines"), "the bell forgets it")


def test_who_is_restricted_in_the_admin_is_restricted_in_the_room_on_an_object_too(staff, ben):
    room = Room.objects.on(Group.objects.create(name="Tea"))
    fields = {"room": room.pk, "person": ben.pk, "kind": "ban", "reason": "Spam"}
    assert staff.post("/admin/parlour_rooms/restriction/add/", fields).status_code == 302
    assert not rights(ben, Room.objects.get(pk=room.pk)).read
    pk = Restriction.objects.get().pk
    assert staff.post(f"/admin/parlour_rooms/restriction/{pk}/delete/", {"post": "yes"}).status_code == 302
    assert rights(ben, Room.objects.get(pk=room.pk)).write


def test_a_room_can_still_be_deleted_with_all_that_was_said(lobby, staff):
    add(lobby, "a slur")
    assert staff.post(f"/admin/parlour_rooms/room/{lobby.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Room.objects.exists()
    assert not Message.objects.exists()


def acts(room):
    """What was done, the newest first, as the page says it."""
    found = ModerationAct.objects.filter(room=room).order_by("-pk")
    return [strip_tags(moderation.told(act)) for act in found]


def test_all_that_is_done_is_listed_for_who_manages_and_the_staff_and_for_nobody_else(
    team, ann, ben, gus, sue, client, django_user_model
):
    team.members.add(ben)
    row = say(ben, team, "a slur")
    client.force_login(ann)
    page = "/rooms/team/moderation/"
    fields = {"username": "ben", "kind": "ban", "lasts": "day", "reason": "Slurs"}
    assert client.post(page, {**fields, "lasts": "ever"}).status_code == 422
    assert client.post(page, {**fields, "username": "ann"}).status_code == 422
    assert client.post(page, fields).status_code == 302
    ban = Restriction.objects.get()
    assert timedelta(hours=23) < ban.until - timezone.now() <= timedelta(days=1)
    assert "Slurs" in client.get(page).content.decode()
    client.post(page, {"lift": ban.pk})
    client.post("/rooms/team/settings/", {"title": "Team", "access": "members", "guests": "read", "slow_mode": "60"})
    report(row, ben)
    report(row, ben)
    client.post("/rooms/team/members/", {"remove": team.memberships.get(person=ben).pk})
    assert acts(team) == [
        "Ann ended the membership of Ben",
        "Ben reported a message of Ben",
        "Ann changed slow mode",
        "Ann lifted what restricted Ben",
        "Ann banned Ben",
    ]
    assert not Restriction.objects.exists()
    team.members.add(ben)
    for person, status in ((ben, 403), (gus, 404), (sue, 200)):
        client.force_login(person)
        assert client.get(page).status_code == status, person
    assert client.post(page, fields).status_code == 403, "of the staff, but no member"
    record(team, ann, "mute", ben, say(ben, team, "for members"))
    assert "for members" not in client.get(page).content.decode()
    assert "a slur" in client.get("/moderation/?reports").content.decode()
    client.force_login(ben)
    assert client.get("/moderation/").status_code == 302


def test_a_report_reaches_the_staff_and_the_owner_once_without_who_reported_and_ends_with_the_message(
    lobby, ann, ben, gus, sue
):
    row = say(gus, lobby, "a slur")
    report(row, ben)
    report(row, ben)
    assert (lines(sue), lines(ann), lines(gus)) == (["A message in Lobby was reported"],) * 2 + ([],)
    assert Alert.objects.first().url == "/rooms/lobby/moderation/"
    moderation.remove([row.pk])
    assert (lines(sue), lines(ann)) == ([], [])
    report(say(sue, lobby, "of the staff"), ben)
    assert (lines(sue), lines(ann)) == ([], ["A message in Lobby was reported"])


def test_an_archived_room_is_read_by_who_may_written_in_by_nobody_and_in_no_list(lobby, ann, ben, client):
    say(ben, lobby, "for later")
    client.force_login(ben)
    assert client.post("/rooms/lobby/archive/").status_code == 403
    client.force_login(ann)
    client.get("/rooms/lobby/archive/")
    client.post("/rooms/lobby/archive/")
    for person in (ann, ben):
        client.force_login(person)
        page = client.get("/rooms/lobby/").content.decode()
        assert "for later" in page
        assert "Archived: read only" in page
        answer = client.post("/rooms/lobby/messages/", {"text": "one more thing"})
        assert (answer.status_code, "one more thing" in answer.content.decode()) == (422, True)
        for listed in ("/", "/beside/"):
            assert "Lobby" not in client.get(listed).content.decode()
        assert "Lobby" in client.get("/archived/").content.decode()
    client.force_login(ann)
    client.post("/rooms/lobby/archive/")
    assert client.post("/rooms/lobby/messages/", {"text": "again"}).status_code == 302
    assert "Lobby" in client.get("/").content.decode()
    assert acts(lobby) == ["Ann opened the room again", "Ann archived the room"]


async def test_an_open_page_says_that_its_room_was_archived_or_is_slow_now(ann, ben, lobby, fast_clocks):
    async with RecordingPage(ben) as page:
        await run(moderation.set_slow_mode, lobby, ann, 120)
        await page.shows("Slow mode: 2 minutes")
        await run(moderation.archive, lobby, ann)
        await page.shows("Archived: read only")
        await page.send(kind="say", text="too late", page="0123456789abcdef", acked="0")
        await page.until(lambda: "too late" in page.document.part("room-lobby-err"), "it comes back")


def act(client, person, **pair):
    """What a page is answered when this person submits it in the lobby."""
    client.force_login(person)
    return client.post("/rooms/lobby/actions/", pair, headers={"HX-Request": "true"}).content.decode()


def test_a_line_is_reported_from_its_menu_by_who_reads_it_but_its_author_and_by_who_is_muted_too(
    lobby, ben, gus, sue, client
):
    row = say(gus, lobby, "a slur")
    Restriction.objects.create(room=lobby, person=ben, kind="mute")
    assert "Thank you." in act(client, ben, report=row.pk)
    menu = f"/rooms/lobby/actions/{row.pk}/"
    assert 'name="report"' in client.get(menu).content.decode()
    assert "cannot be done" in act(client, gus, report=row.pk)
    assert 'name="report"' not in client.get(menu).content.decode()
    assert acts(lobby) == ["Ben reported a message of Gus"]
    assert lines(sue) == ["A message in Lobby was reported"]


def test_who_manages_mutes_and_bans_the_author_of_a_line_for_a_time_and_nobody_else_does(lobby, ann, ben, gus, client):
    row, own = say(gus, lobby, "a slur"), say(ann, lobby, "kind words")
    for person, line in ((ben, row), (gus, row), (ann, own)):
        assert "cannot be done" in act(client, person, restrict=f"{line.pk} ban always")
        assert 'name="restrict"' not in client.get(f"/rooms/lobby/actions/{line.pk}/").content.decode()
    assert not Restriction.objects.exists()
    form = act(client, ann, restrict=row.pk)
    assert f'<option value="{row.pk} mute hour">' in form
    assert act(client, ann, restrict=f"{row.pk} mute ever", value="x").count("<option") == 10, "it is asked again"
    assert "Gus is muted." in act(client, ann, restrict=f"{row.pk} mute hour", value="Enough for today")
    mute = Restriction.objects.get()
    assert (mute.person, mute.kind, mute.reason) == (gus, "mute", "Enough for today")
    assert "Gus is banned." in act(client, ann, restrict=f"{row.pk} ban always")
    client.force_login(gus)
    assert client.get("/rooms/lobby/").status_code == 403
    assert ModerationAct.objects.filter(message=row, words="an hour. Enough for today").count() == 1


def test_without_script_the_form_that_restricts_is_on_the_page_of_the_line_and_leads_back_to_it(
    lobby, ann, gus, client
):
    row = say(gus, lobby, "a slur")
    client.force_login(ann)
    form = client.post("/rooms/lobby/actions/", {"restrict": row.pk}, follow=True)
    assert f'<option value="{row.pk} ban day">' in form.content.decode()
    answer = client.post("/rooms/lobby/actions/", {"restrict": f"{row.pk} ban day", "value": "Spam"})
    assert f"at={row.pk}" in answer["Location"]
    assert "Gus is banned." in client.get(answer["Location"]).content.decode()


def test_who_is_reported_does_not_learn_by_whom(lobby, ann, ben, sue, client):
    for author in (ann, sue):
        report(say(author, lobby, f"a slur of {author}"), ben)
    told = {ann: "Ben reported a message of Sue", sue: "Ben reported a message of Ann"}
    for person, page in ((ann, "/rooms/lobby/moderation/"), (sue, "/rooms/lobby/moderation/"), (sue, "/moderation/")):
        client.force_login(person)
        said = strip_tags(client.get(page).content.decode())
        assert (told[person] in said, f"message of {person.name}" in said) == (True, False)
    assert not Alert.objects.filter(audience=f"user.{ann.pk}", body__contains="of ann").exists()


def test_nobody_reports_without_end(lobby, ben, gus, sue, client):
    rows = [say(gus, lobby, f"{n}") for n in range(12)]
    answers = [act(client, ben, report=row.pk) for row in rows]
    assert ["Thank you." in each for each in answers] == [True] * 10 + [False] * 2
    assert "Wait a moment" in answers[-1]
    assert ModerationAct.objects.count() == 10

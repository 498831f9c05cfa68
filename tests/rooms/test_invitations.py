"""Who becomes a member: by an invitation's link, or by asking; and who leaves."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from rooms.invitations import accept, invite
from rooms.models import Invitation, JoinRequest, Membership, Restriction, Room
from rooms.moderation import expel, restrict, transfer
from tests.rooms.posts import lines

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def link(team, ann):
    """The address of an invitation that Ann made on the page for it."""
    return f"/invite/{invite(team, ann, 7).token}/"


def is_member(person, room):
    return Membership.objects.filter(room=room, person=person).exists()


def test_who_manages_makes_a_link_with_a_qr_code_and_who_has_an_account_joins_by_it(team, ann, ben, client):
    client.force_login(ann)
    assert client.post("/rooms/team/invitations/", {"days": "1", "most": "2"}).status_code == 302
    page = client.get("/rooms/team/invitations/").content.decode()
    address = f"http://testserver/invite/{Invitation.objects.get().token}/"
    assert address in page
    picture = client.get(f"/rooms/team/invitations/{Invitation.objects.get().pk}/qr.svg")
    assert (picture["Content-Type"], picture.content[:4]) == ("image/svg+xml", b"<svg")
    client.force_login(ben)
    assert "Team" in client.get(address).content.decode()
    assert not is_member(ben, team), "a GET changes nothing"
    assert client.post(address)["Location"] == "/rooms/team/"
    assert client.post(address)["Location"] == "/rooms/team/"
    assert (is_member(ben, team), Invitation.objects.get().used) == (True, 1)


def test_somebody_without_an_account_is_led_to_one_and_back(link, gus, client):
    for person in (None, gus):
        if person:
            client.force_login(person)
        page = client.get(link).content.decode()
        back = link.replace("/", "%2F")
        assert f'href="/accounts/login/?next={back}"' in page
        assert f'href="/accounts/signup/?next={back}"' in page
        client.post(link)
    assert Membership.objects.count() == 1
    fields = {"username": "newby", "password1": "a long password of mine", "password2": "a long password of mine"}
    assert client.post(f"/accounts/signup/?next={back}", fields)["Location"] == link


ENDS = [
    {"expires": timezone.now() - timedelta(seconds=1)},
    {"revoked": timezone.now()},
    {"most": 3, "used": 3},
]


@pytest.mark.parametrize("end", ENDS, ids=["expired", "revoked", "used up"])
def test_a_link_that_is_not_valid_any_more_is_as_unknown_as_one_that_never_was(link, ben, client, end):
    client.force_login(ben)
    Invitation.objects.update(**end)
    for address in (link, f"/invite/{'x' * 32}/"):
        for answer in (client.get(address), client.post(address)):
            assert answer.status_code == 404
            assert "not valid any more" in answer.content.decode()
            assert "Team" not in answer.content.decode()
    assert client.get("/invite/%00/").status_code == 404
    assert Membership.objects.count() == 1


def test_an_invitation_for_one_lets_one_in_when_several_come_at_the_same_time(team, ann, django_user_model):
    invitation = invite(team, ann, 7, most=1)
    people = [django_user_model.objects.create_user(f"p{n}") for n in range(6)]

    def come(person):
        try:
            return accept(invitation, person)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(come, people)) == 1
    assert team.memberships.count() == 2


def test_who_is_banned_is_let_in_by_no_link_and_asks_in_vain(team, link, ben, client):
    Restriction.objects.create(room=team, person=ben, kind="ban")
    client.force_login(ben)
    assert client.post(link).status_code == 403
    client.post("/rooms/team/ask/")
    assert (is_member(ben, team), JoinRequest.objects.exists()) == (False, False)


def test_only_who_manages_may_invite_revoke_or_see_the_code(team, link, ann, ben, client):
    pk = Invitation.objects.get().pk
    team.members.add(ben)
    client.force_login(ben)
    assert client.get("/rooms/team/invitations/").status_code == 403
    assert client.post("/rooms/team/invitations/", {"revoke": pk}).status_code == 403
    assert client.get(f"/rooms/team/invitations/{pk}/qr.svg").status_code == 403
    other = Room.objects.create(title="Other", owner=ann)
    client.force_login(ann)
    assert client.post(f"/rooms/{other.slug}/invitations/", {"revoke": pk}).status_code == 404
    for wrong in ({"days": "9"}, {"days": "1", "most": "0"}, {"days": "1", "most": "many"}):
        assert client.post("/rooms/team/invitations/", wrong).status_code == 422
    client.post("/rooms/team/invitations/", {"revoke": pk})
    assert client.get(link).status_code == 404


def test_to_ask_says_the_same_whether_there_is_a_room_or_not_and_its_owner_decides(team, ann, ben, client):
    client.force_login(ben)
    answers = []
    for slug in ("team", "nowhere"):
        page = client.get(f"/rooms/{slug}/").content.decode()
        assert f'action="/rooms/{slug}/ask/"' in page
        answers.append(client.post(f"/rooms/{slug}/ask/", {"words": "It's\0 me"}, follow=True).content.decode())
        answers[-1] = answers[-1].replace(slug, "").partition("<main")[2]
        client.post(f"/rooms/{slug}/ask/", {"words": "Again"})
    assert re.sub(r"\b\w{64}\b", "", answers[0]) == re.sub(r"\b\w{64}\b", "", answers[1])
    assert "those who look after it were asked" in answers[0]
    asked = JoinRequest.objects.get()
    assert (lines(ann), lines(ben)) == (["Ben asks to join Team"], [])
    assert client.post("/rooms/team/members/", {"admit": asked.pk}).status_code == 404
    client.force_login(ann)
    assert "It&#x27;s me" in client.get("/rooms/team/members/").content.decode()
    client.post("/rooms/team/members/", {"admit": asked.pk})
    assert (is_member(ben, team), lines(ann), lines(ben)) == (True, [], ["Ann added you to Team"])
    assert not JoinRequest.objects.exists()


def test_who_is_declined_hears_nothing_and_many_asks_are_too_many(team, ann, ben, client):
    client.force_login(ben)
    client.post("/rooms/team/ask/")
    client.force_login(ann)
    client.post("/rooms/team/members/", {"decline": JoinRequest.objects.get().pk})
    assert (is_member(ben, team), lines(ben), lines(ann)) == (False, [], [])
    client.force_login(ben)
    pages = [client.post("/rooms/team/ask/", follow=True).content.decode() for _ in range(6)]
    assert ["asked often" in page for page in pages] == [False] * 4 + [True] * 2


def test_whoever_is_added_while_they_ask_asks_no_more(team, ann, ben, client):
    client.force_login(ben)
    client.post("/rooms/team/ask/")
    client.force_login(ann)
    client.post("/rooms/team/members/", {"username": ben.username})
    assert (is_member(ben, team), JoinRequest.objects.exists(), lines(ann)) == (True, False, [])


def test_a_member_leaves_and_an_owner_hands_over_first(team, ann, ben, client):
    team.members.add(ben)
    client.force_login(ben)
    assert 'href="/rooms/team/leave/"' in client.get("/rooms/team/alerts/").content.decode()
    client.get("/rooms/team/leave/")
    assert is_member(ben, team)
    client.post("/rooms/team/leave/")
    assert client.get("/rooms/team/").status_code == 404
    client.force_login(ann)
    assert "Hand it over" in client.post("/rooms/team/leave/").content.decode()
    assert client.post("/rooms/team/hand-over/", {"username": "nobody"}).status_code == 422
    client.post("/rooms/team/hand-over/", {"username": "ben"})
    team.refresh_from_db()
    assert (team.owner, is_member(ben, team), lines(ben)) == (ben, True, ["Ann handed Team over to you"])
    assert client.get("/rooms/team/settings/").status_code == 403
    client.post("/rooms/team/leave/")
    assert not is_member(ann, team)


def test_who_was_removed_comes_in_again_by_a_later_invitation_alone(team, link, ann, ben, client):
    client.force_login(ben)
    client.post(link)
    expel(Membership.objects.get(room=team, person=ben), ann)
    assert client.post(link).status_code == 403
    assert not is_member(ben, team)
    client.post(f"/invite/{invite(team, ann, 7).token}/")
    assert is_member(ben, team)


def test_who_presses_twice_is_let_in_twice(team, ann, ben):
    invitation = invite(team, ann, 7, most=1)

    def come(_):
        try:
            return accept(invitation, ben)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert [*pool.map(come, range(6))] == [True] * 6


def test_who_was_banned_and_gets_the_room_handed_over_finds_it(team, ann, ben, client):
    team.members.add(ben)
    restrict(team, ann, ben, "ban", "always")
    transfer(team, ann, ben)
    assert team in Room.objects.visible_to(ben)
    assert not team.restrictions.exists()


def test_where_the_owner_was_deactivated_the_staff_hear_who_asks(team, ann, ben, sue, client):
    ann.is_active = False
    ann.save()
    client.force_login(ben)
    client.post("/rooms/team/ask/")
    assert lines(sue) == ["Ben asks to join Team"]

"""Every address of the site, found in its routes, keeps a room's words from whoever may not read it, and its rows too.

A new address is asked as soon as it has a route.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.urls import URLPattern, get_resolver, reverse

from accounts.models import User
from rooms.models import Attachment, Draft, Invitation, JoinRequest, Membership, Message, Restriction, Revision, Room

SECRET = "wintermoth"
APPS = ["parlour_rooms", "parlour_alerts"]
ALIKE = ["pasted", "lines", "person"]  # answer the same for any room, there or not; one has a page of one’s own
OPEN = ["ask", "avatar", "new_password", "invitation", "mine_css"]  # what they need is not a right to read the room
NUMBERED = [Attachment, Invitation, Message, Room, User]  # whose numbers are in addresses
MANAGING = ["settings", "members", "invitations", "qr", "moderation", "hand_over", "archive", "delete"]


def routes(patterns: Any, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """All named routes but the admin's, as (namespace:name, pattern)."""
    for each in patterns:
        if isinstance(each, URLPattern):
            yield f"{namespace}:{each.name}", each
        elif each.namespace != "admin":
            yield from routes(each.url_patterns, each.namespace or namespace)


def addresses(names: set[str]) -> Iterator[tuple[str, str]]:
    """(name, address) of each route that takes these arguments, filled with the room's slug and numbers of its rows."""
    for name, route in routes(get_resolver().url_patterns):
        wanted = set(route.pattern.regex.groupindex) or set(getattr(route.pattern, "converters", ()))
        if name.partition(":")[2] not in OPEN and wanted and wanted <= names:
            for pk in {model.objects.earliest("pk").pk for model in NUMBERED} if "pk" in wanted else [0]:
                values = {"slug": "den", "pk": pk}
                yield name, reverse(name, kwargs={key: values[key] for key in wanted})


def rows() -> list[Any]:
    """All that the apps store."""
    models = [model for app in APPS for model in apps.get_app_config(app).get_models()]
    return [(model.__name__, list(model._default_manager.order_by("pk").values_list())) for model in models]


@pytest.fixture
def people(db):
    """Ann owns Den, Cleo is a member; Ben has an account, Dan is banned, and Gus is a guest."""
    people = {name: User.objects.create_user(name) for name in ("ann", "ben", "cleo", "dan")}
    people["gus"] = User.objects.create_guest("Gus")
    den = Room.objects.create(title="Den", about=SECRET, access="members", guests="none", owner=people["ann"])
    Membership.objects.bulk_create([Membership(room=den, person=people[name]) for name in ("ann", "cleo", "dan")])
    Restriction.objects.create(room=den, person=people["dan"], kind="ban")
    Room.objects.filter(pk=den.pk).update(has_restrictions=True)
    for n in range(1, 4):
        text = {"text": f"{SECRET} {n}", "html": f"<p>{SECRET}</p>"}
        row = Message(room=den, author=people["ann"], seq=n, changed=n, **text)
        row.follow(None)
        row.save()
        Revision.objects.create(message=row, text=SECRET, until=row.created)
        meta = {"file": "rooms/none", "name": SECRET, "type": "image/png", "size": 1}
        Attachment.objects.create(room=den, message=row, author=people["ann"], **meta)
        Invitation.objects.create(room=den, by=people["ann"], token=f"{SECRET}{n}", expires="2999-01-01T00:00Z")
    Draft.objects.create(room=den, person=people["ann"], text=SECRET, at=row.created)
    JoinRequest.objects.create(room=den, person=people["gus"], words=SECRET)
    return people


@pytest.mark.parametrize("name", ["ben", "dan", "gus", None])
def test_whoever_may_not_read_a_room_learns_nothing_of_it_and_changes_nothing(client, people, name):
    if name:
        client.force_login(people[name])
    before, asked, pk = rows(), 0, Message.objects.earliest("pk").pk
    fields = {"text": "x", "value": "x", "delete": pk, "edit": pk, "react": f"{pk} 👍", "pin": pk, "do": "delete"}
    for route, address in addresses({"slug", "pk"}):
        for answer in (client.get(address), client.post(address, fields)):
            asked += 1
            if route.partition(":")[2] not in ALIKE:
                assert answer.status_code in (301, 302, 400, 401, 403, 404, 405, 429), f"{route} {address}"
            assert SECRET not in b"".join(answer).decode(errors="replace"), f"{route} {address}"
    for query in (f"/search/?q={SECRET}", f"/search/?q={SECRET}&room=den", "/", "/moderation/", "/archived/"):
        page = client.get(query).content.decode().replace(f'value="{SECRET}"', "")
        assert "Den" not in page, query
    assert asked > 80
    assert rows() == before


def test_a_member_reads_and_does_not_manage(client, people):
    client.force_login(people["cleo"])
    assert SECRET in client.get("/rooms/den/").content.decode()
    before = rows()
    for route, address in addresses({"slug", "pk"}):
        if route.partition(":")[2] in MANAGING and route.startswith("chat:"):
            assert client.get(address).status_code in (403, 404, 405), f"{route} {address}"
            assert client.post(address, {"remove": "1", "do": "ban"}).status_code in (403, 404, 405), (
                f"{route} {address}"
            )
    assert rows() == before

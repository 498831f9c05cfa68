"""What a visitor does with messages in a widget: a ticket says who they are, with script and without."""

import pytest

from rooms.models import Message, Room
from tests.rooms.posts import say
from tests.widgets.hosts import address
from widgets import identity, visitors
from widgets.models import Widget
from widgets.tickets import Ticket

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def widget(lobby):
    return Widget.objects.create(kind=Widget.Kind.ROOM, room=lobby, title="Talk to us", sites="https://shop.example")


@pytest.fixture
def vera(widget):
    return visitors.vouched(widget, identity.Claims("42", "Vera"))


@pytest.fixture
def act(client, widget, vera):
    """act("reply", 41) is what Vera's page is answered; without a name, what her menu says of a message."""

    def act(name, pk, headers=HTMX, ticket=None, **fields):
        sent = fields | {"ticket": Ticket.of(vera, vouched=True).text if ticket is None else ticket}
        where = address(widget, "actions/" if name else f"actions/{pk}/")
        return client.post(where, sent | ({name: pk} if name else {}), headers=headers)

    return act


def test_a_line_asks_for_its_menu_by_post_and_leads_nowhere(client, widget, lobby, ann):
    row = say(ann, lobby, "Can I help?")
    page = client.get(address(widget)).content.decode()
    assert f'hx-post="{address(widget, "actions/")}{row.pk}/"' in page
    assert "?at=" not in page


def test_a_visitor_replies_edits_and_deletes(act, ann, lobby, vera):
    question = say(ann, lobby, "Can I help?")
    assert 'name="reply"' in act("", question.pk).content.decode()
    card = act("reply", question.pk, page="p", acked="2", text=["being written"]).content.decode()
    assert f'name="answers" value="3:{question.pk}"' in card
    reply = say(vera.user, lobby, "Plese")
    assert 'name="edit"' in act("", reply.pk).content.decode()
    assert "Edited." in act("save", f"{reply.pk} first", value="Please").content.decode()
    assert Message.objects.get(pk=reply.pk).text == "Please"
    act("delete", reply.pk)
    assert Message.objects.get(pk=reply.pk).deleted


def test_without_script_the_answer_is_the_page_with_a_new_ticket(act, lobby, ann, vera, widget):
    reply = say(vera.user, lobby, "Plese")
    page = act("edit", reply.pk, headers={}).content.decode()
    form = page.partition('class="pl-edit"')[2].partition("</form>")[0]
    assert 'name="ticket"' in form
    assert "Plese</textarea>" in form
    page = act("reply", say(ann, lobby, "Yes?").pk, headers={}).content.decode()
    assert 'name="answers" value="1:' in page.partition("pl-composer")[2]


def test_who_has_no_ticket_is_offered_nothing_and_another_rooms_message_is_not_found(act, ann, lobby):
    row = say(ann, lobby, "Can I help?")
    assert "<button" not in act("", row.pk, ticket="").content.decode()
    assert "cannot be done" in act("reply", row.pk, ticket="").content.decode()
    assert act("", row.pk, ticket="forged").status_code == 403
    team = Room.objects.create(title="Team", owner=ann, access=Room.Access.MEMBERS)
    team.members.add(ann)
    secret = say(ann, team, "secret")
    assert act("", secret.pk).status_code == act("reply", secret.pk).status_code == 404

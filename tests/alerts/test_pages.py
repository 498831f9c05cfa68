"""The pages of the alerts: whose they are, what can be done about them, and that it can be undone."""

import re
from datetime import timedelta
from io import StringIO
from urllib.parse import parse_qsl
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from alerts import Role, actions, notify
from alerts.addresses import signed_query
from alerts.bell import bells
from alerts.forms import PreferencesForm
from alerts.models import Alert, Mark, PersonalSettings, Preference, registered_kinds
from parlour.models import read_heads

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def here(client, sue):
    client.force_login(sue)
    return client


def unseen(person):
    return bells([person.pk])[person.pk].unseen


def titles(client, query=""):
    return [alert.title for alert in client.get(f"/alerts/{query}").context["page"]]


def test_nobody_without_an_account_gets_in_and_another_persons_alert_is_not_found(client, sue, ann):
    assert client.get("/alerts/").status_code == 302
    assert client.get("/alerts/panel/").status_code == 403
    lines = client.get("/alerts/lines/")  # it is put into the bell, where a page to sign in would not do
    assert (lines.status_code, "You are not signed in." in lines.content.decode()) == (200, True)
    client.force_login(sue)
    notify(ann, "order", "Not yours")
    for pk in (Alert.objects.get().pk, "0", "9" * 26):
        assert client.get(f"/alerts/{pk}/").status_code == 404
        for act in ("read", "archive", "unread"):
            assert client.post(f"/alerts/{pk}/{act}/").status_code == 404
    notify(sue, "order", "Yours")
    mine, theirs = Alert.objects.values_list("pk", flat=True)
    client.post(f"/alerts/{theirs}/read/", {"alone": "1", "line": "a", "a": mine})
    assert not Mark.objects.exists()


def test_following_marks_the_whole_line_read_and_leads_on_unless_a_browser_only_looks_ahead(here, sue):
    for n in range(3):
        notify(Role("staff"), "order", f"Order {n}", url=f"/shop/?{n}", key="orders", about=_about(sue, n))
    newest = Alert.objects.first()
    here.get(f"/alerts/{newest.pk}/", headers={"Sec-Purpose": "prefetch"})
    here.head(f"/alerts/{newest.pk}/")
    assert unseen(sue) == 3
    assert here.get(f"/alerts/{newest.pk}/").url == "/shop/?2"
    assert Mark.objects.filter(person=sue, read__isnull=False, seen__isnull=False).count() == 3
    assert unseen(sue) == 0
    notify(sue, "order", "Nowhere")
    assert here.get(f"/alerts/{Alert.objects.first().pk}/").url == "/alerts/"


def test_mark_all_read_means_what_the_page_showed_and_its_kind(here, sue):
    notify(sue, "order", "Shown")
    notify(sue, "mention", "Of another kind")
    page = here.get("/alerts/?kind=order")
    notify(sue, "order", "Came meanwhile")
    here.post("/alerts/read/", {"upto": page.context["upto"], "kind": "order"})
    assert titles(here, "?show=unread") == ["Came meanwhile", "Of another kind"]
    here.post("/alerts/read/", {"upto": "0"})  # the bell's lines were not there yet
    assert unseen(sue) == 2
    for everything in ("", "x", "²", "9" * 30):
        here.post("/alerts/read/", {"upto": everything})
        assert unseen(sue) == 0
        here.post("/alerts/undo/", {"at": Mark.objects.latest("read").read.isoformat()})
        assert titles(here, "?show=unread") == ["Came meanwhile", "Of another kind"]
        Mark.objects.filter(read=None).delete()


def _about(like, number):
    return type(like)(pk=1000 + number)


def test_a_button_that_stayed_while_its_line_grew_means_the_whole_line(here, sue):
    for n in range(3):
        notify(sue, "order", f"Order {n}", key="orders", about=_about(sue, n))
    newest, *_, oldest = Alert.objects.values_list("pk", flat=True)
    here.post(f"/alerts/{oldest}/read/", headers=HTMX)
    assert unseen(sue) == 2
    assert [(line.n, line.read) for line in bells([sue.pk])[sue.pk].lines] == [(2, False), (1, True)]
    here.post(f"/alerts/{oldest}/archive/", {"line": "a1", "a1": newest, "b2": 5}, headers=HTMX)
    assert unseen(sue) == 0
    assert titles(here) == ["Order 0"]
    here.post(f"/alerts/{oldest}/read/", {"alone": "1"})
    assert [alert.pk for alert in Alert.objects.for_person(sue) if alert.read] == [oldest]
    for nonsense in ("x", "9" * 30, "٣", str(10**18)):
        assert here.post(f"/alerts/{oldest}/archive/", {"line": "a1", "a1": nonsense}).status_code in (302, 404)


def test_the_answer_to_a_press_shows_the_bell_as_it_is_now(here, sue):
    notify(sue, "order", "Tea")
    notify(sue, "order", "Milk")
    pk = Alert.objects.get(title="Milk").pk
    for path in ("archive", "unread"):
        answer = here.post(f"/alerts/{pk}/{path}/", headers=HTMX)
        page = answer.content.decode()
        assert ("Milk" in page, "Tea" in page) == (path == "unread", True)
        assert 'innerHTML:#bell-count"' in page
        assert "bell-announce" not in page
        assert "dealt" in answer["HX-Trigger-After-Swap"]
        assert ("Archived." in page, "beforeend:#bell-toasts" in page) == (path == "archive",) * 2
    card = here.post(f"/alerts/{pk}/read/", {"card": "1"}, headers=HTMX).content.decode()
    assert "Read." in card.partition('innerHTML:#bell-done"')[2]
    assert "bell-done" not in here.post(f"/alerts/{pk}/read/", {"card": "1"}, headers=HTMX).content.decode()


def test_a_plain_form_leads_back_to_where_it_stood_and_offers_undo(here, sue):
    notify(sue, "order", "Tea")
    stood = {"show": "unread", "kind": "order", "page": "2", "x": "y"}
    path, _, query = here.post(f"/alerts/{Alert.objects.get().pk}/archive/", stood).url.partition("?")
    assert path == "/alerts/"
    assert dict(parse_qsl(query)) == {
        **{name: stood[name] for name in ("show", "kind", "page")},
        "undo": Mark.objects.get().archived.isoformat(),
    }
    assert here.post(f"/alerts/{Alert.objects.get().pk}/unread/").url == "/alerts/"


def test_nobody_undoes_what_another_did_and_no_moment_is_a_fault(here, sue, ann):
    notify(ann, "order", "Hers")
    mark = Mark.objects.create(alert=Alert.objects.get(), person=ann, read=timezone.now())
    here.post("/alerts/undo/", {"at": mark.read.isoformat()})
    mark.refresh_from_db()
    assert mark.read
    wrong = ["yesterday", "2026-02-31T00:00:00Z", "0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00"]
    for at in (*wrong, "2026-01-01T00:00"):
        assert here.post("/alerts/undo/", {"at": at}).status_code == 404, at
        assert here.get("/alerts/", {"undo": at}).status_code == 200
    assert here.post("/alerts/undo/", {"at": "9999-12-31T23:59:59Z"}).status_code == 302


def test_what_one_brings_back_stays_dealt_with_for_the_others(here, sue, ann):
    ann.is_staff = True
    ann.save()
    notify(Role("staff"), "order", "Tea")
    alert = Alert.objects.get()
    here.post(f"/alerts/{alert.pk}/read/")
    here.force_login(ann)
    here.post(f"/alerts/{alert.pk}/read/")
    here.post(f"/alerts/{alert.pk}/unread/")
    assert set(Mark.objects.filter(read__isnull=False).values_list("person", flat=True)) == {sue.pk}


def test_alerts_are_found_by_state_kind_and_page(here, sue):
    for n in range(35):
        notify(sue, "order", f"Order {n}")
    notify(sue, "mention", "Named")
    assert len(titles(here)) == 30
    assert len(titles(here, "?page=2")) == 6
    assert titles(here, "?kind=mention") == ["Named"]
    assert titles(here, "?show=archived") == []
    for nonsense in ("show=nonsense&page=wrong", "kind=%00", "kind=" + "x" * 5000):
        assert len(titles(here, f"?{nonsense}")) == 30


def test_who_wants_to_hear_nothing_of_a_kind_is_counted_nothing(here, sue):
    notify(sue, "order", "Order")
    assert unseen(sue) == 1
    page = here.get("/alerts/preferences/").content.decode()
    assert "Orders" in page
    answer = here.post("/alerts/preferences/", {kind.name: "nothing" for kind in registered_kinds()})
    assert "Your settings are saved." in here.get(answer.url).content.decode()
    assert Preference.objects.filter(person=sue, level="nothing").exists()
    assert unseen(sue) == 0
    assert titles(here) == []
    assert here.post("/alerts/preferences/", {kind.name: "loud" for kind in registered_kinds()}).status_code == 422
    here.post("/alerts/preferences/", {kind.name: "toast" for kind in registered_kinds()})
    assert (unseen(sue), titles(here)) == (1, ["Order"])


def test_kinds_of_which_staff_alone_are_told_are_offered_to_them_alone(client, sue, ann):
    offered = {}
    for person in (sue, ann):
        client.force_login(person)
        offered[person] = client.get("/alerts/preferences/").content.decode()
    for label in ("Programs", "A visitor writes at a desk", "Webhooks that stop"):
        assert label in offered[sue]
        assert label not in offered[ann]
    assert "Mentions" in offered[ann]


def test_a_name_is_shown_as_it_is_now_and_markup_in_it_and_in_a_title_is_text(here, sue, ann):
    notify(sue, "mention", "{actor} mentioned <img src=x> in {actor}", body="<b>bold</b>", actor=ann)
    ann.display_name = "Anna {actor} <b>"
    ann.save()
    for path in ("/alerts/lines/", "/alerts/"):
        page = here.get(path).content.decode()
        assert "Anna {actor} &lt;b&gt; mentioned &lt;img src=x&gt;" in page, path
        assert "<b>" not in page
        assert "<img src=x" not in page
    ann.delete()
    assert "Somebody mentioned" in here.get("/alerts/").content.decode()


def test_what_is_pruned_leaves_counts_right(sue, ann):
    long_ago = timezone.now() - timedelta(days=200)
    notify([ann, Role("staff")], "order", "Old")
    Alert.objects.update(at=long_ago)
    notify(Role("staff"), "order", "Settled long ago")
    Alert.objects.filter(title__startswith="Settled").update(resolved=long_ago)
    notify(Role("staff"), "order", "New")
    Mark.objects.create(alert=Alert.objects.get(title="Old", audience="staff"), person=sue, seen=timezone.now())
    out = StringIO()
    call_command("prune_alerts", stdout=out)
    assert out.getvalue() == "3 alerts deleted.\n"
    assert [alert.title for alert in Alert.objects.all()] == ["New"]
    assert (unseen(sue), unseen(ann)) == (1, 0)


def test_the_table_offers_mail_to_who_has_an_address_and_keeps_what_is_chosen(here, sue):
    page = here.get("/alerts/preferences/").content.decode()
    assert ("Give an address" in page, "order--mail" in page) == (True, False)
    sue.email = "sue@example.org"
    sue.save()
    page = here.get("/alerts/preferences/").content.decode()
    assert ("sue@example.org" in page, page.count("--mail") > 3) == (True, True)
    levels = {kind.name: "toast" for kind in registered_kinds()}
    chosen = {**levels, "order--mail": "digest", "quiet_from": "22:00", "quiet_until": "07:30"}
    assert here.post("/alerts/preferences/", chosen).status_code == 302
    assert Preference.objects.exclude(mail="").values_list("kind", "mail").get() == ("order", "digest")
    page = here.get("/alerts/preferences/").content.decode()
    assert 'value="digest" selected' in page
    assert 'value="22:00"' in page
    for wrong in ({"quiet_until": ""}, {"quiet_until": "22:00"}, {"order--mail": "loud"}, {"quiet_from": "x"}):
        assert here.post("/alerts/preferences/", {**chosen, **wrong}).status_code == 422, wrong
    here.post("/alerts/preferences/", levels)
    assert not Preference.objects.exclude(mail="").exists()
    assert PersonalSettings.objects.get().quiet_from is None


def test_without_mail_the_page_does_not_speak_of_it(here, sue, settings):
    settings.SITE_URL = ""
    sue.email = "sue@example.org"
    sue.save()
    page = here.get("/alerts/preferences/").content.decode()
    assert ("e-mail too" in page, "sue@example.org" in page, "--mail" in page) == (False, False, False)


def test_a_snooze_lasts_an_hour_until_the_morning_of_its_person_or_a_week_and_can_be_ended(here, sue):
    sue.time_zone = "Asia/Tokyo"
    sue.save()
    for length, least, most in (("hour", 0.9, 1.1), ("tomorrow", 8, 32.1), ("week", 167, 169)):
        answer = here.post("/alerts/preferences/personal/", {"snooze": length})
        assert answer["Location"] == "/alerts/preferences/#snooze", "the page opens where it says so"
        until = PersonalSettings.objects.get().snoozed_until
        assert least * 3600 < (until - timezone.now()).total_seconds() < most * 3600
        assert (length != "tomorrow") or until.astimezone(ZoneInfo("Asia/Tokyo")).strftime("%H:%M") == "08:00"
        assert "End it now" in here.get("/alerts/preferences/").content.decode()
    here.post("/alerts/preferences/personal/", {"snooze": ""})
    assert PersonalSettings.objects.get().snoozed_until is None


def test_settings_that_are_saved_leave_a_snooze_and_a_feed_of_the_same_moment(here, sue):
    levels = {kind.name: "toast" for kind in registered_kinds()}
    forms = [
        PreferencesForm(sue, {**levels, "quiet_from": "22:00", "quiet_until": until}) for until in ("06:00", "07:00")
    ]
    here.post("/alerts/preferences/personal/", {"snooze": "hour", "feed": "new"})
    for form in forms:
        assert form.is_valid()
        form.save()
    row = PersonalSettings.objects.get()
    assert (row.is_snoozed, bool(row.feed), row.quiet_until.hour) == (True, True, 7)


def test_no_sign_that_xml_cannot_hold_makes_a_feed_unreadable(here, sue):
    notify(sue, "order", "Tea \ufffe", "and \uffff\U0001ffff\ufdd0 more")
    here.post("/alerts/preferences/personal/", {"feed": "new"})
    page = here.get("/alerts/preferences/").content.decode()
    address = re.search(r'value="http://testserver(/alerts/feed/[^"]+)"', page)[1]
    assert len(ElementTree.fromstring(here.get(address).content).findall("{*}entry")) == 1


def test_a_feed_shows_its_persons_alerts_until_its_address_is_revoked(here, client, sue, ann):
    notify(sue, "order", "{actor} ordered <tea>", "Hot & <b>strong</b>", actor=ann)
    notify(ann, "order", "Not yours")

    def feed():
        found = re.search(r'value="http://testserver(/alerts/feed/[^"]+)"', page())
        return found and found[1]

    def page():
        return here.get("/alerts/preferences/").content.decode()

    assert feed() is None
    here.post("/alerts/preferences/personal/", {"feed": "new"})
    address, anybody = feed(), Client()
    answer = anybody.get(address)
    assert answer["Content-Type"].startswith("application/atom+xml")
    assert "private" in answer["Cache-Control"]
    root = ElementTree.fromstring(answer.content)
    told = {part: root.find(f"*/{{*}}{part}").text for part in ("title", "summary", "updated")}
    assert (told["title"], told["summary"]) == ("Ann ordered <tea>", "Hot &amp; &lt;b&gt;strong&lt;/b&gt;")
    assert len(root.findall("{*}entry")) == 1
    assert root.find("*/{*}link").get("href") == f"http://testserver/alerts/{Alert.objects.last().pk}/"
    here.post("/alerts/preferences/personal/", {"feed": "new"})
    assert anybody.get(address).status_code == 404
    address = feed()
    assert anybody.get(address).status_code == 200
    for wrong in (address[:-3], f"/alerts/feed/{signed_query('feed', sue.pk, '')}", "/alerts/feed/"):
        assert anybody.get(wrong).status_code == 404
    here.post("/alerts/preferences/personal/", {"feed": ""})
    assert (anybody.get(address).status_code, feed()) == (404, None)


@pytest.mark.django_db(transaction=True)
def test_the_admin_deletes_alerts_that_were_read_and_people_who_read_some(admin_client, ann, ben):
    for person in (ann, ben):
        notify(person, "order", f"Tea of {person.username}")
        actions.mark_read(person, Alert.objects.for_person(person))
    doomed, other = Alert.objects.order_by("pk")
    page = "/admin/parlour_alerts/alert/"
    assert admin_client.post(f"{page}{doomed.pk}/delete/", {"post": "yes"}).status_code == 302
    assert [*Alert.objects.all()] == [other]
    assert admin_client.post(f"/admin/accounts/user/{ben.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Mark.objects.exists()
    notify(ann, "order", "Tea")
    actions.mark_read(ann, Alert.objects.for_person(ann))
    before = read_heads([f"user.{ann.pk}"])
    admin_client.post(f"/admin/parlour_alerts/mark/{Mark.objects.first().pk}/delete/", {"post": "yes"})
    assert not Mark.objects.exists()
    assert read_heads(before) != before
    actions.mark_read(ann, Alert.objects.for_person(ann))
    many = {"action": "delete_selected", "_selected_action": [*Alert.objects.values_list("pk", flat=True)]}
    admin_client.post(page, {**many, "post": "yes"})
    assert not Alert.objects.exists()

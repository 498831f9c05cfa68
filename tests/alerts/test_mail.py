"""Alerts by mail: who gets which, when, how it is written, and that nobody gets one twice."""

import smtplib
import subprocess
import sys
from datetime import datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts import Kind, Role, actions, notify, resolve, reword_alerts
from alerts import mail as alerts_mail
from alerts.addresses import signed_query
from alerts.bell import bells
from alerts.models import Alert, Mark, PersonalSettings, Preference
from e2e.support.ports import free_port
from e2e.support.processes import surroundings
from jobs import runner
from rooms.models import Room
from tests.jobs.processes import ROOT, database

pytestmark = pytest.mark.django_db(transaction=True)
NOW, DIGEST = ("toast", "now"), ("toast", "digest")


@pytest.fixture(autouse=True)
def fresh_process(settings):
    """A process that has sent nothing yet; the site has an address."""
    settings.SITE_URL = "https://chat.example.org/"
    alerts_mail._wait, alerts_mail._next_look, alerts_mail._problem = alerts_mail.EVERY, 0.0, ""


@pytest.fixture
def chosen(sue, ann):
    """chosen(order=NOW): Ann and Sue have addresses, and want this by mail."""
    for person in (sue, ann):
        person.email = f"{person.username}@example.org"
        person.save()

    def choose(*people, **kinds):
        for person in people or (sue, ann):
            actions.set_preferences(person, kinds)
        Preference.objects.exclude(mail="").update(mail_since=timezone.now() - timedelta(days=30))

    return choose


def passes(**ago):
    """Time passes for all alerts."""
    for alert in Alert.objects.all():
        Alert.objects.filter(pk=alert.pk).update(at=alert.at - timedelta(**ago))


def sent():
    """What is sent now: (to, subject) of each mail."""
    mail.outbox.clear()
    alerts_mail.send_all()
    return sorted((each.to[0].partition("@")[0], each.subject) for each in mail.outbox)


def test_at_once_is_soon_once_and_to_those_who_chose_it(chosen, sue, ann):
    chosen(ann, order=NOW)
    notify([ann, sue], "order", "Tea is ready")
    notify(ann, "mention", "You were named")
    assert sent() == []  # it may be read on a page yet
    passes(seconds=21)
    assert sent() == [("ann", "Tea is ready")]
    assert sent() == []


def test_nobody_gets_very_many_mails_and_the_rest_comes_together(chosen, ann):
    chosen(ann, order=NOW)
    for n in range(12):
        notify(ann, "order", f"Tea {n}")
        passes(seconds=21)
        assert len(sent()) == (n < 10), n
    Mark.objects.update(mailed=F("mailed") - timedelta(hours=1))
    assert sent() == [("ann", "Tea 11, and 1 more")]


def test_a_digest_is_opened_by_its_first_alert_and_tells_what_is_unread_at_its_end(chosen, ann):
    chosen(ann, order=DIGEST)
    for title in ("First", "Read", "Archived", "Resolved"):
        notify(ann, "order", title, key=title, about=ann)
    passes(hours=3, minutes=59)
    notify(ann, "order", "Last")
    assert sent() == []
    passes(minutes=1)
    actions.mark_read(ann, Alert.objects.for_person(ann).filter(title="Read"))
    actions.archive(ann, Alert.objects.for_person(ann).filter(title="Archived"))
    resolve(kind="order", key="Resolved")
    assert sent() == [("ann", "Last, and 1 more")]
    assert ("First" in mail.outbox[0].body, "Read" in mail.outbox[0].body) == (True, False)
    notify(ann, "order", "Of the next one")
    passes(minutes=30)
    assert sent() == []


def test_what_is_read_or_resolved_between_the_look_and_the_sending_is_not_sent(chosen, ann):
    chosen(ann, order=NOW)
    for title in ("Read", "Resolved", "Open"):
        notify(ann, "order", title, key=title)
    passes(minutes=1)
    (waiting,) = alerts_mail.due()
    actions.mark_read(ann, Alert.objects.for_person(ann).filter(title="Read"))
    resolve(kind="order", key="Resolved")
    alerts_mail.send(*waiting, EmailBackend())
    assert [each.subject for each in mail.outbox] == ["Open"]


@pytest.mark.parametrize("what", ["right", "account", "choice", "quiet", "words"])
def test_while_others_are_sent_theirs_a_right_may_end_a_choice_change_and_a_text_be_reworded(
    chosen, ann, sue, team, settings, monkeypatch, what
):
    chosen(room=NOW)
    team.members.add(sue)
    about = Room.objects.get(pk=team.pk)
    notify(team, "room", "Secret", "As it was written", about=about)
    passes(minutes=1)

    def slow(self, messages):
        other = ann if messages[0].to[0].startswith("sue") else sue
        if what == "right":
            team.members.remove(other)
        elif what == "account":
            get_user_model().objects.filter(pk=other.pk).update(is_active=False)
        elif what == "choice":
            Preference.objects.filter(person=other).update(mail="")
        elif what == "quiet":
            PersonalSettings.objects.create(person=other, snoozed_until=timezone.now() + timedelta(hours=1))
        else:
            reword_alerts(about, "As it is now")
        return EmailBackend.send_messages(self, messages)

    settings.EMAIL_BACKEND = f"{__name__}.Away"
    monkeypatch.setattr(Away, "send_messages", slow)
    alerts_mail.send_all()
    if what == "words":
        assert ["As it is now" in each.body for each in mail.outbox] == [False, True]
    else:
        assert len(mail.outbox) == 1


def test_a_role_is_told_without_whoever_did_it(chosen, sue, ann):
    chosen(order=NOW)
    ann.is_staff = True
    ann.save()
    notify(Role("staff"), "order", "{actor} ordered", actor=ann)
    notify(ann, "order", "You ordered", actor=ann)
    passes(minutes=1)
    assert sent() == [("sue", "Ann ordered")]


def test_old_alerts_are_not_sent_to_who_chooses_mail_now(chosen, ann):
    chosen(ann)
    notify(ann, "order", "Before")
    actions.set_preferences(ann, {"order": NOW})
    notify(ann, "order", "After")
    before = Preference.objects.get().mail_since
    actions.set_preferences(ann, {"order": DIGEST})
    assert Preference.objects.get().mail_since == before
    actions.set_preferences(ann, {"order": NOW})
    Alert.objects.filter(title="After").update(at=timezone.now() - timedelta(seconds=30))
    Preference.objects.update(mail_since=timezone.now() - timedelta(seconds=40))
    Alert.objects.filter(title="Before").update(at=timezone.now() - timedelta(seconds=50))
    assert sent() == [("ann", "After")]
    notify(ann, "order", "Of last week")
    Preference.objects.update(mail_since=timezone.now() - timedelta(days=30))
    Alert.objects.filter(title="Of last week").update(at=timezone.now() - timedelta(days=8))
    Alert.objects.filter(title="Before").delete()
    assert sent() == []


def test_nobody_without_an_address_an_account_or_a_right_gets_mail(chosen, ann, sue, team):
    chosen(order=NOW)
    notify([ann, sue], "order", "Tea")
    passes(minutes=1)
    sue.is_active = False
    sue.save()
    ann.email = ""
    ann.save()
    assert sent() == []
    ann.email = "ann@example.org"
    ann.save()
    Alert.objects.all().delete()
    notify(team, "order", "For members")
    passes(minutes=1)
    team.members.remove(ann)
    assert sent() == []


@pytest.mark.parametrize(
    ("quiet", "clock", "expected"),
    [
        ((time(22), time(7)), "23:30", True),
        ((time(22), time(7)), "06:59", True),
        ((time(22), time(7)), "07:00", False),
        ((time(22), time(7)), "12:00", False),
        ((time(12), time(13)), "12:30", True),
        ((time(12), time(13)), "11:59", False),
    ],
)
def test_quiet_hours_are_those_of_the_persons_zone(ann, monkeypatch, quiet, clock, expected):
    ann.time_zone = "Asia/Kathmandu"
    hour, minute = map(int, clock.split(":"))
    now = datetime(2026, 5, 5, hour, minute, tzinfo=ZoneInfo("Asia/Kathmandu"))
    monkeypatch.setattr(timezone, "now", lambda: now.astimezone(ZoneInfo("UTC")))
    assert PersonalSettings(person=ann, quiet_from=quiet[0], quiet_until=quiet[1]).is_quiet == expected


def test_a_snooze_holds_mail_back_and_the_bell_counts(chosen, ann):
    chosen(ann, order=NOW)
    row = PersonalSettings.objects.create(person=ann, snoozed_until=timezone.now() + timedelta(hours=1))
    notify(ann, "order", "Tea")
    passes(minutes=1)
    assert sent() == []
    assert (bells([ann.pk])[ann.pk].unseen, bells([ann.pk])[ann.pk].is_quiet) == (1, True)
    row.snoozed_until = timezone.now()
    row.save()
    assert sent() == [("ann", "Tea")]
    assert not bells([ann.pk])[ann.pk].is_quiet


def test_a_mail_is_text_and_html_with_absolute_links_and_says_how_to_end_it(chosen, ann, sue):
    Kind("tea", "Tea", "{n} cups of tea").register()
    chosen(ann, tea=NOW)
    for n in range(2):
        notify(ann, "tea", f"Cup {n} <b>", key="cups", about=Room(pk=n + 1, slug=f"r{n}"))
    notify(ann, "tea", "{actor} is \n here", body="Milk & <sugar>", actor=sue)
    passes(minutes=1)
    assert sent() == [("ann", "Sue is here, and 1 more")]
    (told,) = mail.outbox
    newest, cup = Alert.objects.order_by("-pk").values_list("pk", flat=True)[:2]
    assert f"Sue is here\nMilk & <sugar>\nhttps://chat.example.org/alerts/{newest}/\n" in told.body
    assert f"2 cups of tea\nhttps://chat.example.org/alerts/{cup}/" in told.body
    html = told.alternatives[0].content
    assert f'<a href="https://chat.example.org/alerts/{newest}/">' in html
    assert "Milk &amp; &lt;sugar&gt;" in html
    headers = told.message()
    leave = f"https://chat.example.org/alerts/unsubscribe/{signed_query('unsubscribe', ann.pk)}"
    assert headers["List-Unsubscribe"] == f"<{leave}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert leave in told.body
    assert leave in html


def test_a_mail_is_in_the_language_of_its_reader(chosen, ann):
    chosen(ann, order=NOW)
    ann.language = "de"
    ann.save()
    notify(ann, "order", "Tee")
    notify(ann, "order", "Brot")
    passes(minutes=1)
    assert sent() == [("ann", "Brot und 1 weitere")]
    assert "Keine E-Mails mehr: https://" in mail.outbox[0].body


def test_one_click_ends_all_mail_of_its_person_and_another_token_is_not_found(chosen, ann, sue):
    client = Client(enforce_csrf_checks=True)  # a mail program has no cookie
    chosen(order=NOW, mention=DIGEST)
    address = f"/alerts/unsubscribe/{signed_query('unsubscribe', ann.pk)}"
    assert "Send me no more mail" in client.get(address).content.decode()
    assert Preference.objects.exclude(mail="").filter(person=ann).count() == 2
    assert client.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert set(Preference.objects.exclude(mail="").values_list("person", flat=True)) == {sue.pk}
    for wrong in (signed_query("feed", ann.pk), "?key=x", "", address[20:-2]):
        assert client.post(f"/alerts/unsubscribe/{wrong}").status_code == 404


def test_a_thousand_people_cost_as_many_queries_as_one_and_telling_them_no_more_than_before(chosen):
    people = get_user_model()
    people.objects.bulk_create(people(username=f"p{n}", email=f"p{n}@example.org") for n in range(1000))
    everybody = list(people.objects.filter(username__startswith="p"))
    since = timezone.now() - timedelta(days=1)
    Preference.objects.bulk_create(
        Preference(person=each, kind="order", mail="now", mail_since=since) for each in everybody
    )
    with CaptureQueriesContext(connection) as telling:
        notify(everybody[0], "order", "Tea")
    assert len(telling) <= 8
    at = timezone.now() - timedelta(minutes=1)
    Alert.objects.bulk_create(Alert(audience=f"user.{each.pk}", kind="order", title="Tea", at=at) for each in everybody)
    with CaptureQueriesContext(connection) as looking:
        found = alerts_mail.due()
    assert (len(found), len(looking) <= 10) == (1000, True)


class Away(EmailBackend):
    """A mail server that refuses what it is told to."""

    error = None

    def send_messages(self, messages):
        if self.error:
            raise self.error
        return super().send_messages(messages)


@pytest.fixture
def server(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.Away"
    clock = [1000.0]
    monkeypatch.setattr(alerts_mail.time, "monotonic", lambda: clock[0])
    yield clock
    Away.error = None


def look():
    alerts_mail.send_due_mail()
    with alerts_mail._sending:
        pass


def test_while_the_server_is_away_it_is_tried_with_growing_waits_logged_once_and_nothing_is_lost(
    chosen, ann, server, log_lines
):
    chosen(ann, order=NOW)
    notify(ann, "order", "Tea")
    passes(minutes=1)
    Away.error = ConnectionRefusedError("nobody there")
    tries = []
    for _ in range(3600):
        server[0] += 1
        before = alerts_mail._next_look
        look()
        if alerts_mail._next_look != before:
            tries.append(server[0])
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert gaps[:4] == [20, 40, 80, 160]
    assert len(tries) < 12
    assert len(log_lines) == 1
    assert "nobody there" in alerts_mail.mail_problem()
    assert not Mark.objects.exclude(mailed=None).exists()
    Away.error = None
    server[0] += 3600
    look()
    assert [each.subject for each in mail.outbox] == ["Tea"]
    assert alerts_mail.mail_problem() == ""
    assert len(log_lines) == 2
    server[0] += 3600
    look()
    assert len(mail.outbox) == 1


def test_an_address_that_is_refused_is_tried_again_unless_it_is_for_good_and_holds_up_nobody(
    chosen, ann, sue, server, monkeypatch
):
    chosen(order=NOW)
    notify([ann, sue], "order", "Tea")
    passes(minutes=1)

    def refuse(self, messages):
        if "ann" in messages[0].to[0]:
            raise smtplib.SMTPRecipientsRefused({messages[0].to[0]: (code, b"no")})
        return EmailBackend.send_messages(self, messages)

    monkeypatch.setattr(Away, "send_messages", refuse)
    code = 450
    for _ in range(20):  # in another order each time
        look()
        server[0] += 3601
    assert [each.to for each in mail.outbox] == [["sue@example.org"]]
    assert Mark.objects.filter(person=ann, mailed=None).exists()
    code = 550
    look()
    assert Mark.objects.filter(person=ann).exclude(mailed=None).exists()
    assert alerts_mail.mail_problem() == ""


def test_what_two_processes_claim_at_once_one_of_them_gets(chosen, ann):
    chosen(ann, order=NOW)
    for n in range(3):
        notify(ann, "order", f"Tea {n}")
    passes(minutes=1)
    one = alerts_mail.due()
    other = alerts_mail.due()
    for waiting in (one, other):
        for person, alerts in waiting:
            alerts_mail.send(person, alerts, EmailBackend())
    assert len(mail.outbox) == 1


def test_the_processes_that_run_jobs_send_it_through_a_mail_server_which_may_be_away(chosen, ann, settings, log_lines):
    chosen(ann, order=NOW)
    notify(ann, "order", "Tea")
    passes(minutes=1)
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1"
    settings.EMAIL_PORT = free_port()
    runner.looked.send_robust(sender=None)
    with alerts_mail._sending:
        assert "ConnectionRefusedError" in alerts_mail.mail_problem()
    assert (len(log_lines), Mark.objects.exists()) == (1, False)
    settings.EMAIL_BACKEND, alerts_mail._next_look = "django.core.mail.backends.locmem.EmailBackend", 0.0
    runner.looked.send_robust(sender=None)
    with alerts_mail._sending:
        assert [each.subject for each in mail.outbox] == ["Tea"]


def test_no_mail_without_an_address_of_the_site_or_with_a_backend_that_sends_none(chosen, ann, settings):
    chosen(ann, order=NOW)
    notify(ann, "order", "Tea")
    passes(minutes=1)
    settings.SITE_URL = ""
    look()
    settings.SITE_URL = "https://chat.example.org"
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    look()
    assert not Mark.objects.exclude(mailed=None).exists()


SENDER = """
import django
django.setup()
from alerts import mail
due = mail.due()
print("ready", flush=True)
input()
mail.due = lambda *people: [each for each in due if not people or each[0].pk in people]
mail.send_all()
"""


@pytest.mark.faults
def test_processes_that_send_at_the_same_time_send_nothing_twice_and_leave_nothing_out(tmp_path):
    people = get_user_model()
    people.objects.bulk_create(people(username=f"p{n}", email=f"p{n}@example.org") for n in range(60))
    everybody = list(people.objects.filter(username__startswith="p"))
    since, at = timezone.now() - timedelta(days=1), timezone.now() - timedelta(minutes=1)
    for each in everybody:
        Preference.objects.create(person=each, kind="order", mail="now", mail_since=since)
        for n in range(5):
            Alert.objects.create(audience=f"user.{each.pk}", kind="order", title=f"Tea {n} of {each.pk}", at=at)
    env = surroundings(
        PYTHONPATH=f"{ROOT}:{ROOT / 'site'}",
        DJANGO_SETTINGS_MODULE="config.settings",
        DATABASE_URL=database(),
        PARLOUR_VAR=str(tmp_path),
        EMAIL_BACKEND="django.core.mail.backends.console.EmailBackend",
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    senders = [subprocess.Popen([sys.executable, "-c", SENDER], env=env, **pipes) for _ in range(3)]
    for sender in senders:
        assert sender.stdout.readline() == "ready\n"
    for sender in senders:
        sender.stdin.write("\n")
        sender.stdin.flush()
    told = "".join(sender.communicate(timeout=60)[0] for sender in senders)
    for each in everybody:
        assert [told.count(f"\nTea {n} of {each.pk}\n") for n in range(5)] == [1] * 5
    assert [sender.returncode for sender in senders] == [0, 0, 0]

"""What is wrong is one alert, whoever looks, until it is over; who may operate the site is told."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from alerts.bell import bells
from alerts.forms import PreferencesForm
from alerts.models import Alert
from monitoring.models import Process
from monitoring.problems import HOLD, dismiss, look

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_process_that_does_not_report_is_told_once_however_many_look(report, told):
    report("web one", age=21)
    report("web two")
    for _ in range(3):
        look()
    assert told() == ["Dead: web one"]
    assert Alert.objects.count() == 1


def test_one_that_reports_again_resolves_its_alert(report, told):
    process = report("web one", age=21)
    look()
    process.seen = report("web two").seen
    process.save()
    look()
    assert told() == []
    assert Alert.objects.get().resolved


def test_a_process_that_is_started_again_takes_the_place_of_the_dead_one(report, told):
    report("web one", age=21, started=100)
    look()
    assert told() == ["Dead: web one"]
    report("web one", started=1)
    look()
    assert told() == []
    assert Process.objects.filter(ended=None).count() == 1


def test_an_older_one_of_the_same_name_does_not_take_its_place(report, told):
    report("worker", age=21, started=100)
    report("worker", started=90)
    look()
    assert told() == ["Dead: worker"]


def test_one_that_reported_its_end_or_was_dismissed_is_not_missed(report, told):
    process = report("web one", age=21)
    look()
    dismiss(process.pk)
    look()
    assert told() == []


@pytest.mark.parametrize(
    ("event", "title"),
    [
        ("hints_lost", "Hints get lost"),
        ("queue_overflows", "A page fell behind"),
        ("database", "The database was away"),
    ],
)
def test_what_happened_is_told_for_some_minutes(report, told, event, title):
    process = report("web one", **{f"{event}_ago": 3})
    report("web two", **{f"{event}_ago": 3})
    look()
    assert told() == [title]
    Process.objects.exclude(pk=process.pk).delete()
    process.counts[f"{event}_ago"] += HOLD
    process.save()
    look()
    assert told() == []


def test_mail_does_not_go_out_as_long_as_one_process_says_so(report, told):
    process = report("worker", mail="SMTPServerDisconnected: gone")
    report("web one", mail="")
    look()
    assert told() == ["Mail does not go out"]
    assert "worker: SMTPServerDisconnected: gone." in Alert.objects.get().body
    process.counts["mail"] = ""
    process.save()
    look()
    assert told() == []


def test_a_redis_is_away_as_long_as_one_process_says_so(report, told):
    cut_off, fine = report("web one", redis="no answer from Redis 2 of 2"), report("web two")
    look()
    assert told() == ["Redis is away"]
    fine.save()
    look()
    assert told() == ["Redis is away"]
    cut_off.counts["redis"] = "ok"
    cut_off.save()
    look()
    assert told() == []


def test_rows_of_processes_that_ended_are_deleted_after_an_hour(report):
    gone, recent = report("web one", age=4000), report("web two", age=100)
    for each in (gone, recent):
        each.ended = each.seen
        each.save()
    look()
    assert list(Process.objects.all()) == [recent]


def test_staff_with_the_permission_are_told_and_nobody_else(report, sam, sue, ann):
    opal = get_user_model().objects.create_user("opal", is_staff=True)
    once = get_user_model().objects.create_user("once")
    permission = Permission.objects.get(content_type__app_label="monitoring", codename="operate")
    for each in (opal, once):
        each.user_permissions.add(permission)
    report("web one", age=21)
    look()
    told = {person.username: bells([person.pk])[person.pk].unseen for person in (sam, opal, once, sue, ann)}
    asked = {person.username for person in (sam, opal, once, sue, ann) if "problem" in PreferencesForm(person).fields}
    assert asked == {"sam", "opal"}
    assert told == {"sam": 1, "opal": 1, "once": 0, "sue": 0, "ann": 0}

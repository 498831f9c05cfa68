"""notify: what it takes, what it refuses, how much it writes."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts import Role, notify, resolve
from alerts.bell import bells
from alerts.models import Alert, AlertQuerySet, Mark
from parlour.models import read_heads

pytestmark = pytest.mark.django_db


def test_an_address_of_ours_or_of_the_web_is_taken_and_any_other_refused_loudly(ann):
    for url in ("", "/", "/shop/?a=b#c", "https://example.org/x", "http://example.org"):
        notify(ann, "order", "Order", url=url)
        assert Alert.objects.latest("pk").url == url
    refused = ["javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x", "ftp://x.example", "https:", "https:///x"]
    refused += ["//evil.example", "/\\evil.example", "shop/", " /shop/", "/a\nb", "/" + "x" * 500]
    for url in refused:
        with pytest.raises(ValueError, match="http"):
            notify(ann, "order", "Order", url=url)
    assert Alert.objects.count() == 5


def test_an_alert_has_a_title_a_kind_and_somebody_who_is_meant(ann):
    for title in ("", "  ", "\u200b\u202e"):
        with pytest.raises(ValueError, match="title"):
            notify(ann, "order", title)
    with pytest.raises(ValueError, match="kind"):
        notify(ann, "", "Order")
    with pytest.raises(ValueError, match="no role"):
        notify(Role("stuff"), "order", "Order")
    with pytest.raises(TypeError):
        notify(5, "order", "Order")
    notify(ann, "order", "Or\u202eder\x00 one")
    assert Alert.objects.get().title == "Order one"


def test_a_role_of_many_costs_one_row_and_many_bells_as_many_queries_as_one(sue, django_assert_num_queries):
    people = get_user_model()
    people.objects.bulk_create(people(username=f"staff{n}", is_staff=True) for n in range(100))
    for n in range(5):
        notify(Role("staff"), "order", f"Order {n}")
    assert Alert.objects.count() == 5
    assert not Mark.objects.exists()
    everybody = list(people.objects.values_list("pk", flat=True))
    with CaptureQueriesContext(connection) as alone:
        bells(everybody[:1])
    with django_assert_num_queries(len(alone)):
        found = bells(everybody)
    assert {bell.unseen for bell in found.values()} == {5}


def test_the_same_key_about_the_same_is_told_once(ann, ben):
    for _ in range(3):
        notify(ann, "import", "Import finished", key="import", about=ben)
    assert Alert.objects.count() == 1
    ben.delete()
    assert not Alert.objects.open().exists()
    assert bells([ann.pk])[ann.pk].unseen == 0


def test_nobody_is_alerted_of_their_own_act_unless_they_are_named(ann, sue):
    def unseen(person):
        return bells([person.pk])[person.pk].unseen

    notify(Role("staff"), "order", "{actor} ordered", actor=sue)
    assert unseen(sue) == 0
    notify(Role("staff"), "order", "{actor} ordered", actor=ann)
    assert unseen(sue) == 1
    notify(sue, "order", "We have your order", actor=sue)
    notify([ann, sue], "order", "Shared", actor=sue)
    assert (unseen(ann), unseen(sue)) == (1, 3)


def test_alerts_migrate_in_a_project_without_jobs():
    migrations = MigrationLoader(None).disk_migrations
    others = {
        app for (label, _), each in migrations.items() if label == "parlour_alerts" for app, _ in each.dependencies
    }
    assert "parlour_jobs" not in others


def test_a_name_is_nobody_who_can_be_alerted():
    with pytest.raises(TypeError, match="'ann' cannot be alerted"):
        notify("ann", "order", "Tea")


def test_an_alert_to_nobody_is_none():
    notify([], "order", "Tea")
    notify(get_user_model().objects.none(), "order", "Tea")
    assert not Alert.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_comes_while_others_are_resolved_is_left_to_the_next_time_or_its_bells_are_told(ann, ben, monkeypatch):
    notify(ann, "order", "First", key="tea")
    update = AlertQuerySet.update

    def late(alerts, **values):
        Alert.objects.create(audience=f"user.{ben.pk}", kind="order", title="Second", key="tea", at=timezone.now())
        return update(alerts, **values)

    monkeypatch.setattr(AlertQuerySet, "update", late)
    before = read_heads([f"user.{ben.pk}"])
    resolve(kind="order", key="tea")
    assert Alert.objects.open().filter(title="Second").exists() or read_heads(before) != before
    assert not Alert.objects.open().filter(title="First").exists()


@pytest.mark.django_db(transaction=True)
def test_somebody_who_was_deleted_while_they_read_keeps_nobody_from_being_told(ann, sue):
    gone = ann.pk
    ann.delete()
    notify(Role("staff"), "order", "Tea", read_by=[gone, sue.pk])
    assert Mark.objects.get().person == sue

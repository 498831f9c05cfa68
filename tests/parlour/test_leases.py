"""Leases: what holds as long as somebody says so."""

import pytest

from parlour import heads, leases
from parlour.models import Lease

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("hurried")]
SEAT, OTHER = ("kettle", "ann"), ("kettle", "ben")


def run_out(**which):
    Lease.objects.filter(**which).update(expires="2001-01-01T00:00Z")


def test_a_lease_holds_until_it_runs_out():
    leases.take("one", [SEAT])
    assert leases.living("kettle").count() == 1
    assert leases.living("teapot").count() == 0
    assert leases.living().count() == 0
    run_out()
    assert leases.living("kettle").count() == 0


def test_taking_what_one_has_renews_it_and_makes_no_second():
    leases.take("one", [SEAT])
    run_out()
    leases.take("one", [SEAT])
    assert leases.living("kettle").count() == Lease.objects.count() == 1


def test_each_process_holds_and_gives_up_its_own():
    leases.take("one", [SEAT])
    leases.take("other", [SEAT])
    leases.give_up("one", [SEAT])
    assert leases.living("kettle").get().process == "other"


def test_a_renewal_renews_all_and_says_whether_something_was_gone():
    leases.take("one", [SEAT, OTHER])
    run_out()
    assert leases.renew("one", [SEAT, OTHER])
    assert leases.living("kettle").count() == 2
    Lease.objects.filter(holder="ben").delete()
    assert not leases.renew("one", [SEAT, OTHER])
    assert leases.renew("nobody", [])


def test_what_ran_out_is_swept_by_anybody_and_its_place_moves():
    leases.take("dead", [SEAT])
    leases.take("one", [("teapot", "ann")])
    run_out(process="dead")
    before = heads.read(["kettle", "teapot"])
    leases.swept()
    assert Lease.objects.get().process == "one"
    after = heads.read(["kettle", "teapot"])
    assert after["kettle"] > before["kettle"]
    assert after["teapot"] == before["teapot"]

"""Leases: what holds as long as somebody says so."""

import pytest

from parlour import Lease
from parlour.models import read_heads
from parlour.presence import sweep

pytestmark = pytest.mark.django_db(transaction=True)
SEAT, OTHER = ("kettle", "ann"), ("kettle", "ben")


def run_out(**which):
    Lease.objects.filter(**which).update(expires="2001-01-01T00:00Z")


def living(*names):
    return Lease.objects.living(*names).count()


def test_a_lease_holds_until_it_runs_out_and_taking_it_again_makes_no_second():
    Lease.objects.take("one", [SEAT])
    assert (living("kettle"), living("teapot"), living()) == (1, 0, 0)
    run_out()
    assert living("kettle") == 0
    Lease.objects.take("one", [SEAT])
    assert living("kettle") == Lease.objects.count() == 1


def test_each_process_holds_and_gives_up_its_own():
    Lease.objects.take("one", [SEAT])
    Lease.objects.take("other", [SEAT])
    Lease.objects.give_up("one", [SEAT])
    assert Lease.objects.living("kettle").get().process == "other"


def test_a_renewal_renews_all_and_says_whether_something_was_gone():
    Lease.objects.take("one", [SEAT, OTHER])
    run_out()
    assert Lease.objects.renew("one", [SEAT, OTHER])
    assert living("kettle") == 2
    Lease.objects.filter(holder="ben").delete()
    assert not Lease.objects.renew("one", [SEAT, OTHER])
    assert Lease.objects.renew("nobody", [])


def test_what_ran_out_is_swept_by_anybody_and_its_stream_moves():
    Lease.objects.take("dead", [SEAT])
    Lease.objects.take("one", [("teapot", "ann")])
    run_out(process="dead")
    before = read_heads(["kettle", "teapot"])
    sweep()
    assert Lease.objects.get().process == "one"
    after = read_heads(["kettle", "teapot"])
    assert after["kettle"] > before["kettle"]
    assert after["teapot"] == before["teapot"]

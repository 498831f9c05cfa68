"""Token buckets: so many at once, so many a second. Sockets: so many a person, so many an address."""

import pytest

from parlour import limits
from parlour.limits import KEPT, Bucket, network, rate_limit
from tests.parlour.recording_page import RecordingPage


@pytest.fixture
def clock(monkeypatch):
    """clock.now is the time in seconds."""

    class Clock:
        now = 100.0
        monotonic = staticmethod(lambda: Clock.now)

    monkeypatch.setattr(limits, "time", Clock)
    return Clock


def taken(bucket, tries):
    return sum(bucket.take() for _ in range(tries))


def test_a_full_bucket_gives_so_many_at_once_and_fills_again_at_its_rate_up_to_its_size(clock):
    bucket = Bucket("10/40")
    assert taken(bucket, 100) == 40
    clock.now += 1.55
    assert taken(bucket, 100) == 15
    clock.now += 3600
    assert taken(bucket, 100) == 40


def test_a_burst_may_run_into_debt_and_is_then_paid_back(clock):
    bucket = Bucket("10/40")
    assert bucket.take(100)
    clock.now += 6
    assert not bucket.take()
    clock.now += 0.2
    assert bucket.take()


def test_one_persons_pages_and_one_network_share_a_bucket_and_nobody_elses(clock):
    assert taken(rate_limit("say", 1, "1/2"), 1) + taken(rate_limit("say", 1, "1/2"), 2) == 2
    assert rate_limit("say", 2, "1/2").take()
    assert rate_limit("other", 1, "1/2").take()
    assert rate_limit("guest", "2a00:1450::1", "1/1").take()
    assert not rate_limit("guest", "2a00:1450::2", "1/1").take()
    assert rate_limit("guest", "2a00:1450:0:1::1", "1/1").take()


def test_buckets_that_are_full_again_are_forgotten_and_no_others(clock, monkeypatch):
    sweeps, sweep = [], limits._sweep
    monkeypatch.setattr(limits, "_sweep", lambda: sweeps.append(1) or sweep())
    assert taken(rate_limit("say", "ann", "0.001/2"), 3) == 2
    for n in range(KEPT + 10):
        rate_limit("say", n, "1/2").take()
    assert len(sweeps) == 1, "it is not looked again at every call while there are none"
    clock.now += 5
    limits._sweep()
    assert list(limits._shared) == [("say", "ann")]
    assert not rate_limit("say", "ann", "0.001/2").take()


@pytest.mark.parametrize(
    ("address", "shared"),
    [
        ("198.41.0.4", "198.41.0.4"),
        ("::ffff:198.41.0.4", "198.41.0.4"),
        ("2a00:1450:0:1::1%eth0", "2a00:1450:0:1::/64"),
        ("unix:", "unix:"),
    ],
)
def test_one_client_has_one_network(address, shared):
    assert network(address) == shared


class From(RecordingPage):
    """A page from an address."""

    def __init__(self, person=None, address="198.41.0.4"):
        super().__init__(person)
        consumer = self.consumer

        class Addressed(consumer):
            def __init__(self, scope, send):
                super().__init__({**scope, "client": [address, 5000]}, send)

        self.consumer = Addressed


async def is_turned_away(page, words):
    async with page:
        await page.ends(4029)
        assert f"{words}. Close some; this page will try again soon." in page.document.text()
        assert 'id="room-lobby-hb"' not in "".join(page.frames)  # the painted beat stays, and the watchdog with it


@pytest.mark.django_db(transaction=True)
async def test_a_person_holds_so_many_sockets_behind_a_proxy_too_and_others_theirs(ann, ben, lobby, conf):
    conf(PERSON_SOCKETS=2)
    async with From(ann) as one, From(ann, "127.0.0.1") as two:
        await is_turned_away(From(ann, ""), "very many pages open")
        async with From(ben) as bens:
            for page in (one, two, bens):
                await page.stays(0)
    assert not limits._open
    async with From(ann) as later:
        await later.stays(0)


@pytest.mark.django_db(transaction=True)
async def test_all_sockets_of_one_person_draw_from_one_bucket_and_others_from_theirs(ann, ben, lobby, conf):
    conf(FRAME_RATE="0.001/20")
    async with From(ann) as one, From(ann, "127.0.0.1") as two, From(ben) as bens:
        for page in (one, two) * 10:
            await page.send(kind="typing")
        await two.ends(4029)
        await bens.stays()
    async with From(address="127.0.0.1") as one, From(address="127.0.0.1") as two:
        for _ in range(15):
            await one.send(kind="typing")
            await two.send(kind="typing")
        await one.stays()
        await two.stays()


@pytest.mark.django_db(transaction=True)
async def test_those_who_are_nobody_are_counted_by_their_network(ann, lobby, conf):
    conf(ADDRESS_SOCKETS=1)
    async with From(), From(address="2a00:1450::1") as one:
        await is_turned_away(From(), "open from where you are")
        await is_turned_away(From(address="2a00:1450::2"), "open from where you are")
        async with (
            From(ann) as anns,
            From(address="198.41.0.5") as other,
            From(address="2a00:1450:0:1::1") as next_door,
        ):
            for page in (one, anns, other, next_door):
                await page.stays(0)


@pytest.mark.django_db(transaction=True)
async def test_a_proxys_address_is_nobodys(lobby, conf):
    conf(ADDRESS_SOCKETS=1)
    for address in ("127.0.0.1", "10.0.0.1", "fd00::1", "unix:"):
        async with From(None, address) as one, From(None, address) as two:
            await one.stays(0)
            await two.stays(0)

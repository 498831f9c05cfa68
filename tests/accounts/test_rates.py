"""How many may come from one address: over all processes, and in each while Redis is away."""

import pytest

from accounts.rates import allows
from config import environment
from e2e.support.redis import Redis
from parlour import limits

SLOW = "0.001/5"  # five now, and the next in a quarter of an hour


@pytest.fixture
def redis(tmp_path, settings):
    redis = Redis(tmp_path)
    settings.CACHES = {"default": environment.counts([]), "rates": environment.counts([redis.url()])}
    yield redis
    redis.kill()


def process(monkeypatch):
    """From now on we are a process that has counted nothing."""
    monkeypatch.setattr(limits, "_shared", {})


def test_several_processes_count_together(redis, monkeypatch):
    for _ in range(5):
        process(monkeypatch)
        assert allows("guest", "192.0.2.7", SLOW)
    process(monkeypatch)
    assert not allows("guest", "192.0.2.7", SLOW)
    assert allows("guest", "192.0.2.8", SLOW)
    assert allows("sign-up", "192.0.2.7", SLOW)
    for number in range(6):  # the addresses of one client
        process(monkeypatch)
        assert allows("guest", f"2001:db8::{number}", SLOW) is (number < 5)
    assert allows("guest", "2001:db8:0:1::9", SLOW)


def test_without_redis_each_process_counts_alone(redis, monkeypatch):
    redis.kill()
    process(monkeypatch)
    assert [allows("guest", "192.0.2.9", SLOW) for _ in range(6)] == [True] * 5 + [False]


def test_addresses_of_ipv4_that_come_by_a_socket_of_ipv6_are_told_apart(redis, monkeypatch):
    for number in range(6):
        process(monkeypatch)
        assert allows("guest", f"::ffff:192.0.2.{number}", SLOW)

"""When a patch stays off, and what is known of a socket of an unknown server."""

from functools import partial
from importlib import import_module

import pytest

from parlour.contrib import abort, patching, write_backlog

MODULES = [
    f"parlour.contrib.{server}.{name}" for server in ("daphne", "uvicorn") for name in ("patches", "http_patches")
]
PATCHES = [patch for name in MODULES for patch in import_module(name).PATCHES]


class Server:
    """A release that has `start`, and whose instances have a `port`."""

    def start(self):
        self.port = 8000


def target(*names):
    return " ".join((f"{__name__}:Server", *names))


@pytest.fixture
def applied():
    """What patches were called with."""
    return []


def patch(applied, *targets):
    return patching.requires(*targets)(lambda *owners: applied.append(owners))


def test_a_patch_is_applied_once_to_the_classes_it_requires(applied, caplog):
    whole = patch(applied, target("start", ".port"), "asyncio:Queue _get")
    patching.apply([whole])
    patching.apply([whole])
    assert [[owner.__name__ for owner in owners] for owners in applied] == [["Server", "Queue"]]
    assert not caplog.records


def test_a_patch_that_misses_something_stays_off_and_says_so_once(applied, caplog):
    for missing in (target("stop"), target("port"), target(".host"), "no.such.server:Server start"):
        caplog.clear()
        lacking = patch(applied, target("start"), missing)
        patching.apply([lacking])
        patching.apply([lacking])
        assert not applied
        assert len(caplog.records) == 1
        assert "is off: this release has no" in caplog.text


def test_every_patch_of_ours_stays_off_without_any_one_of_its_names(applied, caplog, monkeypatch):
    has = patching._has
    for each in PATCHES:
        for name in sorted({name for target in each.targets for name in target.split()[1:]}):
            monkeypatch.setattr(patching, "_has", lambda owner, asked, gone=name: asked != gone and has(owner, asked))
            patching.apply([patch(applied, *each.targets)])
            assert not applied
            assert caplog.records.pop().getMessage().endswith(name)


def test_a_send_of_no_known_server_has_no_backlog_and_cannot_be_dropped(caplog):
    async def send(message): ...

    assert write_backlog(send) == write_backlog(partial(send)) == write_backlog(partial(send, object())) == 0
    abort(send)
    assert "could not be dropped" in caplog.text

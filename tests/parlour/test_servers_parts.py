"""When a part stays off, and what is known of a socket whose server nobody knows."""

from functools import partial

import pytest

from parlour.servers import abort, backlog, daphne, daphne_http, parts, uvicorn, uvicorn_http

PARTS = [*daphne.PARTS, *daphne_http.PARTS, *uvicorn.PARTS, *uvicorn_http.PARTS]


class Server:
    """A release that has `open`, and whose instances have a `door`."""

    def open(self):
        self.door = "open"


def place(*names):
    return " ".join((f"{__name__}:Server", *names))


@pytest.fixture
def fitted():
    """What parts were called with."""
    return []


def part(fitted, *places):
    return parts.needs(*places)(lambda *owners: fitted.append(owners))


def test_a_part_is_fitted_once_with_the_classes_it_needs(fitted, caplog):
    whole = part(fitted, place("open", ".door"), "asyncio:Queue _get")
    parts.fit([whole])
    parts.fit([whole])
    assert [[owner.__name__ for owner in owners] for owners in fitted] == [["Server", "Queue"]]
    assert not caplog.records


@pytest.mark.parametrize("missing", [place("shut"), place("door"), place(".window"), "no.such.server:Server open"])
def test_a_part_that_misses_something_stays_off_and_says_so_once(fitted, caplog, missing):
    lacking = part(fitted, place("open"), missing)
    parts.fit([lacking])
    parts.fit([lacking])
    assert not fitted
    assert len(caplog.records) == 1
    assert "is off: this release has no" in caplog.text


@pytest.mark.parametrize("each", PARTS, ids=lambda each: f"{each.__module__}.{each.__name__}")
def test_every_part_of_ours_stays_off_without_any_one_of_its_names(each, fitted, caplog, monkeypatch):
    has = parts._has
    for name in sorted({name for place in each.needs for name in place.split()[1:]}):
        monkeypatch.setattr(parts, "_has", lambda owner, asked, gone=name: asked != gone and has(owner, asked))
        parts.fit([part(fitted, *each.needs)])
        assert not fitted
        assert caplog.records.pop().getMessage().endswith(name)


def test_a_send_of_no_known_server_has_no_backlog_and_cannot_be_dropped(caplog):
    async def send(message): ...

    assert backlog(send) == backlog(partial(send)) == backlog(partial(send, object())) == 0
    abort(send)
    assert "could not be dropped" in caplog.text

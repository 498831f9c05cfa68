"""The engine's settings with their defaults; a project overrides them in `PARLOUR = {…}`."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed


@dataclass
class Conf:
    """All times are seconds. A rate is "per second/at once", such as "10/40"."""

    BEAT: float = 3.0  # between two heartbeats of a page
    TICK: float = 3.0  # between two checks (±20 %) for what lost hints hid
    ASK_GAP: float = 0.010  # between two asks of one stream, so that a burst shares frames
    HELLO_WITHIN: float = 10.0  # a socket has this long to say hello
    THREADS: int = 6  # that use the database
    LEASE: float = 40.0  # a lease lives this long
    RENEW: float = 15.0  # between two renewals of leases
    RECHECK: float = 30.0  # rights that went without a signal are found within this long
    GRACE: float = 5.0  # somebody may be away this long before having left
    MAX_AGE: float = 6 * 3600.0  # a socket is asked to reconnect after this, up to twice as long
    DRAIN: float = 5.0  # from SIGTERM on sockets are sent to other processes for this long, and pages still answered
    QUEUE_FRAMES: int = 100  # frames that may wait for one socket
    QUEUE_BYTES: int = 512 * 1024  # bytes that may wait for one socket
    FRAME_BYTES: int = 1024 * 1024  # characters of the largest frame a page may send; servers close at as many bytes
    FRAME_RATE: str = "50/200"  # frames from all sockets of one person or public address
    PERSON_SOCKETS: int = 50  # open at once in one process by one person
    ADDRESS_SOCKETS: int = 200  # open at once in one process from one address by people who are not signed in
    GAP: int = 200  # a page that is more rows behind gets a snapshot
    ANSWER_BYTES: int = 192 * 1024  # a larger answer becomes a snapshot, and a snapshot stops at the row beyond it

    HTMX: str = "ours"  # "host": the project loads htmx itself, and {% live_head %} adds the ws extension alone

    def load(self) -> None:
        """Take over the project's values. Raises ImproperlyConfigured for an unknown name or another type."""
        defaults, chosen = asdict(Conf()), dict(getattr(settings, "PARLOUR", {}))
        if unknown := sorted(set(chosen) - set(defaults)):
            raise ImproperlyConfigured(f"PARLOUR knows no {', '.join(unknown)}; it knows {', '.join(defaults)}.")
        for name, value in chosen.items():
            if isinstance(value, str) != isinstance(defaults[name], str):
                raise ImproperlyConfigured(
                    f"PARLOUR's {name} cannot be {value!r}; it is {defaults[name]!r} by default."
                )
        for field in fields(self):
            setattr(self, field.name, chosen.get(field.name, field.default))


conf = Conf()


def _reload(setting: str, **kwargs: Any) -> None:
    if setting == "PARLOUR":
        conf.load()


setting_changed.connect(_reload, dispatch_uid="parlour.conf")

"""The engine's settings, each with its default; a project overrides them in `PARLOUR = {…}`."""

from typing import Any

from django.conf import settings

DEFAULTS: dict[str, Any] = {
    "BEAT": 3.0,  # seconds between two beats of a page's heart
    "TICK": 3.0,  # seconds, ±20 %, between two looks for what lost hints hid
    "ASK_GAP": 0.010,  # seconds between two asks of one stream, so that a burst shares frames
    "HELLO_WITHIN": 10.0,  # seconds a socket may take to say hello
    "THREADS": 6,  # that meet the database
    "LEASE": 40.0,  # seconds a lease lives
    "RENEW": 15.0,  # seconds between two renewals
    "GRACE": 5.0,  # seconds somebody may be away before having left
    "MAX_AGE": 6 * 3600.0,  # seconds after which a socket is asked to come back, up to twice as long
    "OUTBOX_FRAMES": 100,
    "OUTBOX_BYTES": 512 * 1024,
    "FRAME_BYTES": 1024 * 1024,  # characters of the largest frame a page may send; the servers close at as many bytes
    "SAY_RATE": "10/40",  # per person: a second / at once
    "FRAME_RATE": "50/200",  # per socket: a second / at once
    "PERSON_SOCKETS": 50,  # open at once in one process by one person
    "ADDRESS_SOCKETS": 200,  # the same from one address, by those who are nobody
    "GAP": 200,  # rows behind which a page gets a snapshot instead
    "ANSWER_BYTES": 192 * 1024,  # the same in bytes, and the most a snapshot weighs but for its last row
}


class _Conf:
    def __getattr__(self, name: str) -> Any:
        return getattr(settings, "PARLOUR", {}).get(name, DEFAULTS[name])


conf = _Conf()

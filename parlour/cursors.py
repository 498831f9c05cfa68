"""Cursors as pages hold them: `<stream>:<epoch>.<seq>`. The epoch tells a database from its own backups."""

from typing import Any


def written(stream: str, epoch: int, seq: int) -> str:
    """The cursor of a page that saw `stream` up to `seq`."""
    return f"{stream}:{epoch:x}.{seq}"


def read(sent: Any, epoch: int) -> dict[str, int]:
    """What a page has seen, by stream; the least of several. Junk, or another epoch's, is as good as none."""
    seen: dict[str, int] = {}
    for each in [sent] if isinstance(sent, str) else sent if isinstance(sent, list) else []:
        stream, _, rest = each.partition(":")
        its_epoch, _, seq = rest.partition(".")
        if its_epoch == f"{epoch:x}" and seq.isascii() and seq.isdigit() and len(seq) < 19:
            seen[stream] = min(int(seq), seen.get(stream, int(seq)))
    return seen

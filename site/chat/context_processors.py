"""Where a room's unsent text waits while its reader looks at another page.

A boosted link swaps the page's main part. The answer carries empty elements with the old room's ids, outside
that part, and htmx moves what it preserves into them; the room's page takes it back the same way.
"""

import re

from django.http import HttpRequest

from rooms.models import room_key

NOTHING = {"parked": ""}
_ROOM = re.compile(r"/rooms/([a-z0-9-]+)/")


def parked(request: HttpRequest) -> dict[str, str]:
    """`parked` is the key of the room that a boosted request comes from, if it leaves it."""
    htmx = getattr(request, "htmx", None)
    if not htmx or not htmx.boosted:
        return NOTHING
    try:
        left = _ROOM.fullmatch((htmx.current_url_abs_path or "").partition("?")[0])
    except ValueError:  # a header that is no address
        return NOTHING
    return {"parked": room_key(left[1])} if left and left[0] != request.path else NOTHING

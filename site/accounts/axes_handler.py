"""Wrong passwords are counted, and nothing else of the tries is kept: they hold tokens, and may be megabytes."""

from copy import copy
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from django.http import QueryDict


class BareHandler(AxesDatabaseHandler):
    """Counts by name and address in the database, for all processes together."""

    def user_login_failed(self, sender: Any, credentials: dict, request: Any, **kwargs: Any) -> None:
        """Counts a try as if its forms had been empty."""
        bare = copy(request)
        bare.GET = bare.POST = QueryDict()
        super().user_login_failed(sender, credentials, bare, **kwargs)
        request.axes_locked_out = bare.axes_locked_out

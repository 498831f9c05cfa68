"""The application: pages on a pool of threads, sockets on the loop."""

import asyncio
import gc
import os
from typing import Any

from channels.routing import URLRouter
from django.core.wsgi import get_wsgi_application
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
wsgi = get_wsgi_application()

from accounts.tokens import TokenAuthMiddleware  # noqa: E402
from alerts import routing as alerts  # noqa: E402
from chat import urls as chat  # noqa: E402
from config.health import check_redis  # noqa: E402
from http_bridge.wsgi_bridge import Receive, Send, WsgiBridge  # noqa: E402
from jobs import routing as jobs  # noqa: E402
from jobs import runner  # noqa: E402
from monitoring import reporter  # noqa: E402
from notes import urls as notes  # noqa: E402
from parlour import urls as live_parts  # noqa: E402
from parlour.contrib import apply_patches  # noqa: E402
from rooms import routing as rooms  # noqa: E402
from widgets import embed_urls as widgets  # noqa: E402

apply_patches()
gc.freeze()  # all that is loaded stays: a full collection would stop the pages of a busy server for twice as long
runner.start()
reporter.start("web", check_redis)
apps = (live_parts, rooms, alerts, jobs, chat, notes, widgets)
sockets = [pattern for app in apps for pattern in app.websocket_urlpatterns]


async def lifespan(scope: Any, receive: Receive, send: Send) -> None:
    """Completes the server's start and stop; background jobs end before the stop."""
    while True:
        event = await receive()
        if event["type"] == "lifespan.shutdown":
            await asyncio.to_thread(runner.stop)
            await asyncio.to_thread(reporter.stop)
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return


kinds: dict[str, Any] = {
    "http": WsgiBridge(wsgi),
    "websocket": TokenAuthMiddleware(
        URLRouter([*sockets, re_path(r"", live_parts.no_such_socket)])  # type: ignore[arg-type]
    ),
    "lifespan": lifespan,
}


async def application(scope: Any, receive: Receive, send: Send) -> None:
    """The ASGI application that daphne and uvicorn run."""
    await kinds[scope["type"]](scope, receive, send)

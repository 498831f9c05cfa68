"""The ASGI application of a project without one of its own: `ASGI_APPLICATION = "parlour.asgi.application"`.

It serves pages by Django, live parts, and the sockets in `websocket_urlpatterns` of every app's `routing.py`.
An AppConfig's method `serve` is called when the process begins to serve; background jobs start their threads so.
"""

import gc
from importlib import import_module
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import re_path
from django.utils.module_loading import module_has_submodule

http: Any = get_asgi_application()

from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler  # noqa: E402

from parlour.contrib import apply_patches  # noqa: E402
from parlour.send_queue import Send  # noqa: E402
from parlour.urls import no_such_socket, websocket_urlpatterns  # noqa: E402


def routes() -> list[Any]:
    """The sockets of live parts and of all installed apps."""
    names = [app.name for app in apps.get_app_configs() if module_has_submodule(app.module, "routing")]
    modules = [import_module(f"{name}.routing") for name in names]
    return [*websocket_urlpatterns, *(each for m in modules for each in getattr(m, "websocket_urlpatterns", []))]


async def below_script_name(scope: dict[str, Any], receive: Any, send: Send) -> None:
    """The sockets, below the path that the project is mounted on."""
    below = (settings.FORCE_SCRIPT_NAME or scope.get("root_path", "")).rstrip("/")
    await sockets({**scope, "path": scope["path"].removeprefix(below), "root_path": ""}, receive, send)


apply_patches()
gc.freeze()  # all that is loaded stays: a full collection would stop the pages of a busy server for twice as long
for app in apps.get_app_configs():
    if hasattr(app, "serve"):
        app.serve()
if settings.DEBUG and apps.is_installed("django.contrib.staticfiles"):
    http = ASGIStaticFilesHandler(http)
patterns: Any = [*routes(), re_path(r"", no_such_socket)]  # type: ignore[arg-type]
sockets = URLRouter(patterns)
application = ProtocolTypeRouter({"http": http, "websocket": below_script_name})

"""Runs inside the measured checkout, in `manage.py shell`: makes people, sessions and rooms; counts SQL statements.

It must work on old and new trees, so it asks Django for everything and imports nothing of the product.
"""

import datetime
import importlib
import json
from typing import Any

from django import test
from django.apps import apps
from django.conf import settings
from django.contrib import auth
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone


def seed(people: int, *titles: str) -> None:
    """Make rooms open to all, and people with a session each; print their cookies."""
    store = importlib.import_module(settings.SESSION_ENGINE).SessionStore()
    room = next(model for model in apps.get_models() if model.__module__ == "rooms.models" and model.__name__ == "Room")
    until = timezone.now() + datetime.timedelta(days=1)
    keys = []
    with transaction.atomic():
        for title in titles:
            room.objects.create(title=title)
        for number in range(people):
            person = auth.get_user_model()(username=f"bench-{number:04}", password="!")
            person.save()
            held = {auth.SESSION_KEY: str(person.pk), auth.BACKEND_SESSION_KEY: backend(person)}
            held[auth.HASH_SESSION_KEY] = person.get_session_auth_hash()
            keys.append(f"{number:032}")
            store.model.objects.create(session_key=keys[-1], session_data=store.encode(held), expire_date=until)
    print(json.dumps([f"{settings.SESSION_COOKIE_NAME}={key}" for key in keys]))


def backend(person: Any) -> str:
    """The authentication backend that knows people again."""
    for name in settings.AUTHENTICATION_BACKENDS:
        find = getattr(auth.load_backend(name), "get_user", None)
        if find and find(person.pk) == person:
            return str(name)
    raise LookupError("no backend knows people again")


def statements(path: str, cookie: str) -> None:
    """Print how many SQL statements a page takes, once caches are warm."""
    name, _, key = cookie.partition("=")
    client = test.Client(HTTP_HOST="127.0.0.1")
    client.cookies[name] = key
    assert client.get(path).status_code == 200
    with CaptureQueriesContext(connection) as seen:
        client.get(path)
    print(len(seen))

"""Hashing a password takes a quarter of a second of a processor. A crowd at the door must not stop the house."""

import threading
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

AT_ONCE = 2
WAITING = 3  # each holds a thread of the pool while it waits
PATIENCE = 2.0  # seconds
HASHING = ("/accounts/login/", "/accounts/signup/", "/accounts/password/", "/admin/login/", "/admin/password_change/")

_turns = threading.BoundedSemaphore(AT_ONCE)
_places = threading.BoundedSemaphore(AT_ONCE + WAITING)


def in_turn(answer: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: a few passwords at a time are looked at; beyond a short queue the answer is 429, in words."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.method != "POST" or not request.path.startswith(HASHING):
            return answer(request)
        if not _places.acquire(blocking=False):
            return _crowded(request)
        try:
            return _waited(request, answer)
        finally:
            _places.release()

    return middleware


def _waited(request: HttpRequest, answer: Callable[[HttpRequest], HttpResponseBase]) -> HttpResponseBase:
    if not _turns.acquire(timeout=PATIENCE):
        return _crowded(request)
    try:
        return answer(request)
    finally:
        _turns.release()


def _crowded(request: HttpRequest, **_: Any) -> HttpResponseBase:
    return render(request, "crowded.html", status=429)

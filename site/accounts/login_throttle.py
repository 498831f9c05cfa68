"""Limit concurrent password hashing: it takes a quarter of a second of a processor, and others want pages meanwhile."""

from collections.abc import Callable
from threading import BoundedSemaphore

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

AT_ONCE = 2
WITHIN = 6  # hash or wait for their turn; each holds one of the ten threads that answer pages
PATIENCE = 10.0  # seconds
HASHING = tuple(f"/accounts/{name}/" for name in ("login", "signup", "password", "reset", "delete"))
HASHING += ("/admin/login/", "/admin/password_change/")


def limit_hashing(answer: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: a few passwords are hashed at a time, a few more wait; beyond that the answer is 429, in words."""
    places, turns = BoundedSemaphore(WITHIN), BoundedSemaphore(AT_ONCE)

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.method != "POST" or not request.path.startswith(HASHING):
            return answer(request)
        if places.acquire(blocking=False):
            try:
                if turns.acquire(timeout=PATIENCE):
                    try:
                        return answer(request)
                    finally:
                        turns.release()
            finally:
                places.release()
        response = render(request, "too_many_sign_ins.html", status=429)
        response["Retry-After"] = "3"
        return response

    return middleware

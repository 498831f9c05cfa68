"""Hashing a password takes a quarter of a second of a processor. A crowd at the door must not stop the house."""

import threading
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from accounts.addresses import neighbourhood

AT_ONCE = 2
WAITING = 3  # each holds a thread of the pool while it waits
PATIENCE = 2.0  # seconds
HASHING = ("/accounts/login/", "/accounts/signup/", "/accounts/password/", "/admin/login/", "/admin/password_change/")


class Door:
    """Who hashes and who waits, by address: each has one turn and one waiting place, so none takes them all."""

    def __init__(self) -> None:
        self.moved = threading.Condition()
        self.inside: set[str] = set()
        self.waiting: set[str] = set()

    def enter(self, address: str) -> bool:
        """Waits for a turn; False when there is no place to wait, or none came in time."""
        with self.moved:
            if address in self.waiting or len(self.waiting) >= WAITING:
                return False
            self.waiting.add(address)
            came = self.moved.wait_for(lambda: self._free_for(address), PATIENCE)
            self.waiting.remove(address)
            if came:
                self.inside.add(address)
            return came

    def leave(self, address: str) -> None:
        """Gives a turn back."""
        with self.moved:
            self.inside.remove(address)
            self.moved.notify_all()

    def _free_for(self, address: str) -> bool:
        return len(self.inside) < AT_ONCE and address not in self.inside


_door = Door()


def in_turn(answer: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: a few passwords at a time are looked at; beyond a short queue the answer is 429, in words."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.method != "POST" or not request.path.startswith(HASHING):
            return answer(request)
        address = neighbourhood(request.META.get("REMOTE_ADDR", ""))
        if not _door.enter(address):
            return render(request, "crowded.html", status=429)
        try:
            return answer(request)
        finally:
            _door.leave(address)

    return middleware

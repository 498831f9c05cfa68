"""Hashing a password takes a quarter of a second of a processor. A crowd at the door must not stop the house."""

import threading
import time
from collections import deque
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from parlour.limits import network as neighbourhood

AT_ONCE = 2
WAITING = 3  # each holds a thread of the pool while it waits
PATIENCE = 2.0  # seconds
LATELY = 60.0  # seconds
HASHING = ("/accounts/login/", "/accounts/signup/", "/accounts/password/", "/admin/login/", "/admin/password_change/")


class Door:
    """Who hashes and who waits, by address: each has one turn and one waiting place, so none takes them all.

    Whoever had fewer turns LATELY takes the waiting place of whoever had most: a few addresses that keep coming back
    do not close the door to a newcomer.
    """

    def __init__(self) -> None:
        self.moved = threading.Condition()
        self.inside: set[str] = set()
        self.waiting: dict[str, object] = {}
        self.turns: deque[tuple[float, str]] = deque()

    def enter(self, address: str) -> bool:
        """Waits for a turn; False when there is no place to wait, or none came in time."""
        place = object()
        with self.moved:
            self._forget()
            if address in self.waiting or not self._has_room_for(address):
                return False
            self.waiting[address] = place
            self.moved.wait_for(lambda: self.waiting.get(address) is not place or self._free_for(address), PATIENCE)
            if self.waiting.get(address) is not place:
                return False
            came = self._free_for(address)
            del self.waiting[address]
            if came:
                self.inside.add(address)
                self.turns.append((time.monotonic(), address))
            return came

    def leave(self, address: str) -> None:
        """Gives a turn back."""
        with self.moved:
            self.inside.remove(address)
            self.moved.notify_all()

    def _has_room_for(self, address: str) -> bool:
        if len(self.waiting) < WAITING:
            return True
        greediest = max(self.waiting, key=self._had)
        if self._had(address) >= self._had(greediest):
            return False
        del self.waiting[greediest]
        self.moved.notify_all()
        return True

    def _free_for(self, address: str) -> bool:
        return len(self.inside) < AT_ONCE and address not in self.inside

    def _had(self, address: str) -> int:
        return sum(whose == address for _, whose in self.turns)

    def _forget(self) -> None:
        while self.turns and self.turns[0][0] < time.monotonic() - LATELY:
            self.turns.popleft()


_door = Door()


def limit_hashing(answer: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
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

"""Somebody without a browser: plain HTTP with a cookie jar."""

import http.cookiejar
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable
from typing import Any

from . import markup


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


class Answer:
    """What an HTTP request got: `status`, `headers`, `text`."""

    def __init__(self, raw: Any) -> None:
        self.status: int = raw.status
        self.headers = raw.headers
        self.url: str = raw.geturl()
        self.text: str = raw.read().decode(errors="replace")

    @property
    def page(self) -> markup.Node:
        return markup.parse(self.text)


class Visitor:
    """One cookie jar, one address. Redirects are not followed: a story looks at them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.jar = http.cookiejar.CookieJar()
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar), _StayHere())

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask(urllib.request.Request(self.url + path, headers=headers))

    def post(self, path: str, fields: dict[str, str] | Iterable[tuple[str, str]], **headers: str) -> Answer:
        """Post a form; the CSRF token travels by cookie and header, as a careful program does."""
        body = urllib.parse.urlencode(fields if isinstance(fields, dict) else list(fields)).encode()
        return self._ask(urllib.request.Request(
            self.url + path, body, {"Origin": self.url, "X-CSRFToken": self.cookie("csrftoken"), **headers}))

    def cookie(self, name: str) -> str:
        return next((cookie.value or "" for cookie in self.jar if cookie.name == name), "")

    @property
    def cookies(self) -> str:
        """The Cookie header of this visitor."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.jar)

    def sign_in(self, name: str, password: str = "parlour") -> "Visitor":
        """Sign in as one of the demo people."""
        return self._enter("/accounts/login/", {"username": name, "password": password})

    def be_guest(self, name: str) -> "Visitor":
        """Choose a display name at the guests' door."""
        return self._enter("/accounts/guest/", {"display_name": name})

    def _enter(self, path: str, fields: dict[str, str]) -> "Visitor":
        self.get(path)
        answer = self.post(path, fields)
        assert answer.status == 302, f"{path} did not let {fields} in: {answer.status}\n{answer.page.text[:500]}"
        return self

    def _ask(self, request: urllib.request.Request) -> Answer:
        try:
            return Answer(self._open.open(request, timeout=15))
        except urllib.error.HTTPError as error:
            return Answer(error)

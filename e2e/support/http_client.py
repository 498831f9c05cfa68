"""Somebody without a browser: plain HTTP with a cookie jar."""

import http.cookiejar
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable
from typing import Any

from . import forms, markup


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
    def page(self) -> markup.Page:
        return markup.parse(self.text)


class HttpClient:
    """One cookie jar, one address. Redirects are not followed: a story looks at them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.jar = http.cookiejar.CookieJar()
        direct, cookies = urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.jar)
        self._open = urllib.request.build_opener(direct, cookies, _StayHere())

    def at(self, url: str) -> "HttpClient":
        """The same person, with the same cookies, at another server of the deployment."""
        there = HttpClient(url)
        for cookie in self.jar:
            there.jar.set_cookie(cookie)
        return there

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask(urllib.request.Request(self.url + path, headers=headers))

    def post(self, path: str, fields: bytes | dict[str, str] | Iterable[tuple[str, str]], **headers: str) -> Answer:
        """Post a form; the CSRF token travels by cookie and header, as a careful program does."""
        if isinstance(fields, bytes):
            body = fields
        else:
            body = urllib.parse.urlencode(fields if isinstance(fields, dict) else list(fields)).encode()
        return self._ask(
            urllib.request.Request(
                self.url + path,
                body,
                {"Origin": self.url, "X-CSRFToken": self.cookie("csrftoken"), **headers},
            )
        )

    def submit(self, path: str, /, **changes: forms.Change) -> Answer:
        """Load a page, change these fields of the form that has them, and send it; it must be accepted."""
        form = forms.form_with(self.get(path).page, changes)
        answer = self.post(form.attrs.get("action") or path, forms.filled(form, changes))
        assert answer.status == 302, f"{path} refused {changes}: {answer.status} {answer.page.text[:500]}"
        return answer

    def cookie(self, name: str) -> str:
        return next((cookie.value or "" for cookie in self.jar if cookie.name == name), "")

    @property
    def cookies(self) -> str:
        """The Cookie header of this client."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.jar)

    def sign_in(self, name: str, password: str = "parlour") -> "HttpClient":
        """Sign in as one of the demo people."""
        self.submit("/accounts/login/", username=name, password=password)
        return self

    def be_guest(self, name: str) -> "HttpClient":
        """Choose a display name as a guest."""
        self.submit("/accounts/guest/", display_name=name)
        return self

    def _ask(self, request: urllib.request.Request) -> Answer:
        try:
            return Answer(self._open.open(request, timeout=15))
        except urllib.error.HTTPError as error:
            return Answer(error)

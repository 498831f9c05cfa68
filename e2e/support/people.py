"""A person at a browser, with a profile of their own and any number of tabs."""

from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext, expect

from .http_client import HttpClient
from .tabs import Tab

PROFILES: dict[str, list[BrowserContext]] = {}  # free ones by their options; what they have cached need not be loaded


def _profile(browser: Browser, options: dict[str, Any]) -> BrowserContext:
    """A new profile, with a page that stays open: all pages of the site then share its process, which takes a while."""
    context = browser.new_context(**options)
    stays = context.new_page()
    stays.route("**/*", lambda route: route.fulfill(content_type="text/html"))
    stays.goto("http://127.0.0.1/")
    return context


class Person(Tab):
    """Somebody with a browser profile of their own; `tab()` opens further pages of the same person."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self._free = PROFILES.setdefault(repr(options), [])
        self.context = self._free.pop() if self._free else _profile(browser, options)
        self.context.set_default_timeout(10_000)
        self.tabs: list[Tab] = []
        super().__init__(self.context.new_page(), url)
        self.tabs.append(self)

    def leave(self) -> None:
        """Close all pages. The next person gets the profile without its cookies."""
        for page in self.context.pages[1:]:
            page.close()
        self.context.clear_cookies()
        self.context.unroute_all()
        self._free.append(self.context)

    def tab(self) -> Tab:
        self.tabs.append(Tab(self.context.new_page(), self.url))
        return self.tabs[-1]

    def sign_in(self, name: str) -> Self:
        """Be signed in as one of the demo people, as by an earlier visit. No page is loaded."""
        for cookie in HttpClient(self.url).sign_in(name).jar:
            self.context.add_cookies([{"name": cookie.name, "value": cookie.value or "", "url": self.url}])
        return self

    def sign_in_by_form(self, name: str, password: str = "parlour") -> Self:
        """Fill in the form of the page that is shown, as one of the demo people."""
        self.page.locator("[name=username]").fill(name)
        self.page.locator("[name=password]").fill(password)
        self.page.locator("main form [type=submit], main form button").first.click()
        expect(self.page.get_by_role("button", name="Sign out")).to_be_attached()
        return self

    def be_guest(self, name: str, room: str = "lobby") -> Self:
        """Come in as a guest under a display name."""
        self.go(f"/accounts/guest/?next=/rooms/{room}/")
        self.page.locator("main form [type=text], main form input:not([type])").first.fill(name)
        self.page.locator("main form button").first.click()
        expect(self.page.locator("section.pl-talk")).to_be_attached()
        return self

    def sign_out(self) -> None:
        """Sign out by the button in the header."""
        self.page.get_by_role("button", name="Sign out").click()
        expect(self.page.get_by_role("link", name="Sign in").first).to_be_attached()

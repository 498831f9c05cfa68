"""Every page is in the language of its reader: at first, on a push, in what its socket says, and when it comes back."""

import pytest
from asgiref.sync import sync_to_async
from django.test import RequestFactory
from django.utils import translation
from django.utils.translation import gettext

from parlour import Consumer, Region, StateStream, live_write
from parlour.regions import page_language
from parlour.testing import Page


class Days(StateStream):
    """Words that Django has in all languages."""

    part = "days"

    def drawn(self, variant, context):
        with translation.override(variant.language):
            return gettext("Monday")

    def extras(self, context):
        return self.ids.inner("extra", gettext("Tuesday"))

    def changes(self, before, now):
        return self.ids.inner("change", gettext("Wednesday"))


class DaysConsumer(Consumer):
    """Anybody's; a frame `date` is answered in one word."""

    @classmethod
    def authorize(cls, person):  # noqa: ARG003
        region = Region("days", "/ws/days/?a=b", "/days/")
        region.streams = [Days("days", region)]
        region.address = gettext("Sunday")
        return region

    async def hear_date(self, fields):
        self.put(self.region.inner("answer", self.region.address + gettext("Friday")))


WORDS = {"de": ("Montag", "Dienstag", "Mittwoch", "Sonntag", "Freitag"), "en": ("Monday", "Tuesday", "Wednesday")}


@live_write
def touch(change):
    change.touch("days")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", ["de", "en"])
async def test_two_readers_of_one_stream_each_get_their_own_language(first, fast_clocks):
    pages = {}
    for language in (first, "en" if first == "de" else "de"):
        with translation.override(language):
            pages[language] = Page(DaysConsumer)
    async with pages["de"] as german, pages["en"] as english:
        for page, words in ((german, WORDS["de"]), (english, WORDS["en"])):
            assert page.document.text().startswith(words[0])
        assert (german.region.socket, english.region.socket) == ("/ws/days/?a=b&language=de", "/ws/days/?a=b")
        await sync_to_async(touch)()
        for page, words in ((german, WORDS["de"]), (english, WORDS["en"])):
            for word in words[:3]:
                await page.receives(word)
        await german.cut()
        await sync_to_async(touch)()
        await german.resume()
        await german.send(kind="date")
        await german.receives("SonntagFreitag")
        assert not any(word in frame for frame in german.frames for word in WORDS["en"])


@pytest.mark.parametrize(
    ("asked", "language"),
    [("", "en"), ("de", "de"), ("de-at", "de"), ("nonsense", "en"), ("x" * 600, "en"), ("\0", "en")],
)
def test_a_socket_takes_only_languages_that_django_knows(asked, language):
    assert page_language(RequestFactory().get("/", {"language": asked})) == language

"""So many sockets a person, so many an address: whoever holds more is told in words, and may come later."""

import pytest

from parlour import limits
from tests.parlour.recording_page import RecordingPage

pytestmark = pytest.mark.django_db(transaction=True)
STRANGER = "198.41.0.4"


class From(RecordingPage):
    """A page from an address."""

    def __init__(self, person=None, address=STRANGER):
        super().__init__(person)
        consumer = self.consumer

        class Addressed(consumer):
            def __init__(self, scope, send):
                super().__init__({**scope, "client": [address, 5000]}, send)

        self.consumer = Addressed


async def is_turned_away(page, words):
    async with page:
        await page.ends(4029)
        assert words in page.document.text()
        assert 'id="room-lobby-hb"' not in "".join(page.frames)  # the painted beat stays, and the watchdog with it


async def test_a_person_holds_so_many_sockets_behind_a_proxy_too_and_others_theirs(ann, ben, lobby, conf):
    conf(PERSON_SOCKETS=2)
    async with From(ann) as one, From(ann, "127.0.0.1") as two:
        await is_turned_away(From(ann, ""), "very many pages open")
        async with From(ben) as bens:
            for page in (one, two, bens):
                await page.stays(0)
    assert not limits._open
    async with From(ann) as later:
        await later.stays(0)


async def test_those_who_are_nobody_are_counted_by_their_network(ann, lobby, conf):
    conf(ADDRESS_SOCKETS=1)
    async with From(), From(address="2a00:1450::1") as one:
        await is_turned_away(From(), "open from where you are")
        await is_turned_away(From(address="2a00:1450::2"), "open from where you are")
        async with (
            From(ann) as anns,
            From(address="198.41.0.5") as other,
            From(address="2a00:1450:0:1::1") as next_door,
        ):
            for page in (one, anns, other, next_door):
                await page.stays(0)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "fd00::1", "unix:"])
async def test_a_proxys_address_is_nobodys(lobby, conf, address):
    conf(ADDRESS_SOCKETS=1)
    async with From(address=address) as one, From(address=address) as two:
        await one.stays(0)
        await two.stays(0)

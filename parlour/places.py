"""Places on pages: several heads may fill one, and a slow answer of one never covers a newer one of another."""

from typing import TYPE_CHECKING

from parlour.streams import Stream

if TYPE_CHECKING:
    from parlour.feed import Listener

Place = tuple[str, str]  # a region's key and a part


def place_of(stream: Stream) -> Place:
    """Where on a page a stream is shown. One head may feed several places, each with markup of its own."""
    return stream.region.key, stream.part


class Places:
    """By which head each place on each page was filled last, and when. What is asked and shown stands in one order."""

    def __init__(self) -> None:
        self.filled: dict[Listener, dict[Place, tuple[str, int]]] = {}
        self.moments = 0

    def moment(self) -> int:
        """A count that only grows."""
        self.moments += 1
        return self.moments

    def enter(self, listener: "Listener") -> None:
        self.filled.setdefault(listener, {})

    def leave(self, listener: "Listener") -> None:
        self.filled.pop(listener, None)

    def fills(self, listener: "Listener", stream: Stream, asked: int) -> bool:
        """Note that `stream` fills its place on a page with what was asked at `asked`.

        False: another head has filled the same place since, perhaps with newer rows, and nothing is noted.
        """
        filled, place = self.filled.get(listener, {}), place_of(stream)
        by, when = filled.get(place, (stream.name, 0))
        if by != stream.name and when > asked:
            return False
        filled[place] = (stream.name, self.moment())
        return True

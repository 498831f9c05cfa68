"""What a look found though no hint had named it: in a sound house, nothing."""

from collections.abc import Mapping


class Found:
    """How far hints and looks say the streams of this process have come."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}
        self.unnamed: dict[str, int] = {}

    def hinted(self, name: str, seq: int) -> None:
        """A hint came, perhaps just after a look."""
        if name in self.known:
            self.known[name] = max(seq, self.known[name])
        if self.unnamed.get(name, seq + 1) <= seq:
            del self.unnamed[name]

    def looked(self, heads: Mapping[str, int]) -> list[str]:
        """Note these heads. Returns what the last look found and no hint has named until now."""
        lost = list(self.unnamed)
        self.unnamed = {name: seq for name, seq in heads.items() if seq > self.known.get(name, seq)}
        self.known = {name: max(seq, self.known.get(name, seq)) for name, seq in heads.items()}
        return lost

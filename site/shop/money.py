"""Money: whole numbers of a currency's smallest unit, and how people write and read them."""

import re
from typing import NamedTuple

_PLAIN = re.compile(r"(\d{1,12})(?:[.,](\d+))?", re.ASCII)
_GROUPED = re.compile(r"(\d{1,3}(?:[,' \u00a0\u202f]\d{3}){1,3})(?:[.,](\d+))?", re.ASCII)


class Unpaid(ValueError):
    """An amount that was not understood or is not taken, with the reason in words."""


class Currency(NamedTuple):
    """`places` are the digits after the point, `most` the largest amount of one order in the smallest unit."""

    code: str
    name: str
    places: int
    most: int

    def written(self, amount: int) -> str:
        """ "1,234.50" for 123450 cents: without the currency, for columns that name it."""
        whole, rest = divmod(amount, 10**self.places)
        return f"{whole:,}.{rest:0{self.places}}" if self.places else f"{whole:,}"

    def read(self, text: str) -> int:
        """The amount that somebody typed, in the smallest unit. Raises Unpaid."""
        if grouped := _GROUPED.fullmatch(text.strip()):
            raise Unpaid(f"Write {self._plainly(*grouped.groups(''))}, without a thousands separator.")
        found = _PLAIN.fullmatch(text.strip())
        if not found:
            raise Unpaid(f"Write it as a number, like {self.example}.")
        whole, rest = found[1], found[2] or ""
        if len(rest) > self.places:
            raise Unpaid(self._too_fine)
        amount = int(whole + rest.ljust(self.places, "0"))
        if not amount:
            raise Unpaid("It has to be more than nothing.")
        if amount > self.most:
            raise Unpaid(f"The most for one order is {self.written(self.most)} {self.code}.")
        return amount

    @property
    def example(self) -> str:
        return "12.50" if self.places else "1250"

    @property
    def _too_fine(self) -> str:
        return f"{self.code} has {self.places or 'no'} digits after the point."

    def _plainly(self, whole: str, rest: str) -> str:
        digits = "".join(filter(str.isdigit, whole))
        return f"{digits}.{rest.ljust(self.places, '0')}" if self.places else digits


CURRENCIES = {
    each.code: each
    for each in (
        Currency("EUR", "Euro", 2, 1_000_000),
        Currency("GBP", "Pound sterling", 2, 1_000_000),
        Currency("USD", "US dollar", 2, 1_000_000),
        Currency("JPY", "Japanese yen", 0, 1_500_000),
    )
}


def written(amount: int, currency: str) -> str:
    """ "1,234.50 EUR" """
    return f"{CURRENCIES[currency].written(amount)} {currency}"

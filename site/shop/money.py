"""Money: whole numbers of a currency's smallest unit, and how people write and read them."""

import re
from typing import NamedTuple

_PLAIN = re.compile(r"(\d{1,12})(?:[.,](\d+))?", re.ASCII)
_GROUPED = re.compile(r"(\d{1,3}(?:[,' \u00a0\u202f]\d{3}){1,3})(?:[.,](\d+))?", re.ASCII)


class InvalidAmount(ValueError):
    """An amount that was not understood or is not accepted, with the reason in words."""


class Currency(NamedTuple):
    """`decimals` is the number of digits after the point, `most` the largest amount of one order (smallest unit)."""

    code: str
    name: str
    decimals: int
    most: int

    def format(self, amount: int) -> str:
        """ "1,234.50" for 123450 cents: without the currency, for columns that name it."""
        whole, rest = divmod(amount, 10**self.decimals)
        return f"{whole:,}.{rest:0{self.decimals}}" if self.decimals else f"{whole:,}"

    def parse(self, text: str) -> int:
        """The amount that somebody typed, in the smallest unit. Raises InvalidAmount."""
        text = text.strip()
        if grouped := _GROUPED.fullmatch(text):
            raise InvalidAmount(f"Write {self._without_separator(*grouped.groups(''))}, without a thousands separator.")
        match = _PLAIN.fullmatch(text.removeprefix("-"))
        if not match:
            raise InvalidAmount(f"Write it as a number, like {'12.50' if self.decimals else '1250'}.")
        whole, rest = match[1], match[2] or ""
        if len(rest) > self.decimals:
            raise InvalidAmount(f"{self.code} has {self.decimals or 'no'} digits after the point.")
        amount = int(whole + rest.ljust(self.decimals, "0"))
        if not amount or text.startswith("-"):
            raise InvalidAmount("It has to be more than nothing.")
        if amount > self.most:
            raise InvalidAmount(f"The most for one order is {self.format(self.most)} {self.code}.")
        return amount

    def _without_separator(self, whole: str, rest: str) -> str:
        digits = "".join(filter(str.isdigit, whole))
        return f"{digits}.{rest.ljust(self.decimals, '0')}" if self.decimals else digits


CURRENCIES = {
    each.code: each
    for each in (
        Currency("EUR", "Euro", 2, 1_000_000),
        Currency("GBP", "Pound sterling", 2, 1_000_000),
        Currency("USD", "US dollar", 2, 1_000_000),
        Currency("JPY", "Japanese yen", 0, 1_500_000),
    )
}


def format_price(amount: int, currency: str) -> str:
    """ "1,234.50 EUR" """
    return f"{CURRENCIES[currency].format(amount)} {currency}"

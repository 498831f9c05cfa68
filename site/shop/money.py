"""Money: whole numbers of a currency's smallest unit, and how people write and read them."""

import re
from typing import NamedTuple

from django.core.exceptions import ValidationError

_AMOUNT = re.compile(r"(-?)(\d{1,12})(?:[.,](\d+))?", re.ASCII)


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
        """The amount that somebody typed, in the smallest unit. Raises ValidationError."""
        match = _AMOUNT.fullmatch(text.strip())
        if not match:
            raise ValidationError(f"Write it as a number, like {'12.50' if self.decimals else '1250'}.")
        minus, whole, rest = match.groups("")
        if len(rest) > self.decimals:
            raise ValidationError(f"{self.code} has {self.decimals or 'no'} digits after the point.")
        amount = int(whole + rest.ljust(self.decimals, "0"))
        if not amount or minus:
            raise ValidationError("It has to be more than nothing.")
        if amount > self.most:
            raise ValidationError(f"The most for one order is {self.format(self.most)} {self.code}.")
        return amount


CURRENCIES = {
    each.code: each
    for each in (
        Currency("EUR", "Euro", 2, 1_000_000),
        Currency("GBP", "Pound sterling", 2, 1_000_000),
        Currency("USD", "US dollar", 2, 1_000_000),
        Currency("JPY", "Japanese yen", 0, 1_500_000),
    )
}

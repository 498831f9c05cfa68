"""Money: whole numbers of a currency's smallest unit, and how people write and read them."""

import re
import unicodedata
from typing import NamedTuple

from django.core.exceptions import ValidationError

# digits, maybe in groups of three between one kind of mark, and a fraction after another kind
_AMOUNT = re.compile(r"(\d{1,12}|[1-9]\d{0,2}(?:([.,' ])\d{3})(?:\2\d{3}){0,3})(?:(?!\2)[.,](\d+))?", re.ASCII)


class Currency(NamedTuple):
    """`decimals` is the number of digits after the point, `most` the largest amount of one order (smallest unit)."""

    code: str
    sign: str
    name: str
    decimals: int
    most: int

    def format(self, amount: int) -> str:
        """ "1,234.50" for 123450 cents: without the currency, for columns that name it."""
        whole, rest = divmod(amount, 10**self.decimals)
        return f"{whole:,}.{rest:0{self.decimals}}" if self.decimals else f"{whole:,}"

    def parse(self, text: str) -> int:
        """The amount that somebody wrote, in the smallest unit: "1234.5", "1.234,50 €", "$1,234.50"; 0 is a gift.

        Raises ValidationError, also for what can be read in two ways.
        """
        match = _AMOUNT.fullmatch(text) or _AMOUNT.fullmatch(self._bare(text))
        if not match:
            raise ValidationError(f"Write it as a number, like {'12.50' if self.decimals else '1250'}.")
        whole, _, rest = match.groups("")
        if re.fullmatch(r"[1-9]\d{0,2}", whole) and len(rest) == 3:  # "1,250"
            if self.decimals:
                raise ValidationError(f"It can be read in two ways. For {whole}{rest} write {whole}{rest}.00.")
            whole, rest = whole + rest, ""
        rest = rest.rstrip("0")
        if len(rest) > self.decimals:
            raise ValidationError(f"{self.code} has {self.decimals or 'no'} digits after the point.")
        amount = int(re.sub(r"\D", "", whole) + rest.ljust(self.decimals, "0"))
        if amount > self.most:
            raise ValidationError(f"The most for one order is {self.format(self.most)} {self.code}.")
        return amount

    def _bare(self, text: str) -> str:
        """The number in `text`, without the sign or code of this currency."""
        text = unicodedata.normalize("NFKC", text).translate({0x2212: "-", 0x2019: "'"}).upper().replace("US$", "$")
        for other in CURRENCIES.values():
            if other is not self and (other.sign in text or other.code in text):
                raise ValidationError(f"It is in {other.code}, and the currency of the order is {self.code}.")
        text = text.replace(self.code, "", 1).replace(self.sign, "", 1).strip()
        if text.startswith(("-", "(")) or text.endswith("-"):
            raise ValidationError("It must not be less than nothing.")
        return text


CURRENCIES = {
    each.code: each
    for each in (
        Currency("EUR", "€", "Euro", 2, 1_000_000),
        Currency("GBP", "£", "Pound sterling", 2, 1_000_000),
        Currency("USD", "$", "US dollar", 2, 1_000_000),
        Currency("JPY", "¥", "Japanese yen", 0, 1_500_000),
    )
}

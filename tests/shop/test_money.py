"""Amounts: read as people write them, refused in words, kept in whole units."""

import pytest
from django.core.exceptions import ValidationError

from shop.money import CURRENCIES

EUR, JPY = CURRENCIES["EUR"], CURRENCIES["JPY"]


@pytest.mark.parametrize(
    ("text", "cents"),
    [("12", 1200), ("12.5", 1250), ("12,50", 1250), (" 0.01 ", 1), ("007", 700), ("10000", 1_000_000)],
)
def test_amounts_that_are_understood_are_written_as_they_were_meant(text, cents):
    assert EUR.parse(text) == cents
    assert EUR.parse(EUR.format(cents).replace(",", "")) == cents


WRONG = ["", "0", "0.00", "-5", "+5", "1e3", "NaN", "1,234.50", "1.234,50", "1,250", "12.505", "12.", ".5", "1 2", "€5"]
WRONG += ["10000.01", "9" * 5000, "٥", "1_000", "0x10", "12\n.5", "\x00"]


@pytest.mark.parametrize("text", WRONG)
def test_amounts_that_are_refused_in_words(text):
    with pytest.raises(ValidationError) as refusal:
        EUR.parse(text)
    assert refusal.value.message.endswith(".")


def test_a_currency_without_cents():
    assert (JPY.parse("1500"), JPY.format(1_234_567)) == (1500, "1,234,567")
    with pytest.raises(ValidationError, match=r"JPY has no digits after the point\."):
        JPY.parse("1500.5")

"""Amounts: read as people write them, refused in words, kept in whole units."""

import pytest
from django.core.exceptions import ValidationError

from shop.money import CURRENCIES

EUR, JPY = CURRENCIES["EUR"], CURRENCIES["JPY"]


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        *(("12", 1200), ("12.5", 1250), ("12,50", 1250), (" 0.01 ", 1), ("007", 700), ("10000", 1_000_000)),
        *(("0.00", 0), ("12.5000", 1250), ("0.500", 50), ("€12.50", 1250), ("12,50 €", 1250), ("EUR 12.50", 1250)),
        *((text, 123450) for text in ("1,234.50", "1.234,50", "1 234,50", "1\u202f234,50", "1’234.50", "€1\xa0234.5")),
    ],
)
def test_amounts_that_are_understood_are_written_as_they_were_meant(text, cents):
    assert EUR.parse(text) == cents
    assert EUR.parse(EUR.format(cents).replace(",", "")) == cents


WRONG = ["", "-5", "−5", "(5.00)", "5-", "-€5", "€-5", "+5", "1e3", "NaN", "1,250", "1.250", "12.505", "12.", ".5"]
WRONG += ["1 2", "1,23,456.00", "1.234.50", "12,34.50", "$5", "5 USD", "€5€", "€", "A5", "1,234,567,890,123"]
WRONG += ["10000.01", "٥", "1_000", "0x10", "12\n.5", "\x00", "9" * 5000]


@pytest.mark.parametrize("text", WRONG)
def test_amounts_that_are_refused_in_words(text):
    with pytest.raises(ValidationError) as refusal:
        EUR.parse(text)
    assert refusal.value.message.endswith(".")


def test_a_currency_without_cents():
    for text in ("1500", "1500.00", "1,500", "1.500", "¥1,500", "￥１５００", "JPY 1500"):
        assert JPY.parse(text) == 1500
    assert JPY.format(1_234_567) == "1,234,567"
    with pytest.raises(ValidationError, match=r"JPY has no digits after the point\."):
        JPY.parse("1500.5")


def test_an_amount_that_names_another_currency_or_can_be_read_in_two_ways_says_so():
    for text, words in (
        ("$28.00", "It is in USD, and the currency of the order is EUR."),
        ("28 usd", "It is in USD, and the currency of the order is EUR."),
        ("1,250", "It can be read in two ways. For 1250 write 1250.00."),
        ("-$5.00", "It is in USD"),
        ("(5.00 €)", "It must not be less than nothing."),
    ):
        with pytest.raises(ValidationError) as refusal:
            EUR.parse(text)
        assert refusal.value.message.startswith(words)
    assert CURRENCIES["USD"].parse("US$1,250.00") == 125_000

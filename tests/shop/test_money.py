"""Amounts: read as people write them, refused in words, kept in whole units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.money import CURRENCIES, InvalidAmount, format_price

EUR, JPY = CURRENCIES["EUR"], CURRENCIES["JPY"]


@pytest.mark.parametrize(
    ("text", "cents"),
    [("12", 1200), ("12.5", 1250), ("12,50", 1250), (" 0.01 ", 1), ("007", 700), ("10000", 1_000_000), ("1.00", 100)],
)
def test_amounts_that_are_understood(text, cents):
    assert EUR.parse(text) == cents


WRONG = ["", " ", "0", "0.00", "-5", "+5", "1e3", "NaN", "Infinity", "1,234.50", "1.234,50", "12.505", "12.", ".5"]
WRONG += ["1 2", "€5", "5 EUR", "10000.01", "9" * 5000, "٥", "５", "1_000", "0x10", "12\n.5", "<b>", "\x00", "1/2"]


@pytest.mark.parametrize("text", WRONG)
def test_amounts_that_are_refused_in_words(text):
    with pytest.raises(InvalidAmount) as refusal:
        EUR.parse(text)
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(
    ("text", "plain"),
    [("1,250", "1250.00"), ("1,250.5", "1250.50"), ("1'250,00", "1250.00"), ("1 234 567", "1234567.00")],
)
def test_a_thousands_separator_is_named_with_the_amount_as_it_is_meant(text, plain):
    with pytest.raises(InvalidAmount) as refusal:
        EUR.parse(text)
    assert str(refusal.value) == f"Write {plain}, without a thousands separator."


def test_a_currency_without_cents():
    assert JPY.parse("1500") == 1500
    with pytest.raises(InvalidAmount, match=r"JPY has no digits after the point\."):
        JPY.parse("1500.5")
    assert format_price(1_234_567, "JPY") == "1,234,567 JPY"


@given(st.sampled_from(sorted(CURRENCIES)), st.integers(min_value=1))
def test_a_formatted_amount_is_parsed_back(code, amount):
    currency = CURRENCIES[code]
    amount = amount % currency.most + 1
    if amount <= currency.most:
        assert currency.parse(currency.format(amount).replace(",", "")) == amount

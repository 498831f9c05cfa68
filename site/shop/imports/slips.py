"""One row of a sheet as an order: by the limits of the form on which orders are written, in its words."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.forms import CharField

from rooms import markup
from shop import money
from shop.forms import OrderForm

LONGEST_REFERENCE = 36  # characters
_FORM: Mapping[str, Any] = OrderForm.base_fields


class Denied(Exception):
    """A row that is no order, with every reason in words."""


class Slip(NamedTuple):
    """What one row orders. `amount` is in the currency's smallest unit; `reference` is the sender's own number."""

    item: str
    currency: str
    amount: int
    note: str
    reference: str


def read(columns: Sequence[str], cells: Sequence[str]) -> Slip:
    """The order that stands in `cells`. Raises Refused."""
    if len(cells) != len(columns):
        raise Denied(f"It has {len(cells):,} values for {len(columns)} columns. One that holds a comma needs quotes.")
    typed = dict(zip(columns, cells, strict=True))
    found: dict[str, Any] = {}
    wrong = []
    for column, reading in _READINGS.items():
        try:
            found[column] = reading(typed.get(column, "").strip(), found)
        except ValueError as why:
            wrong.append(f"{column}: {why}")
    if wrong:
        raise Denied(" ".join(wrong))
    return Slip(**found)


def _item(text: str, found: Mapping[str, Any]) -> str:
    return " ".join(_words(text, _FORM["item"]).split())


def _currency(text: str, found: Mapping[str, Any]) -> str:
    code = text.upper()
    if not code:
        raise ValueError(_FORM["currency"].error_messages["required"])
    if code not in money.CURRENCIES:
        raise ValueError(f"It is “{text[:12]}”, and may be {', '.join(money.CURRENCIES)}.")
    return code


def _amount(text: str, found: Mapping[str, Any]) -> int:
    """Without a currency nobody can say what an amount is; that one is wrong was said already."""
    if not text:
        raise ValueError(_FORM["amount"].error_messages["required"])
    if text.startswith("-"):
        raise money.Unpaid("It has to be more than nothing.")
    return money.CURRENCIES[found["currency"]].read(text) if "currency" in found else 0


def _note(text: str, found: Mapping[str, Any]) -> str:
    return _words(text, _FORM["note"])


def _reference(text: str, found: Mapping[str, Any]) -> str:
    reference = " ".join(_cleaned(text).split())
    if len(reference) > LONGEST_REFERENCE:
        raise ValueError(f"Please keep it to {LONGEST_REFERENCE} characters.")
    return reference


def _words(text: str, box: CharField) -> str:
    if box.required and not text:
        raise ValueError(box.error_messages["required"])
    cleaned = _cleaned(text)
    if box.max_length and len(cleaned) > box.max_length:
        raise ValueError(box.error_messages["max_length"])
    return cleaned


def _cleaned(text: str) -> str:
    try:
        return markup.clean_text(text) if text else ""
    except markup.TextRejected:
        raise ValueError("Use words that can be seen.") from None


_READINGS = {"item": _item, "currency": _currency, "amount": _amount, "note": _note, "reference": _reference}

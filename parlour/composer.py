"""`{% composer "notes" "add" board="tea" %}`: a form for a text that a verb of a part gets, and gets once.

The form posts, with a socket and without one. It is answered with itself: empty if the verb took the text, else with
the text and what is wrong. What is not answered stays in its box.
"""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import CharField
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from parlour.consumer import Malformed
from parlour.live_parts import Arguments, Part, PartRegion


def render(
    request: HttpRequest, part: Part, arguments: Arguments, verb: str, label: str, **answer: object
) -> SafeString:
    """The form. An answer may have the `text` that was refused, the `problem` with it, `back` and `focus`."""
    send = secrets.token_hex(8)  # a repeat has it and the text in common with what was sent first
    context = {"part": f"composer-{verb}", "verb": verb, "label": label, "send": send, **answer}
    return render_to_string("parlour/composer.html", {"region": PartRegion(part, arguments), **context}, request)


def read(person: Any, part: Part, arguments: Arguments, verb: str, fields: Mapping[str, str]) -> tuple[str, str]:
    """The text, and what only its repeats share with it. Raises Malformed, with words for the reader."""
    try:
        text = CharField().clean(fields.get("text", "").replace("\r\n", "\n"))
    except ValidationError as problem:
        raise Malformed(" ".join(problem.messages)) from None
    told = repr((part.head(arguments), verb, str(person.pk), fields["send"], text))
    return text, hashlib.sha256(told.encode()).hexdigest()

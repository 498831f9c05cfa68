"""The system check of what rooms need besides the engine."""

from importlib.util import find_spec
from typing import Any

from django.core.checks import CheckMessage, Error, register

PACKAGES = {"markdown_it": "markdown-it-py", "linkify_it": "linkify-it-py", "nh3": "nh3", "PIL": "pillow"}


@register("parlour")
def check_packages(**_: Any) -> list[CheckMessage]:
    """What makes HTML of messages, and thumbnails of images, is installed."""
    if missing := [name for module, name in PACKAGES.items() if find_spec(module) is None]:
        words = f"Rooms cannot show what is posted: {', '.join(missing)} is not installed."
        return [Error(words, 'pip install "parlour-live[rooms]".', id="parlour.E030")]
    return []

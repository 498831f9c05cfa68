"""The system check of what rooms need besides the engine."""

from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as CheckWarning
from django.core.files.storage import FileSystemStorage, default_storage

PACKAGES = {"markdown_it": "markdown-it-py", "linkify_it": "linkify-it-py", "nh3": "nh3", "PIL": "pillow"}


@register("parlour")
def check_packages(**_: Any) -> list[CheckMessage]:
    """What makes HTML of messages, and thumbnails of images, is installed."""
    if missing := [name for module, name in PACKAGES.items() if find_spec(module) is None]:
        words = f"Rooms cannot show what is posted: {', '.join(missing)} is not installed."
        return [Error(words, 'pip install "parlour-live[rooms]".', id="parlour.E030")]
    return []


@register("parlour", deploy=True)
def check_storage(**_: Any) -> list[CheckMessage]:
    """Files have a place of their own."""
    if settings.MEDIA_ROOT or not isinstance(default_storage, FileSystemStorage):
        return []
    words = "Files that are sent in rooms go into whatever folder the server was started in."
    return [CheckWarning(words, 'MEDIA_ROOT = BASE_DIR / "media", or another default storage.', id="parlour.W032")]

"""Images: measured when they arrive, and written anew before anybody sees them.

Only pixels and the colour profile are kept: not where a picture was taken, and no bytes that another program would run.
"""

import re
from io import BytesIO
from typing import IO, Any, NamedTuple

from django.utils.translation import gettext_lazy as _

PIXELS = 50_000_000  # of all its frames together; one is four bytes in memory
FRAMES = 1000  # of a moving one; each takes a while, however small it is
THUMBNAIL = (640, 480)
TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
_BEGINNING = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n|GIF8|RIFF.{4}WEBP", re.DOTALL)
_KEPT = {"icc_profile", "transparency", "duration"}


class FileRejected(Exception):
    """A file that was not taken, with the reason in its sender's words."""


class Measured(NamedTuple):
    """What an image is, such as "image/png", and its size in pixels."""

    type: str
    width: int
    height: int


def measure(file: IO[bytes]) -> Measured | None:
    """What an image is; None for any other file. Raises FileRejected for one that cannot be shown."""
    file.seek(0)
    if not _BEGINNING.match(file.read(12)):
        return None
    try:
        with _opened(file) as image:
            form, frames, (width, height) = _form(image), _frames(image), image.size
    except Exception as error:  # Pillow raises anything at all for a file that is not what it begins as
        raise FileRejected(_("This image cannot be read.")) from error
    if width * height * frames > PIXELS or frames > FRAMES:
        words = _("This image has too many pixels or frames: {} million and {} are the most.")
        raise FileRejected(words.format(PIXELS // 1_000_000, FRAMES))
    return Measured(TYPES[form], width, height)


def write_anew(file: IO[bytes]) -> tuple[BytesIO, BytesIO, Measured]:
    """The image without anything else that is in its file, upright, and its thumbnail as WebP. Raises FileRejected."""
    from PIL import ImageOps, ImageSequence

    whole, thumbnail = BytesIO(), BytesIO()
    try:
        with _opened(file) as image:
            form = _form(image)
            options: dict[str, Any] = {"quality": 85}
            if _frames(image) > 1:
                image, *others = (_bare(frame.copy()) for frame in ImageSequence.Iterator(image))
                durations = [frame.info.get("duration", 100) for frame in (image, *others)]
                options |= {"save_all": True, "append_images": others, "duration": durations, "loop": 0}
            else:
                ImageOps.exif_transpose(image, in_place=True)
            _bare(image).save(whole, form, **options)
            written = Measured(TYPES[form], *image.size)
            if image.mode.startswith("I"):  # sixteen bits, of which Pillow would show all but the darkest as white
                image = image.point(lambda value: value / 256).convert("L")
            small = image if image.mode == "RGB" else image.convert("RGBA" if image.has_transparency_data else "RGB")
            small.thumbnail(THUMBNAIL)
            small.save(thumbnail, "WEBP")
            return whole, thumbnail, written
    except Exception as error:
        raise FileRejected(_("This image cannot be read.")) from error


def _opened(file: IO[bytes]) -> Any:
    from PIL import Image  # an extra of the wheel: where it is missing `manage.py check` says so

    file.seek(0)
    return Image.open(file, formats=[*TYPES])


def _form(image: Any) -> str:
    """Its format; a JPEG may hold further pictures after its own, of which only programs for cameras know."""
    return "JPEG" if image.format == "MPO" else image.format


def _frames(image: Any) -> int:
    return 1 if image.format == "MPO" else getattr(image, "n_frames", 1)


def _bare(image: Any) -> Any:
    """The same without what its look does not depend on."""
    image.info = {name: value for name, value in image.info.items() if name in _KEPT}
    return image

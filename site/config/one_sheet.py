"""Static files as WhiteNoise keeps them, with one style sheet for the whole site: a page waits for one, not sixteen."""

import re
from collections.abc import Iterator
from posixpath import dirname, join, normpath
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

SHEET = "css/site.css"
IMPORT = re.compile(r'@import "([^"]+)";')
COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)  # a fifth of what a browser waits for


class OneSheetStorage(CompressedManifestStaticFilesStorage):
    """Puts what SHEET imports in the place of its imports, without comments.

    The file without a hash in its name still imports.
    """

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """What `collectstatic` calls with all files, by name, each with its storage and its name there."""

        def read(name: str) -> str:
            storage, path = paths[name]
            with storage.open(path) as file:
                return str(file.read().decode())

        if SHEET in paths and not dry_run:
            joined = InMemoryStorage()
            whole = IMPORT.sub(lambda match: read(normpath(join(dirname(SHEET), match[1]))), read(SHEET))
            joined.save(SHEET, ContentFile(COMMENT.sub("", whole)))
            paths = {**paths, SHEET: (joined, SHEET)}
        yield from super().post_process(paths, dry_run, **options)

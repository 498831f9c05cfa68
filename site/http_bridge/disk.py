"""Free disk space: some stays reserved for whatever must still be written when the disk is nearly full."""

import shutil
from os import PathLike

RESERVE = 256 * 1024**2  # bytes


def writable_bytes(folder: "str | PathLike[str]") -> int:
    """How many bytes may still be written to the disk of `folder`; zero or less when only the reserve is left."""
    return shutil.disk_usage(folder).free - RESERVE

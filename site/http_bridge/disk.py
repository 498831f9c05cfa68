"""The room on the disk: some of it stays free, for whatever must still be written when it is nearly full."""

import shutil
from os import PathLike

RESERVE = 256 * 1024**2  # bytes


def room(folder: "str | PathLike[str]") -> int:
    """How many bytes may still be written to the disk of `folder`; none or fewer when the reserve is all there is."""
    return shutil.disk_usage(folder).free - RESERVE

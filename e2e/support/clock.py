"""The clock of one process, which a story can set wrong while it runs; libfaketime does it."""

import subprocess
from pathlib import Path

from .deployments import ROOT

LIBRARIES = "*/faketime/libfaketimeMT.so.1"  # below /usr/lib, as Debian installs it


class Clock:
    """Start a process with `env`; its wall clock is right until `hours` says otherwise. Its timers always are."""

    def __init__(self, file: Path) -> None:
        found = list(Path("/usr/lib").glob(LIBRARIES))
        if not found:
            subprocess.run([ROOT / "bin" / "need", "faketime"], check=True, capture_output=True)
            found = list(Path("/usr/lib").glob(LIBRARIES))
        self._file = file
        self.env = {
            "LD_PRELOAD": str(found[0]),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # else waits with a limit outlast it, Python's for its lock among them
        }
        self.hours(0)

    def hours(self, ahead: int) -> None:
        """So many hours ahead of the others, or behind."""
        self._file.write_text(f"{ahead:+d}h\n")

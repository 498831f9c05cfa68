#!/usr/bin/env python
"""Django's commands, with `site/` on the path."""

import os
import sys
from pathlib import Path


def main() -> None:
    """Django, from the command line."""
    sys.path.insert(0, str(Path(__file__).resolve().parent / "site"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()

"""Writes to a SQLite file in a loop, as a command beside the server does, until `test_sqlite.py` kills it.

Takes the file; says "ready" once it writes.
"""

import sys
from time import monotonic, sleep

from django.conf import settings

from config.environment import PRAGMAS

options = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": PRAGMAS}
entry = {"ENGINE": "parlour.contrib.sqlite", "NAME": sys.argv[1], "OPTIONS": options}
settings.configure(DATABASES={"default": entry})

import django  # noqa: E402
from django.db import connection, transaction  # noqa: E402

django.setup()

end = monotonic() + 60
while monotonic() < end:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO line (text) VALUES (hex(randomblob(8)))")
        sleep(0.005)  # most of the time it holds the file, and it is back at once
    print("ready", flush=True)

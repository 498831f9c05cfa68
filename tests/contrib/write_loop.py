"""Writes to a SQLite file in a loop, as a command beside the server does. Started by test_sqlite_queue.py.

Takes the file and the seconds; says "ready" once it writes, and at the end how often it wrote.
"""

import sys
from time import monotonic, sleep

from django.conf import settings

from config.environment import PRAGMAS

path, seconds = sys.argv[1], float(sys.argv[2])
options = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": PRAGMAS}
settings.configure(DATABASES={"default": {"ENGINE": "parlour.contrib.sqlite", "NAME": path, "OPTIONS": options}})

import django  # noqa: E402
from django.db import connection, transaction  # noqa: E402

django.setup()

end, count = monotonic() + seconds, 0
while monotonic() < end:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO line (text) VALUES (hex(randomblob(8)))")
        sleep(0.005)  # most of the time it holds the file, and it is back at once
    count += 1
    if count == 1:
        print("ready", flush=True)
print(count, flush=True)

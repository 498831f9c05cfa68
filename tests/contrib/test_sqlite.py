"""On SQLite all writers wait in one queue, in all threads and processes; nobody waits long, nobody is turned away."""

import fcntl
import os
import re
import subprocess
import sys
import threading
from itertools import groupby
from pathlib import Path
from time import monotonic

import pytest
from django.db import IntegrityError, OperationalError, connections, transaction
from django.db.backends.sqlite3.base import DatabaseWrapper as Plain
from django.db.utils import ConnectionHandler

from config.environment import PRAGMAS
from parlour.contrib.sqlite import base

HERE = Path(__file__).parent
LATER = "REFERENCES line DEFERRABLE INITIALLY DEFERRED"
TABLE = f"CREATE TABLE line (id INTEGER PRIMARY KEY, text TEXT UNIQUE, above INTEGER {LATER})"


def execute(statement, values=None):
    with connections["lines"].cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def write(text="NULL"):
    with transaction.atomic("lines"):
        execute(f"INSERT INTO line (text) VALUES ({text})")


@pytest.fixture
def file(tmp_path, django_db_blocker):
    """A database `lines` of the test's own, with an empty table; every thread has its own connection."""
    path = tmp_path / "lines.sqlite3"
    options = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": PRAGMAS}
    entry = {"ENGINE": "parlour.contrib.sqlite", "NAME": str(path), "OPTIONS": options}
    connections.settings["lines"] = ConnectionHandler({"default": entry}).settings["default"]
    with django_db_blocker.unblock():
        execute(TABLE)
        yield path
        for thread in [each for each in threading.enumerate() if each.name == "elsewhere"]:
            thread.join(20)
        connections["lines"].close()
        del connections["lines"], connections.settings["lines"]


def elsewhere(work):
    """Do `work` in a thread with a connection of its own. Returns the thread."""

    def closing():
        try:
            work()
        finally:
            connections["lines"].close()

    thread = threading.Thread(target=closing, name="elsewhere", daemon=True)
    thread.start()
    return thread


def others_can_write(within=10):
    writer = elsewhere(write)
    writer.join(within)
    return not writer.is_alive()


def test_a_writer_waits_for_the_one_before_it(file):
    with transaction.atomic("lines"):
        execute("INSERT INTO line (text) VALUES ('slow')")
        waiting = elsewhere(write)
        waiting.join(0.2)
        assert waiting.is_alive()
    waiting.join(10)
    assert not waiting.is_alive()


def test_a_writer_waits_no_longer_than_its_timeout(file):
    errors = []

    def write_or_note():
        try:
            write()
        except OperationalError as error:
            errors.append(str(error))

    connections.settings["lines"]["OPTIONS"]["timeout"] = 0.1
    with transaction.atomic("lines"):
        execute("INSERT INTO line (text) VALUES ('slow')")
        elsewhere(write_or_note).join(10)
    assert "locked" in errors[0]
    assert others_can_write()


def test_another_process_is_waited_for_no_longer_than_the_timeout_and_a_late_lock_is_released(file):
    options = connections.settings["lines"]["OPTIONS"]
    other = os.open(f"{file}.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(other, fcntl.LOCK_EX)
    options["timeout"] = 0.1
    for _ in range(3):
        with pytest.raises(OperationalError, match=r"locked: a transaction elsewhere has lasted over 0\.1 s"):
            write()
    os.close(other)
    options["timeout"] = 20
    assert others_can_write()
    write()


def test_a_reader_waits_for_nobody(file):
    seen = []
    with transaction.atomic("lines"):
        execute("INSERT INTO line (text) VALUES ('slow')")
        elsewhere(lambda: seen.append(execute("SELECT count(*) FROM line")[0][0])).join(10)
    assert seen == [0]


def test_the_lock_is_released_however_a_transaction_ends(file):
    with pytest.raises(ZeroDivisionError), transaction.atomic("lines"):
        raise ZeroDivisionError
    assert others_can_write(), "after a rollback"
    write("'once'")
    with pytest.raises(IntegrityError):
        write("'once'")
    assert others_can_write(), "after a statement that failed"
    with pytest.raises(IntegrityError), transaction.atomic("lines"):
        execute("INSERT INTO line (above) VALUES (99)")
    assert others_can_write(), "after a commit that failed"
    with transaction.atomic("lines"):
        write()
        write()
        assert not others_can_write(within=0.2), "a savepoint keeps it"
    assert others_can_write()
    with transaction.atomic("lines"):
        execute("INSERT INTO line (text) VALUES ('lost')")
        connections["lines"].close()
    assert others_can_write(), "after the connection was closed in the middle"


def raising(error):
    def cannot(*_):
        raise error

    return cannot


@pytest.mark.parametrize(
    ("owner", "name", "error"),
    [
        (Plain, "_start_transaction_under_autocommit", OperationalError("disk I/O error")),
        (Plain, "_start_transaction_under_autocommit", KeyboardInterrupt()),
        (base.fcntl, "flock", OSError("no locks left")),
    ],
    ids=repr,
)
def test_the_lock_is_released_when_a_transaction_cannot_begin(file, monkeypatch, owner, name, error):
    with monkeypatch.context() as broken:
        broken.setattr(owner, name, raising(error))
        with pytest.raises(type(error)):
            write()
    assert others_can_write()


def test_a_database_in_memory_needs_no_lock(django_db_blocker, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with django_db_blocker.unblock():
        connection = ConnectionHandler({"default": {"ENGINE": "parlour.contrib.sqlite", "NAME": ":memory:"}})["default"]
        connection.ensure_connection()
        connection._start_transaction_under_autocommit()
        connection._rollback()
        connection.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("odd", ["ü", "'", '"', "\\", "\n", "a\0", "%s", 1, 1.0, True, None, b"a"], ids=repr)
@pytest.mark.parametrize("many", [1, 1000])
def test_a_long_list_finds_what_a_short_one_finds(file, odd, many):
    for text in ["a", "ü", "'", '"', "\\", "\n", "%s", "1"]:
        execute("INSERT INTO line (text) VALUES (%s)", [text])
    for condition in ("id > %s AND text IN ({}) AND id < %s", "id > %s AND text NOT IN ({}) AND id < %s"):
        asked = [[0, "1", odd, *(f"other {n}" for n in range(count)), 9] for count in (1, many)]
        short, long = (
            execute(f"SELECT text FROM line WHERE {condition.format(', '.join(['%s'] * (len(values) - 2)))}", values)
            for values in asked
        )
        assert short == long


def test_statements_with_long_lists_are_the_same_however_long_they_are(file):
    seen = set()
    connections["lines"].ensure_connection()
    connections["lines"].connection.set_trace_callback(lambda text: seen.add(re.sub(r"\[.*\]", "", text)))
    for many in range(base.FEW + 1, 100):
        execute(f"SELECT text FROM line WHERE id IN ({', '.join(['%s'] * many)})", [*range(many)])
    assert len(seen) == 1


def test_beside_a_process_that_writes_in_a_loop_all_come_through_and_take_turns(file):
    """Without a queue one of them stands still for seconds while the other goes a hundred times."""
    path = os.pathsep.join([str(HERE.parents[1]), str(HERE.parents[1] / "site")])
    command = [sys.executable, str(HERE / "write_loop.py"), str(file)]
    with subprocess.Popen(command, env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        threads = [elsewhere(lambda: [write() for _ in range(3)]) for _ in range(4)]
        for thread in threads:
            thread.join(20)
        assert execute("SELECT count(*) FROM line WHERE text IS NULL")[0][0] == 12
        [(before,)] = execute("SELECT max(id) FROM line")
        end = monotonic() + 1
        while monotonic() < end:
            write()
        [(after,)] = execute("SELECT max(id) FROM line")
        threading.Timer(0.5, process.kill).start()
        for _ in range(10):  # what needs no transaction of its own is not queued; it must still come through
            execute("INSERT INTO line (text) VALUES (NULL)")
    in_order = [text is None for (text,) in execute(f"SELECT text FROM line WHERE id > {before} AND id <= {after}")]
    runs = [len(list(run)) for _, run in groupby(in_order)][:-1]  # the last one is alone
    assert runs
    assert len(runs) > sum(runs) / 12

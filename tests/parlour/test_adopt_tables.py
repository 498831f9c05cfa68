"""A database whose tables stand under the app labels "alerts", "jobs", "rooms" is taken over by those with a prefix."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.support.postgres import Postgres

ROOT = Path(__file__).parents[2]
AS_BEFORE = """
import sys; from pathlib import Path
import django; django.setup()
from django.core.management import call_command
from django.db import connection, models
from django.db.migrations import AlterField
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

LAST = sys.argv[1:]
call_command("migrate", "shop", "0008", verbosity=0)
call_command("migrate", "auth", verbosity=0)
recorder = MigrationRecorder(connection)
state = MigrationLoader(connection).project_state([("shop", "0008_content_of_imports")])
with connection.schema_editor() as editor:
    def run(label, operation):
        global state
        after = state.clone()
        operation.state_forwards(label, after)
        operation.database_forwards(label, editor, state, after)
        state = after

    for label in "alerts", "jobs", "rooms":
        source = Path(label, "migrations", "0001_initial.py").read_text().replace(f"parlour_{label}", label)
        exec(source, module := {})
        [adopting] = module["Migration"].operations
        for operation in adopting.database_operations:
            run(label, operation)
        for name in adopting.migrations:
            if name not in LAST:
                recorder.record_applied(label, name)
    to_job = models.OneToOneField("jobs.Job", models.CASCADE, primary_key=True, related_name="import_of_orders")
    run("shop", AlterField("import", "job", to_job))

User, Permission, Type = (state.apps.get_model(*each) for each in (
    ("accounts", "User"), ("auth", "Permission"), ("contenttypes", "ContentType")))
Alert, Mark, Job, Import = (state.apps.get_model(*each) for each in (
    ("alerts", "Alert"), ("alerts", "Mark"), ("jobs", "Job"), ("shop", "Import")))
from django.utils.timezone import now
sam = User.objects.create(username="sam")
for label, model in ("alerts", "alert"), ("jobs", "job"), ("rooms", "message"):
    kind = Type.objects.create(app_label=label, model=model)
    sam.user_permissions.add(Permission.objects.create(codename=f"view_{model}", content_type=kind, name="see"))
job = Job.objects.create(owner=sam, kind="import", title="Tea")
Import.objects.create(job=job, name="tea.csv", file="tea.csv")
told = {"kind": "import", "title": "Tea: done", "about": f"jobs.job:{job.pk}", "at": now()}
alert = Alert.objects.create(audience=f"user.{sam.pk}", **told)
Mark.objects.create(alert=alert, person=sam, seen=now())
Room, Member, Message = (state.apps.get_model("rooms", name) for name in ("Room", "Membership", "Message"))
lobby = Room.objects.create(title="Lobby", slug="lobby", owner=sam)
Member.objects.create(room=lobby, person=sam)
said = Message.objects.create(room=lobby, author=sam, text="Tea?", created=now(), seq=1, changed=1)
Alert.objects.create(audience="x", kind="mention", title="Tea?", about=f"rooms.message:{said.pk}", at=now())
"""
TOLD = """
import json
import django; django.setup()
from alerts.models import Alert, Mark
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from jobs.models import Job
from rooms.models import Message
from shop.imports.models import Import
sam, job = get_user_model().objects.get(), Job.objects.get()
names = {
    "sqlite": "SELECT name FROM sqlite_master",
    "postgresql": "SELECT relname FROM pg_class WHERE relkind IN ('r', 'i')",
}
with connection.cursor() as cursor:
    cursor.execute(names[connection.vendor])
    names = {name for name, in cursor.fetchall()}
    to_jobs = [each["foreign_key"] for each in connection.introspection.get_constraints(cursor, "shop_import").values()
               if each["foreign_key"]]
print(json.dumps({
    "permissions": sorted(sam.get_all_permissions()),
    "alerts": list(Alert.objects.filter(about=f"parlour_jobs.job:{job.pk}", marks__seen__isnull=False)
                   .values_list("title", flat=True)),
    "messages": [(each.text, each.room.title, [sam.username for sam in each.room.members.all()])
                 for each in Message.objects.filter(seq=1)],
    "alerts of messages": Alert.objects.filter(about=f"parlour_rooms.message:{Message.objects.get().pk}").count(),
    "imports": [each.name for each in Import.objects.filter(job__title="Tea")],
    "new": [Job.objects.create(owner=sam, kind="x", title="x").pk == job.pk + 1],
    "foreign keys": to_jobs,
    "old names": sorted(name for name in names if name.startswith(("alerts_", "jobs_", "rooms_"))),
    "old records": sorted({app for app, _ in MigrationRecorder(connection).applied_migrations()}
                          & {"alerts", "jobs", "rooms"}),
}))
"""
KEPT = {
    "permissions": ["parlour_alerts.view_alert", "parlour_jobs.view_job", "parlour_rooms.view_message"],
    "messages": [["Tea?", "Lobby", ["sam"]]],
    "alerts of messages": 1,
    "alerts": ["Tea: done"],
    "imports": ["tea.csv"],
    "new": [True],
    "foreign keys": [["parlour_jobs_job", "id"]],
    "old names": [],
    "old records": [],
}


@pytest.fixture
def python(request, tmp_path):
    """python(*arguments): a process with a database of its own, and what came out."""
    surroundings, postgres = os.environ | {"PARLOUR_VAR": str(tmp_path)}, None
    if getattr(request, "param", "sqlite") == "postgresql":
        postgres = Postgres()
        surroundings["DATABASE_URL"] = postgres.url(postgres.create())

    def run(*arguments):
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True)

    yield run
    if postgres:
        postgres.remove()


@pytest.mark.faults
@pytest.mark.parametrize("python", ["sqlite", "postgresql"], indirect=True)
def test_rows_and_permissions_of_the_old_labels_are_kept(python):
    assert (made := python("-c", AS_BEFORE)).returncode == 0, made.stderr
    assert (migrated := python("manage.py", "migrate")).returncode == 0, migrated.stderr
    told = python("-c", TOLD)
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == KEPT
    assert python("manage.py", "migrate", "--check").returncode == 0


@pytest.mark.faults
def test_a_database_that_missed_the_last_old_migration_is_told_what_to_do(python):
    assert (made := python("-c", AS_BEFORE, "0006_resolved")).returncode == 0, made.stderr
    refused = python("manage.py", "migrate")
    assert refused.returncode != 0
    assert "not as its last migration, alerts.0006_resolved, leaves them" in refused.stderr
    assert "run `manage.py migrate` with it, then" in refused.stderr

"""Tables keep their rows when an app gets another label: its first migration takes them over where they exist.

    operations = [CreateOrAdopt("alerts", ["0001_initial", …, "0006_resolved"], [migrations.CreateModel(…), …])]

An app "alerts" whose label becomes "parlour_alerts" has one such operation, in its migration 0001. In a new database it
makes the tables. In one that the migrations of the old label have made, it renames them, with their indexes and content
types, so permissions and entries of the admin's log stay; then it deletes the records of those migrations, and the old
label is free for another app.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.backends.utils import truncate_name
from django.db.migrations.exceptions import BadMigrationError
from django.db.migrations.operations import SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.recorder import MigrationRecorder

INDEXES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql IS NOT NULL"


class CreateOrAdopt(SeparateDatabaseAndState):
    """`operations`, unless the database has these tables under the app label `old`.

    `migrations` are the names of all migrations of that label. "0001_initial" proves nothing, for any app may have one.
    `adopted` is called as RunPython calls a function, after tables were adopted.
    """

    def __init__(
        self,
        old: str,
        migrations: Sequence[str],
        operations: Sequence[Operation],
        adopted: Callable[[Any, Any], Any] | None = None,
    ) -> None:
        super().__init__(database_operations=operations, state_operations=operations)
        self.old, self.migrations, self.adopted = old, migrations, adopted

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        connection = schema_editor.connection
        recorder = MigrationRecorder(connection)
        applied = {name for app, name in recorder.applied_migrations() if app == self.old}
        if not applied.intersection(self.migrations) - {"0001_initial"}:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        if self.migrations[-1] not in applied:
            raise BadMigrationError(
                f"The tables of {app_label} were made by an earlier version, under the label {self.old!r}, and are not "
                f"as its last migration, {self.old}.{self.migrations[-1]}, leaves them. Install the last version that "
                f"has that migration, run `manage.py migrate` with it, then install this version and run it again."
            )
        models = to_state.apps.get_app_config(app_label).get_models(include_auto_created=True)
        for model in models:
            if self.allow_migrate_model(connection.alias, model):
                table = model._meta.db_table
                schema_editor.alter_db_table(model, self.old + table.removeprefix(app_label), table)
                self._rename_indexes(app_label, schema_editor, table)
                ContentType.objects.filter(app_label=self.old, model=model._meta.model_name).update(app_label=app_label)
        if self.adopted:
            self.adopted(to_state.apps, schema_editor)
        recorder.migration_qs.filter(app=self.old, name__in=self.migrations).delete()

    def _rename_indexes(self, app_label: str, schema_editor: Any, table: str) -> None:
        """Names of indexes belong to the whole database: those that begin with the old label take the new one."""
        connection, quote = schema_editor.connection, schema_editor.quote_name

        def renamed(name: str) -> str:
            return truncate_name(app_label + name.removeprefix(self.old), connection.ops.max_name_length())

        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                for name, sql in cursor.execute(INDEXES, [table]).fetchall():
                    if name.startswith(f"{self.old}_"):
                        cursor.execute(f"DROP INDEX {quote(name)}")
                        cursor.execute(sql.replace(quote(name), quote(renamed(name)), 1))
            elif connection.vendor == "postgresql":
                for name, each in connection.introspection.get_constraints(cursor, table).items():
                    is_index = each["index"] or each["unique"] or each["primary_key"]
                    if is_index and name.startswith(f"{self.old}_"):
                        cursor.execute(f"ALTER INDEX {quote(name)} RENAME TO {quote(renamed(name))}")

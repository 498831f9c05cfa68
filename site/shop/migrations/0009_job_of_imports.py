import django.db.models.deletion
from django.db import migrations, models


class AddForeignKey(migrations.AlterField):
    """Makes a column a foreign key, unless an earlier version has made it one."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        column = model._meta.get_field(self.name).column
        with schema_editor.connection.cursor() as cursor:
            constraints = schema_editor.connection.introspection.get_constraints(cursor, model._meta.db_table)
        if not any(each["foreign_key"] and each["columns"] == [column] for each in constraints.values()):
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    """The migrations before this one must not depend on jobs, whose label changed after they were applied."""

    dependencies = [("shop", "0008_content_of_imports"), ("parlour_jobs", "0001_initial")]

    operations = [
        AddForeignKey(
            "import",
            "job",
            models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                related_name="import_of_orders",
                serialize=False,
                to="parlour_jobs.job",
            ),
        )
    ]

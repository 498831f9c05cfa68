import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The foreign key follows its table, which became the model jobs.Job's. In the database nothing is to be done."""

    dependencies = [("shop", "0004_import_digest"), ("jobs", "0001_initial")]
    run_before = [("alerts", "0005_jobs_moved")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    "import",
                    "job",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="import_of_orders",
                        serialize=False,
                        to="jobs.job",
                    ),
                )
            ]
        )
    ]

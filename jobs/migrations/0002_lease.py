from datetime import timedelta

from django.db import migrations, models
from django.utils import timezone


def give_leases(apps, schema_editor):
    """Who runs a job goes on, or is found to have stalled within a minute."""
    running = apps.get_model("jobs", "Job").objects.filter(state="running")
    running.update(lease=timezone.now() + timedelta(minutes=1))


STATES = [
    ("running", "Running"),
    ("queued", "Waiting"),
    ("stalled", "Stalled"),
    ("failed", "Failed"),
    ("cancelled", "Cancelled"),
    ("done", "Done"),
]


class Migration(migrations.Migration):
    """The row itself says until when its run is believed to be alive, and that it stalled."""

    dependencies = [("jobs", "0001_initial")]

    operations = [
        migrations.AlterField("job", "state", models.CharField(choices=STATES, default="queued", max_length=9)),
        migrations.AddField("job", "lease", models.DateTimeField(blank=True, null=True)),
        migrations.RunPython(give_leases, migrations.RunPython.noop),
    ]

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """The table was made by the app alerts, to which jobs belonged before."""

    initial = True

    dependencies = [
        ("alerts", "0004_job_table"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Job",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("kind", models.CharField(max_length=40)),
                        ("title", models.CharField(max_length=200)),
                        ("url", models.CharField(blank=True, max_length=500)),
                        ("arguments", models.JSONField(blank=True, default=dict)),
                        ("state", models.CharField(choices=[("queued", "Waiting"), ("running", "Running"), ("done", "Done"), ("failed", "Failed"), ("cancelled", "Cancelled")], default="queued", max_length=9)),
                        ("attempt", models.PositiveIntegerField(default=1)),
                        ("cancelling", models.BooleanField(default=False)),
                        ("dismissed", models.BooleanField(default=False)),
                        ("again", models.BooleanField(db_default=True, default=True)),
                        ("done", models.PositiveBigIntegerField(default=0)),
                        ("total", models.PositiveBigIntegerField(blank=True, null=True)),
                        ("words", models.CharField(blank=True, max_length=300)),
                        ("queued", models.DateTimeField(default=django.utils.timezone.now)),
                        ("moved", models.DateTimeField(blank=True, null=True)),
                        ("first_done", models.PositiveBigIntegerField(default=0)),
                        ("first_moved", models.DateTimeField(blank=True, null=True)),
                        ("ended", models.DateTimeField(blank=True, null=True)),
                        ("owner", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="jobs", to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["state", "queued"], name="alerts_job_queue"),
                            models.Index(fields=["owner", "state"], name="alerts_job_owner"),
                        ],
                    },
                ),
            ]
        ),
        migrations.RenameIndex("job", new_name="jobs_queue", old_name="alerts_job_queue"),
        migrations.RenameIndex("job", new_name="jobs_owner", old_name="alerts_job_owner"),
    ]

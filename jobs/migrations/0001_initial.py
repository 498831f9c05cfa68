import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from alerts.notifications import rename_references
from parlour.contrib.adopt_tables import CreateOrAdopt

STATES = [
    ("running", "Running"),
    ("queued", "Waiting"),
    ("stalled", "Stalled"),
    ("failed", "Failed"),
    ("cancelled", "Cancelled"),
    ("done", "Done"),
]


class Migration(migrations.Migration):
    """All tables. Until 0.1.0 the label was "jobs"; tables of that label are taken over."""

    initial = True

    dependencies = [
        ("parlour_alerts", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateOrAdopt(
            "jobs",
            ["0001_initial", "0002_lease"],
            [
                migrations.CreateModel(
                    name="Job",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("kind", models.CharField(max_length=40)),
                        ("title", models.CharField(max_length=200)),
                        ("url", models.CharField(blank=True, max_length=500)),
                        ("arguments", models.JSONField(blank=True, default=dict)),
                        ("state", models.CharField(choices=STATES, default="queued", max_length=9)),
                        ("attempt", models.PositiveIntegerField(default=1)),
                        ("lease", models.DateTimeField(blank=True, null=True)),
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
                        ("owner", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="parlour_jobs", to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["state", "queued"], name="parlour_jobs_queue"),
                            models.Index(fields=["owner", "state"], name="parlour_jobs_owner"),
                        ],
                    },
                ),
            ],
            adopted=rename_references("jobs.job", "parlour_jobs.job"),
        )
    ]

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from parlour.contrib.adopt_tables import CreateOrAdopt

BEFORE = ["0001_initial", "0002_jobs", "0003_job_again", "0004_job_table", "0005_jobs_moved", "0006_resolved"]


class Migration(migrations.Migration):
    """All tables. Until 0.1.0 the label was "alerts"; tables of that label are taken over."""

    initial = True

    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateOrAdopt(
            "alerts",
            BEFORE,
            [
                migrations.CreateModel(
                    name="Alert",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("audience", models.CharField(max_length=100)),
                        ("kind", models.CharField(max_length=40)),
                        ("title", models.CharField(max_length=200)),
                        ("body", models.CharField(blank=True, max_length=500)),
                        ("url", models.CharField(blank=True, max_length=500)),
                        ("key", models.CharField(blank=True, max_length=100)),
                        ("about", models.CharField(blank=True, max_length=100)),
                        ("at", models.DateTimeField(db_index=True)),
                        ("resolved", models.DateTimeField(blank=True, null=True)),
                        ("actor", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        "ordering": ["-at", "-pk"],
                        "indexes": [
                            models.Index(fields=["audience", "resolved"], name="parlour_alerts_audience"),
                            models.Index(fields=["about"], name="parlour_alerts_about"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=["audience", "kind", "key", "about"],
                                condition=models.Q(("resolved__isnull", True), models.Q(("key", ""), _negated=True)),
                                name="parlour_alerts_told_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Mark",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("seen", models.DateTimeField(blank=True, null=True)),
                        ("read", models.DateTimeField(blank=True, null=True)),
                        ("archived", models.DateTimeField(blank=True, null=True)),
                        ("alert", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="marks", to="parlour_alerts.alert")),
                        ("person", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=["alert", "person"], name="parlour_alerts_one_mark_each")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Preference",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("kind", models.CharField(max_length=40)),
                        ("level", models.CharField(choices=[("toast", "Bell and toast"), ("bell", "Bell only"), ("nothing", "Nothing")], default="toast", max_length=8)),
                        ("person", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=["person", "kind"], name="parlour_alerts_one_preference_each")
                        ],
                    },
                ),
            ],
        )
    ]

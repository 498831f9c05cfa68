import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Alerts by mail, quiet hours, snoozing, feeds."""

    dependencies = [
        ("parlour_alerts", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PersonalSettings",
            fields=[
                ("person", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="+", serialize=False, to=settings.AUTH_USER_MODEL)),
                ("snoozed_until", models.DateTimeField(blank=True, null=True)),
                ("quiet_from", models.TimeField(blank=True, null=True)),
                ("quiet_until", models.TimeField(blank=True, null=True)),
                ("feed", models.CharField(blank=True, max_length=32)),
            ],
            options={
                "verbose_name": "personal settings",
                "verbose_name_plural": "personal settings",
            },
        ),
        migrations.AddField(
            model_name="mark",
            name="mailed",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="preference",
            name="mail",
            field=models.CharField(blank=True, choices=[("", "No"), ("now", "At once"), ("digest", "In a digest")], default="", max_length=6),
        ),
        migrations.AddField(
            model_name="preference",
            name="mail_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="preference",
            index=models.Index(condition=models.Q(("mail", ""), _negated=True), fields=["person"], name="parlour_alerts_mail"),
        ),
    ]

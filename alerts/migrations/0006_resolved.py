"""`settled` is called `resolved`."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alerts", "0005_jobs_moved")]

    operations = [
        migrations.RemoveConstraint("alert", "alerts_told_once"),
        migrations.RemoveIndex("alert", "alerts_audience"),
        migrations.RenameField("alert", "settled", "resolved"),
        migrations.AddIndex("alert", models.Index(fields=["audience", "resolved"], name="alerts_audience")),
        migrations.AddConstraint(
            "alert",
            models.UniqueConstraint(
                fields=["audience", "kind", "key", "about"],
                condition=models.Q(("resolved__isnull", True), models.Q(("key", ""), _negated=True)),
                name="alerts_told_once",
            ),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parlour_jobs", "0001_initial")]

    operations = [
        migrations.AddField(
            "job", "language", models.CharField(blank=True, db_default="", default="", max_length=20)
        )
    ]

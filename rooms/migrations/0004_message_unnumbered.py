from django.db import migrations, models


class Migration(migrations.Migration):
    """Messages that wait for a number are found at once."""

    dependencies = [("rooms", "0003_notification_level")]

    operations = [
        migrations.AddIndex(
            "message",
            models.Index(fields=["id"], condition=models.Q(changed__isnull=True), name="rooms_message_unnumbered"),
        ),
    ]

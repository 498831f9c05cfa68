"""`Attention` is `NotificationLevel`, and the stream of a room's rules is called `rules.<pk>`."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rooms", "0002_attention"), ("parlour", "0001_initial")]

    operations = [
        migrations.RemoveConstraint("attention", "rooms_attention_once"),
        migrations.RenameModel("Attention", "NotificationLevel"),
        migrations.AlterField(
            "notificationlevel",
            "room",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="notification_levels", to="rooms.room"
            ),
        ),
        migrations.AddConstraint(
            "notificationlevel",
            models.UniqueConstraint(fields=("room", "person"), name="rooms_notification_level_once"),
        ),
        migrations.RunSQL(
            "UPDATE parlour_head SET name = 'rules.' || substr(name, 6) WHERE name LIKE 'door.%'",
            "UPDATE parlour_head SET name = 'door.' || substr(name, 7) WHERE name LIKE 'rules.%'",
        ),
    ]

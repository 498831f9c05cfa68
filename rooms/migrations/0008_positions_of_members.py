"""Whoever is a member already has read their rooms so far."""

from django.db import migrations
from django.db.models import Max
from django.utils import timezone


def add_positions(apps, schema_editor):
    membership, message, position = (
        apps.get_model("parlour_rooms", name) for name in ("Membership", "Message", "ReadPosition")
    )
    newest = dict(message.objects.values_list("room").annotate(Max("seq")))
    now = timezone.now()
    rows = [
        position(room_id=room, person_id=person, seq=newest.get(room) or 0, at=now)
        for room, person in membership.objects.values_list("room", "person")
    ]
    position.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("parlour_rooms", "0007_pinned_index")]

    operations = [migrations.RunPython(add_positions, migrations.RunPython.noop)]

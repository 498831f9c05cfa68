"""Small capitals, hooked letters and "rn" look like plain letters now: the keys of those who are there follow."""

from typing import Any

from django.db import migrations

from accounts.names import folded


def fold(apps: Any, schema_editor: Any) -> None:
    people = apps.get_model("accounts", "User").objects
    for person in people.only("username", "display_name").iterator():
        keys = {"username_key": folded(person.username)[:150], "name_key": folded(person.display_name)[:150]}
        people.filter(pk=person.pk).update(**keys)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(fold, migrations.RunPython.noop)]

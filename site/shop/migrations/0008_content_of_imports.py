from django.db import migrations
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat


def tell_contents_apart(apps, schema_editor):
    """Rows without a reference are told apart by the content of their file; of old imports it is not known."""
    unknown = apps.get_model("shop", "Import").objects.filter(digest="")
    unknown.update(digest=Concat(Value("unknown "), Cast(F("pk"), CharField())))


class Migration(migrations.Migration):
    dependencies = [("shop", "0007_remove_import_cursor")]

    operations = [
        migrations.RemoveField("import", "announced"),
        migrations.RemoveIndex("order", "shop_order_by_hand"),
        migrations.RunPython(tell_contents_apart, migrations.RunPython.noop),
    ]

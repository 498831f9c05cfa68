from django.db import migrations, models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat

COLUMNS = ["item", "amount", "currency", "note", "reference"]


def convert_imports(apps, schema_editor):
    """Files are named below MEDIA_ROOT, `line` is the last one dealt with, rejected cells stand in one order."""
    imports = apps.get_model("shop", "Import").objects.all()
    imports.exclude(file="").update(file=Concat(Value("imports/"), "file"))
    imports.filter(line__gt=0).update(line=F("line") - 1)
    imports.update(announced=F("orders"))
    for imported in imports.filter(rejected__gt=0).exclude(columns=COLUMNS).iterator():
        for reject in imported.rejects.filter(cells__isnull=False).iterator():
            if len(reject.cells) == len(imported.columns):
                values = dict(zip(imported.columns, reject.cells, strict=True))
                reject.cells = [values.get(name, "") for name in COLUMNS]
                reject.save(update_fields=["cells"])


class Migration(migrations.Migration):
    dependencies = [("shop", "0005_job_moved")]

    operations = [
        migrations.RemoveConstraint("order", "shop_order_sent_once"),
        migrations.RenameField("order", "slip", "idempotency_key"),
        migrations.RenameField("order", "moved", "updated"),
        migrations.AddConstraint(
            "order",
            models.UniqueConstraint(
                fields=["buyer", "idempotency_key"], condition=~Q(idempotency_key=""), name="shop_order_sent_once"
            ),
        ),
        migrations.RenameField("import", "total", "lines"),
        migrations.AlterField("import", "file", models.FileField(upload_to="imports")),
        migrations.AddField("import", "announced", models.PositiveBigIntegerField(default=0)),
        migrations.RunPython(convert_imports, migrations.RunPython.noop),
    ]

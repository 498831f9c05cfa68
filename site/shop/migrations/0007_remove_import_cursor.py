from django.db import migrations


class Migration(migrations.Migration):
    """An import goes on after its line; the columns stand in one order."""

    dependencies = [("shop", "0006_idempotency_key_and_line")]

    operations = [
        migrations.RemoveField("import", "columns"),
        migrations.RemoveField("import", "cursor"),
        migrations.RemoveField("import", "size"),
    ]

from django.db import migrations


class Migration(migrations.Migration):
    """The foreign key to jobs followed its table; 0009 makes it now."""

    dependencies = [("shop", "0004_import_digest")]
    operations = []

from django.db import migrations


class Migration(migrations.Migration):
    """The transactional outbox has its usual name."""

    dependencies = [("parlour", "0001_initial")]

    operations = [
        migrations.RenameModel("Owed", "PendingEvent"),
        migrations.AlterModelOptions("pendingevent", {}),
    ]

from django.db import migrations


class Migration(migrations.Migration):
    """The transactional outbox has its usual name, and holds touches only: an unnumbered row says so itself."""

    dependencies = [("parlour", "0001_initial")]

    operations = [
        migrations.RenameModel("Owed", "PendingEvent"),
        migrations.AlterModelOptions("pendingevent", {}),
        migrations.RemoveField("pendingevent", "model"),
        migrations.RemoveField("pendingevent", "row"),
    ]

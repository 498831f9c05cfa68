from django.db import migrations


class Migration(migrations.Migration):
    """The table is the model jobs.Job's now; apps whose rows belong to jobs move over before this."""

    dependencies = [("alerts", "0004_job_table")]

    operations = [migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Job")])]

from django.db import migrations
from django.db.models import F, Value
from django.db.models.functions import Concat, Substr


def _rename_about(old, new):
    def rename(apps, schema_editor):
        alerts = apps.get_model("alerts", "Alert").objects.using(schema_editor.connection.alias)
        rest = Substr(F("about"), len(old) + 1)
        alerts.filter(about__startswith=old).update(about=Concat(Value(new), rest))
        types = apps.get_model("contenttypes", "ContentType").objects.using(schema_editor.connection.alias)
        types.filter(app_label=old.partition(".")[0], model="job").update(app_label=new.partition(".")[0])

    return rename


class Migration(migrations.Migration):
    """Jobs become an app of their own: their table takes its name. The rows stay."""

    dependencies = [("alerts", "0003_job_again"), ("contenttypes", "0002_remove_content_type_name")]

    operations = [
        migrations.RunPython(
            _rename_about("alerts.job:", "jobs.job:"), _rename_about("jobs.job:", "alerts.job:"), elidable=True
        ),
        migrations.AlterModelTable("job", "jobs_job"),
    ]

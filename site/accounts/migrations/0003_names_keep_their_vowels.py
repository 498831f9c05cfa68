"""The marks of Indic and other scripts tell names apart now: the keys of those who are there follow."""

from importlib import import_module

from django.db import migrations

fold = import_module("accounts.migrations.0002_names_fold_anew").fold


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_names_fold_anew")]
    operations = [migrations.RunPython(fold, migrations.RunPython.noop)]

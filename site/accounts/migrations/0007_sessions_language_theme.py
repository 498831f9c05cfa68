import django.db.models.deletion
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import migrations, models
from django.utils import timezone


def keep_sessions(apps, schema_editor):
    """Nobody is signed out by the new table."""
    old, new = apps.get_model("sessions", "Session"), apps.get_model("accounts", "Session")
    people = set(apps.get_model("accounts", "User").objects.values_list("pk", flat=True))
    for row in old.objects.filter(expire_date__gt=timezone.now()).iterator():
        person = SessionStore().decode(row.session_data).get("_auth_user_id")
        person = int(person) if str(person).isdecimal() and int(person) in people else None
        kept = {"session_data": row.session_data, "expire_date": row.expire_date, "person_id": person}
        new.objects.create(session_key=row.session_key, **kept)


class Migration(migrations.Migration):
    """Sessions know their person; people choose a language and an appearance."""

    dependencies = [
        ('sessions', '0001_initial'),
        ('accounts', '0006_api_token'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='language',
            field=models.CharField(blank=True, choices=[('en', 'English'), ('de', 'Deutsch')], max_length=10),
        ),
        migrations.AddField(
            model_name='user',
            name='theme',
            field=models.CharField(blank=True, choices=[('light', 'Light'), ('dark', 'Dark')], max_length=5),
        ),
        migrations.AlterField(
            model_name='user',
            name='kind',
            field=models.CharField(choices=[('account', 'Account'), ('guest', 'Guest'), ('visitor', 'Visitor'), ('bot', 'Bot'), ('former', 'Former')], default='account', max_length=8),
        ),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('session_key', models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name='session key')),
                ('session_data', models.TextField(verbose_name='session data')),
                ('expire_date', models.DateTimeField(db_index=True, verbose_name='expire date')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'session',
                'verbose_name_plural': 'sessions',
                'abstract': False,
            },
        ),
        migrations.RunPython(keep_sessions, migrations.RunPython.noop),
    ]

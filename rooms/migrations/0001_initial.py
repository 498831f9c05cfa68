import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from alerts.notifications import rename_references
from parlour.contrib.adopt_tables import CreateOrAdopt

BEFORE = ["0001_initial", "0002_attention", "0003_notification_level", "0004_message_unnumbered"]


def rename_references_to_rooms(apps, schema_editor):
    for model in ("room", "message"):
        rename_references(f"rooms.{model}", f"parlour_rooms.{model}")(apps, schema_editor)


class Migration(migrations.Migration):
    """All tables. Until 0.1.0 the label was "rooms"; tables of that label are taken over."""

    initial = True

    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("parlour_alerts", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateOrAdopt(
            "rooms",
            BEFORE,
            [
                migrations.CreateModel(
                    name='Membership',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('since', models.DateTimeField(auto_now_add=True)),
                        ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                ),
                migrations.CreateModel(
                    name='Room',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('title', models.CharField(max_length=80)),
                        ('slug', models.SlugField(editable=False, max_length=60, unique=True)),
                        ('about', models.CharField(blank=True, max_length=200)),
                        ('access', models.CharField(choices=[('open', 'Everybody'), ('members', 'Members only')], default='open', max_length=8)),
                        ('guests', models.CharField(choices=[('none', 'Stay outside'), ('read', 'May read'), ('write', 'May read and write')], default='read', max_length=8)),
                        ('created', models.DateTimeField(auto_now_add=True)),
                        ('members', models.ManyToManyField(related_name='+', through='parlour_rooms.Membership', to=settings.AUTH_USER_MODEL)),
                        ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                ),
                migrations.CreateModel(
                    name='NotificationLevel',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('level', models.CharField(choices=[('everything', 'Everything that is said'), ('mentions', 'When somebody mentions me'), ('nothing', 'Nothing')], default='mentions', max_length=10)),
                        ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('room', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notification_levels', to='parlour_rooms.room')),
                    ],
                ),
                migrations.CreateModel(
                    name='Message',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('seq', models.BigIntegerField(editable=False, null=True)),
                        ('changed', models.BigIntegerField(editable=False, null=True)),
                        ('text', models.TextField()),
                        ('html', models.TextField(editable=False)),
                        ('page', models.CharField(blank=True, editable=False, max_length=40)),
                        ('n', models.PositiveIntegerField(default=0, editable=False)),
                        ('created', models.DateTimeField()),
                        ('previous_at', models.DateTimeField(editable=False, null=True)),
                        ('heading_at', models.DateTimeField(editable=False, null=True)),
                        ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('room', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='parlour_rooms.room')),
                    ],
                ),
                migrations.AddField(
                    model_name='membership',
                    name='room',
                    field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='parlour_rooms.room'),
                ),
                migrations.AddConstraint(
                    model_name='notificationlevel',
                    constraint=models.UniqueConstraint(fields=('room', 'person'), name='parlour_rooms_notification_level_once'),
                ),
                migrations.AddIndex(
                    model_name='message',
                    index=models.Index(fields=['room', 'changed'], name='parlour_rooms_message_changed'),
                ),
                migrations.AddIndex(
                    model_name='message',
                    index=models.Index(condition=models.Q(('changed__isnull', True)), fields=['id'], name='parlour_rooms_message_unnumbered'),
                ),
                migrations.AddConstraint(
                    model_name='message',
                    constraint=models.UniqueConstraint(fields=('room', 'seq'), name='parlour_rooms_message_in_order'),
                ),
                migrations.AddConstraint(
                    model_name='message',
                    constraint=models.UniqueConstraint(condition=models.Q(('page', ''), _negated=True), fields=('author', 'page', 'n'), name='parlour_rooms_message_sent_once'),
                ),
                migrations.AddConstraint(
                    model_name='membership',
                    constraint=models.UniqueConstraint(fields=('room', 'person'), name='parlour_rooms_member_once'),
                ),
            ],
            adopted=rename_references_to_rooms,
        ),
    ]

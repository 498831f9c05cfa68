import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """A room may be on an object of any model."""

    dependencies = [
        ('contenttypes', '0002_remove_content_type_name'),
        ('parlour_rooms', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RenameIndex(
            model_name='message',
            new_name='parlour_rooms_unnumbered',
            old_name='parlour_rooms_message_unnumbered',
        ),
        migrations.AddField(
            model_name='room',
            name='content_type',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contenttypes.contenttype'),
        ),
        migrations.AddField(
            model_name='room',
            name='object_id',
            field=models.CharField(blank=True, editable=False, max_length=255),
        ),
        migrations.AlterField(
            model_name='room',
            name='access',
            field=models.CharField(choices=[('open', 'Everybody'), ('members', 'Members only'), ('object', 'Who may see its object')], default='open', max_length=8),
        ),
        migrations.AddConstraint(
            model_name='room',
            constraint=models.UniqueConstraint(fields=('content_type', 'object_id'), name='parlour_rooms_room_of_object_once'),
        ),
    ]

import rooms.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """When something is to be done about a file; where it is kept."""

    dependencies = [
        ('parlour_rooms', '0005_created_index'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='attachment',
            name='due',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='attachment',
            name='file',
            field=models.FileField(max_length=200, upload_to=rooms.models.unguessable),
        ),
        migrations.AlterField(
            model_name='attachment',
            name='thumbnail',
            field=models.FileField(blank=True, max_length=200, upload_to=rooms.models.unguessable),
        ),
        migrations.AddIndex(
            model_name='attachment',
            index=models.Index(condition=models.Q(('due__isnull', False)), fields=['due'], name='parlour_rooms_attachment_due'),
        ),
    ]

"""Requests have the order in which staff list them in an index; beside the running site."""

from django.conf import settings
from django.db import migrations, models

from infacta.without_locking import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('rights', '0003_erasure'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='subjectrequest',
            index=models.Index(fields=['-asked_at', '-id'], name='subject_request_asked'),
        ),
    ]

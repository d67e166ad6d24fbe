"""What happened to a person besides log-ins and downloads is found past those; beside the running site."""

from django.db import migrations, models

from infacta.without_locking import AddIndexConcurrently

EVERYDAY = ['login.succeeded', 'login.failed', 'login.ended', 'download.taken']


class Migration(migrations.Migration):
    atomic = False

    dependencies = [('audit', '0014_events_by_address')]
    operations = [
        AddIndexConcurrently(
            model_name='auditevent',
            index=models.Index(fields=['user', '-at'], condition=models.Q(('kind__in', EVERYDAY), _negated=True), name='audit_rare_user_at'),
        ),
    ]

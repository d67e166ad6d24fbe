"""Events are found by their address; beside the running site."""

from django.conf import settings
from django.db import migrations, models

from infacta.without_locking import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('audit', '0013_events_found_by_address'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='auditevent',
            index=models.Index(fields=['ip', '-at'], name='audit_ip_at'),
        ),
    ]

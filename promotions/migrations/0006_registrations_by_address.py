"""Registrations are found by their address; beside the running site."""

from django.conf import settings
from django.db import migrations, models

from infacta.without_locking import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('promotions', '0005_accounts_can_go'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='redemption',
            index=models.Index(fields=['email_key'], name='redemption_email'),
        ),
    ]

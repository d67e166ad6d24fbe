"""The end of what is kept of those who left has its index; beside the running site."""

from django.db import migrations, models

from infacta.without_locking import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('announcements', '0006_policy_version'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='subscription',
            index=models.Index(condition=models.Q(('basis', 'joined'), _negated=True), fields=['-asked_at', '-id'], name='subscription_not_joined'),
        ),
        AddIndexConcurrently(
            model_name='subscription',
            index=models.Index(condition=models.Q(('state', 'left')), fields=['left_at'], name='subscription_left'),
        ),
    ]

"""What staff list and look for of downloads has its index; beside the running site."""

from django.conf import settings
from django.db import migrations, models

from infacta.without_locking import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('downloads', '0017_priority_support'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='allowanceentry',
            index=models.Index(fields=['at'], name='allowance_at'),
        ),
        AddIndexConcurrently(
            model_name='allowanceentry',
            index=models.Index(condition=models.Q(('kind__in', ['granted', 'spent']), _negated=True), fields=['-id'], name='allowance_rare'),
        ),
        AddIndexConcurrently(
            model_name='allowanceentry',
            index=models.Index(condition=models.Q(('actor__in', ['staff', 'site'])), fields=['-id'], name='allowance_not_bought'),
        ),
        AddIndexConcurrently(
            model_name='downloadsession',
            index=models.Index(fields=['ip'], name='download_ip'),
        ),
        AddIndexConcurrently(
            model_name='downloadsession',
            index=models.Index(condition=models.Q(('completed_at', None), ('returned_at', None)), fields=['opened_at'], name='download_not_complete'),
        ),
        AddIndexConcurrently(
            model_name='entitlement',
            index=models.Index(condition=models.Q(('revoked_at__isnull', False)), fields=['revoked_at'], name='entitlement_revoked'),
        ),
        AddIndexConcurrently(
            model_name='unlockcode',
            index=models.Index(fields=['-issued_at', '-id'], name='unlock_code_issued'),
        ),
        AddIndexConcurrently(
            model_name='unlockcode',
            index=models.Index(condition=models.Q(('revoked_for', ''), _negated=True), fields=['-issued_at', '-id'], name='unlock_code_why_revoked'),
        ),
    ]

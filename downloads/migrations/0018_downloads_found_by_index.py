"""What staff list and look for of downloads has its index; beside the running site."""

from django.conf import settings
from django.db import migrations, models

from infacta.indexing import AddIndexBeside


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('downloads', '0017_priority_support'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexBeside(
            model_name='allowanceentry',
            index=models.Index(fields=['at'], name='allowance_at'),
        ),
        AddIndexBeside(
            model_name='allowanceentry',
            index=models.Index(condition=models.Q(('kind__in', ['granted', 'spent']), _negated=True), fields=['-id'], name='allowance_rare'),
        ),
        AddIndexBeside(
            model_name='allowanceentry',
            index=models.Index(condition=models.Q(('actor__in', ['staff', 'site'])), fields=['-id'], name='allowance_not_bought'),
        ),
        AddIndexBeside(
            model_name='downloadsession',
            index=models.Index(fields=['ip'], name='download_ip'),
        ),
        AddIndexBeside(
            model_name='downloadsession',
            index=models.Index(condition=models.Q(('completed_at', None), ('returned_at', None)), fields=['opened_at'], name='download_not_complete'),
        ),
        AddIndexBeside(
            model_name='entitlement',
            index=models.Index(condition=models.Q(('revoked_at__isnull', False)), fields=['revoked_at'], name='entitlement_revoked'),
        ),
        AddIndexBeside(
            model_name='unlockcode',
            index=models.Index(fields=['-issued_at', '-id'], name='unlock_code_issued'),
        ),
        AddIndexBeside(
            model_name='unlockcode',
            index=models.Index(condition=models.Q(('revoked_for', ''), _negated=True), fields=['-issued_at', '-id'], name='unlock_code_why_revoked'),
        ),
    ]

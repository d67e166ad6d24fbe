"""What staff list and look for of orders has its index, and so have notifications that are purged; beside the running site."""

from django.conf import settings
from django.db import migrations, models

from infacta.indexing import AddIndexBeside, AddWordsIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('purchases', '0007_offers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexBeside(
            model_name='purchase',
            index=models.Index(fields=['order_reference'], name='purchase_order'),
        ),
        AddIndexBeside(
            model_name='purchase',
            index=models.Index(fields=['email'], name='purchase_email'),
        ),
        AddIndexBeside(
            model_name='purchase',
            index=models.Index(fields=['purchased_at'], name='purchase_purchased'),
        ),
        AddIndexBeside(
            model_name='webhookevent',
            index=models.Index(condition=models.Q(('state__in', ['fulfilled', 'ignored'])), fields=['handled_at'], name='webhook_event_handled'),
        ),
        AddIndexBeside(
            model_name='webhookevent',
            index=models.Index(condition=models.Q(models.Q(('state', 'fulfilled'), _negated=True), models.Q(('channel', 'webhook'), _negated=True), models.Q(('kind', 'purchase'), _negated=True), ('test_mode', True), _connector='OR'), fields=['-received_at', '-id'], name='webhook_event_rare'),
        ),
        AddIndexBeside(
            model_name='webhookevent',
            index=models.Index(condition=models.Q(('unknown_code', ''), _negated=True), fields=['unknown_code'], name='webhook_event_unknown'),
        ),
        AddWordsIndex("purchase", "name", "purchase_name_words"),
        AddWordsIndex("purchase", "company", "purchase_company_words"),
    ]

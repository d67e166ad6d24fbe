"""What staff list and look for of orders has its index, and so have notifications that are purged; beside the running site."""

from django.conf import settings
from django.db import migrations, models

from infacta.without_locking import AddIndexConcurrently, AddWordsIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('purchases', '0007_offers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='purchase',
            index=models.Index(fields=['order_reference'], name='purchase_order'),
        ),
        AddIndexConcurrently(
            model_name='purchase',
            index=models.Index(fields=['email'], name='purchase_email'),
        ),
        AddIndexConcurrently(
            model_name='purchase',
            index=models.Index(fields=['purchased_at'], name='purchase_purchased'),
        ),
        AddIndexConcurrently(
            model_name='webhookevent',
            index=models.Index(condition=models.Q(('state__in', ['fulfilled', 'ignored'])), fields=['handled_at'], name='webhook_event_handled'),
        ),
        AddIndexConcurrently(
            model_name='webhookevent',
            index=models.Index(condition=models.Q(models.Q(('state', 'fulfilled'), _negated=True), models.Q(('channel', 'webhook'), _negated=True), models.Q(('kind', 'purchase'), _negated=True), ('test_mode', True), _connector='OR'), fields=['-received_at', '-id'], name='webhook_event_rare'),
        ),
        AddIndexConcurrently(
            model_name='webhookevent',
            index=models.Index(condition=models.Q(('unknown_code', ''), _negated=True), fields=['unknown_code'], name='webhook_event_unknown'),
        ),
        AddWordsIndexConcurrently("purchase", "name", "purchase_name_words"),
        AddWordsIndexConcurrently("purchase", "company", "purchase_company_words"),
    ]

"""What staff list and look for of mails has its index, and so has what is purged; beside the running site."""

from django.conf import settings
from django.db import migrations, models

from infacta.without_locking import AddIndexConcurrently, AddWordsIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('mailroom', '0004_mails_to_support'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='incomingmail',
            index=models.Index(fields=['settled_at'], name='incoming_mail_settled'),
        ),
        AddIndexConcurrently(
            model_name='incomingmail',
            index=models.Index(fields=['sender'], name='incoming_mail_sender'),
        ),
        AddIndexConcurrently(
            model_name='incomingmail',
            index=models.Index(fields=['message_id'], name='incoming_mail_message'),
        ),
        AddIndexConcurrently(
            model_name='incomingmail',
            index=models.Index(condition=models.Q(('is_private', True)), fields=['received_at'], name='incoming_mail_private'),
        ),
        AddIndexConcurrently(
            model_name='outgoingmail',
            index=models.Index(condition=models.Q(('state__in', ['pending', 'sending', 'failed'])), fields=['-written_at', '-id'], name='mail_not_sent'),
        ),
        AddIndexConcurrently(
            model_name='outgoingmail',
            index=models.Index(fields=['to'], name='mail_to'),
        ),
        AddIndexConcurrently(
            model_name='outgoingmail',
            index=models.Index(condition=models.Q(('attached', ''), ('html', ''), ('in_reply_to', ''), ('reply_to', ''), ('text', ''), _negated=True), fields=['written_at'], name='mail_with_content'),
        ),
        AddWordsIndexConcurrently("incomingmail", "subject", "incoming_mail_words"),
    ]

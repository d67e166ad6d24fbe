"""Destructions are found by why they were begun; beside the running site."""

from django.db import migrations, models

from infacta.without_locking import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [('support', '0008_words_of_feedback')]
    operations = [
        AddIndexConcurrently(
            model_name='destruction',
            index=models.Index(fields=['trigger', '-begun_at', '-id'], name='destruction_why'),
        ),
    ]

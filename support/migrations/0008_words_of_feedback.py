"""Feedback is found by its words; beside the running site."""

from django.db import migrations

from infacta.without_locking import AddWordsIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("support", "0007_policy_version")]
    operations = [AddWordsIndexConcurrently("feedback", "text", "feedback_words")]

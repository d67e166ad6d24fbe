"""Feedback is found by its words; beside the running site."""

from django.db import migrations

from infacta.indexing import AddWordsIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("support", "0007_policy_version")]
    operations = [AddWordsIndex("feedback", "text", "feedback_words")]

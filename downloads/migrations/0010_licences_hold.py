"""What 0009 has filled in holds from here on. In a migration of its own: PostgreSQL alters no table that was written in the same transaction."""

import uuid

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("downloads", "0009_licences")]

    operations = [
        migrations.AlterField(
            "unlockcode", "licence_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="licence")
        ),
        migrations.AddField(
            "unlockcode",
            "replaces",
            models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="replacement",
                to="downloads.unlockcode",
                verbose_name="issued in place of",
            ),
        ),
        migrations.AddIndex(
            "unlockcode", models.Index(condition=Q(revoked_at__isnull=False), fields=["digest"], name="unlock_code_revoked")
        ),
        migrations.AddConstraint(
            "unlockcode",
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_for="") | (Q(revoked_at__isnull=False) & ~Q(revoked_for="")),
                name="unlock_code_revoked_for",
            ),
        ),
    ]

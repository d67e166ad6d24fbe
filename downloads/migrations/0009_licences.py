"""Licences of unlock codes: number, digest, why one was revoked, and what it replaces. Codes that were revoked before lost their units."""

import uuid
from hashlib import sha256
from typing import Any

import django.core.validators
from django.db import migrations, models

A_BATCH = 2000


def complete(apps: Any, schema_editor: Any) -> None:
    """Number and digest of every code that there is."""
    codes = apps.get_model("downloads", "UnlockCode").objects
    last = 0
    while rows := list(codes.filter(pk__gt=last).order_by("pk")[:A_BATCH]):
        for row in rows:
            row.digest, row.licence_id = sha256(row.code.encode()).hexdigest(), uuid.uuid4()
        codes.bulk_update(rows, ["digest", "licence_id"])
        last = rows[-1].pk
    if codes.filter(revoked_at__isnull=False).update(revoked_for="taken_back"):
        apps.get_model("downloads", "RevocationList").objects.create(pk=1, number=1)


class Migration(migrations.Migration):
    dependencies = [("downloads", "0008_order_of_versions")]

    operations = [
        migrations.CreateModel(
            "RevocationList",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveBigIntegerField(default=0, verbose_name="number")),
            ],
            {"verbose_name": "list of revoked codes", "verbose_name_plural": "lists of revoked codes"},
        ),
        migrations.AddField(
            "publickey",
            "purpose",
            models.CharField(
                choices=[("releases", "release files"), ("licences", "licence files and lists of revoked codes")],
                default="releases",
                editable=False,
                max_length=10,
                verbose_name="signs",
            ),
        ),
        migrations.AddField(
            "product",
            "seats_per_unit",
            models.PositiveIntegerField(
                default=1,
                help_text="How many people or computers one unlock code is for. What was bought before keeps its number.",
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="seats for each unit bought",
            ),
        ),
        migrations.AddField(
            "entitlement", "seats_per_unit", models.PositiveIntegerField(default=1, editable=False, verbose_name="seats for each unit")
        ),
        migrations.AddField(
            "unlockcode",
            "revoked_for",
            models.CharField(
                blank=True,
                choices=[("taken_back", "its unit was taken back"), ("reissued", "a new code was issued in its place")],
                default="",
                max_length=10,
                verbose_name="why it was revoked",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "unlockcode", "digest", models.CharField(default="", editable=False, max_length=64, verbose_name="SHA-256"), preserve_default=False
        ),
        migrations.AddField("unlockcode", "licence_id", models.UUIDField(editable=False, null=True, verbose_name="licence")),
        migrations.RunPython(complete, migrations.RunPython.noop, elidable=True),
    ]

"""The ledger of downloads. What was allowed and used before it began is carried over, so that it sums to the counters from its first line.

Processes of the version before spend downloads without a line: stop them for this migration, as CHANGELOG.md says.
"""

from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models import Q

A_BATCH = 2000
FEWER = ("taken_back", "spent", "carried_used")


def carry_over(apps: Any, schema_editor: Any) -> None:
    """Two lines at most for each entitlement: what it allows, and what was used of that."""
    entries = apps.get_model("downloads", "AllowanceEntry")
    counters = apps.get_model("downloads", "Entitlement").objects.order_by("pk").values_list("pk", "downloads_allowed", "downloads_used")
    lines = []
    for pk, allowed, used in counters.iterator(A_BATCH):
        for kind, change in (("carried_allowed", allowed), ("carried_used", -used)):
            if change:
                lines.append(entries(entitlement_id=pk, kind=kind, change=change, actor="site"))
        if len(lines) >= A_BATCH:
            entries.objects.bulk_create(lines)
            lines = []
    entries.objects.bulk_create(lines)


class Migration(migrations.Migration):
    dependencies = [("downloads", "0004_signatures")]

    operations = [
        migrations.AddField("downloadsession", "returned_at", models.DateTimeField(blank=True, null=True, verbose_name="given back")),
        migrations.CreateModel(
            "AllowanceEntry",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("granted", "granted with the product"),
                            ("added", "added by our staff"),
                            ("taken_back", "taken back with units of the product"),
                            ("restored", "restored with units of the product"),
                            ("carried_allowed", "allowed before this record began"),
                            ("spent", "download taken"),
                            ("returned", "failed download given back"),
                            ("carried_used", "taken before this record began"),
                        ],
                        max_length=20,
                        verbose_name="what",
                    ),
                ),
                ("change", models.IntegerField(verbose_name="change")),
                (
                    "actor",
                    models.CharField(
                        choices=[
                            ("customer", "the customer"),
                            ("staff", "a member of staff"),
                            ("partner", "a partner's notification"),
                            ("site", "the site"),
                        ],
                        max_length=20,
                        verbose_name="by",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="when")),
                (
                    "entitlement",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="allowance_entries",
                        to="downloads.entitlement",
                        verbose_name="entitlement",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="downloads.downloadsession",
                        verbose_name="download session",
                    ),
                ),
            ],
            {
                "verbose_name": "change of the download allowance",
                "verbose_name_plural": "changes of the download allowance",
                "ordering": ["-pk"],
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["entitlement", "-id"], name="allowance_entitlement")],
                "constraints": [
                    models.UniqueConstraint(fields=["session", "kind"], name="allowance_session_once"),
                    models.CheckConstraint(
                        condition=Q(kind__in=FEWER, change__lt=0) | (~Q(kind__in=FEWER) & Q(change__gt=0)), name="allowance_change_direction"
                    ),
                ],
            },
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
    ]

"""A session is written again with each part of its file that was sent. Half of each page of its table is left free for that, so that
PostgreSQL finds room beside the row and touches no index; and two indexes go that others begin with too."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def leave_room(apps: Any, schema_editor: Any) -> None:
    set_storage(schema_editor, "SET (fillfactor = 50)")


def leave_none(apps: Any, schema_editor: Any) -> None:
    set_storage(schema_editor, "RESET (fillfactor)")


def set_storage(schema_editor: Any, change: str) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"ALTER TABLE downloads_downloadsession {change}")


class Migration(migrations.Migration):
    dependencies = [("downloads", "0014_names_of_files_once")]

    operations = [
        migrations.AlterField(
            "downloadsession",
            "entitlement",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="download_sessions",
                to="downloads.entitlement",
                verbose_name="entitlement",
            ),
        ),
        migrations.AlterField(
            "downloadsession",
            "file",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="download_sessions",
                to="downloads.releasefile",
                verbose_name="file",
            ),
        ),
        migrations.RunPython(leave_room, leave_none),
    ]

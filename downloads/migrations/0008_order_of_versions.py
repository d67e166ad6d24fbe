"""Gives each release its place in the order of versions. A version that is none keeps the place before all others until staff write it anew."""

from contextlib import suppress
from typing import Any

import django.db.models.functions.comparison
from django.db import migrations, models

from downloads.versions import NotAVersion, key_of


def fill_keys(apps: Any, schema_editor: Any) -> None:
    releases = apps.get_model("downloads", "Release").objects
    for pk, version in releases.values_list("pk", "version").iterator():
        with suppress(NotAVersion):
            releases.filter(pk=pk).update(version_key=key_of(version))


class Migration(migrations.Migration):
    dependencies = [("downloads", "0007_editions_channels_upgrades")]

    operations = [
        migrations.RunPython(fill_keys, migrations.RunPython.noop),
        migrations.AddField(
            model_name='release',
            name='counts_from',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Coalesce('backdated_to', 'published_at'), output_field=models.DateTimeField(null=True)),
        ),
        migrations.AddIndex(
            model_name='release',
            index=models.Index(fields=['product', '-version_key', '-id'], name='release_latest'),
        ),
        migrations.AlterField("release", "version_key", models.CharField(editable=False, max_length=400, verbose_name="sorts by")),
    ]

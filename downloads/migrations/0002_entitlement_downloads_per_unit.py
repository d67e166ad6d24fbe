"""What a unit brought is kept with the entitlement, so that a refund takes back what was granted and not what the product grants today."""

from typing import Any

import django.db.models as models
from django.db import migrations


def as_granted(apps: Any, schema_editor: Any) -> None:
    entitlements = apps.get_model("downloads", "Entitlement").objects
    product = apps.get_model("downloads", "Product").objects.filter(pk=models.OuterRef("product_id"))
    entitlements.update(downloads_per_unit=models.Subquery(product.values("downloads_per_unit")[:1]))


class Migration(migrations.Migration):
    dependencies = [("downloads", "0001_initial")]

    operations = [
        migrations.AddField(
            "entitlement",
            "downloads_per_unit",
            models.PositiveSmallIntegerField(default=0, editable=False, verbose_name="downloads for each unit"),
            preserve_default=False,
        ),
        migrations.RunPython(as_granted, migrations.RunPython.noop),
    ]

"""A product's shelf: the files of its latest release, the same for every customer, so rendered once for all of them.

A new release is on the shelf within half a minute. What may really be downloaded is decided when the button is pressed.
"""

from collections.abc import Iterable

from django.core.cache import cache
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from downloads.models import ReleaseFile

FRESH_FOR = 30  # seconds


def shelves_of(product_ids: Iterable[int]) -> dict[int, SafeString]:
    """The HTML of each product's shelf, from the cache where it is fresh."""
    keys = {f"shelf:{get_language()}:{product_id}": product_id for product_id in product_ids}
    found = cache.get_many(keys)
    missing = keys.keys() - found.keys()
    if missing:
        rendered = rendered_shelves({keys[key] for key in missing})
        new = {key: rendered[keys[key]] for key in missing}
        cache.set_many(new, FRESH_FOR)
        found |= new
    return {keys[key]: mark_safe(html) for key, html in found.items()}  # noqa: S308  (rendered by our own template)


def rendered_shelves(product_ids: set[int]) -> dict[int, str]:
    files: dict[int, list[ReleaseFile]] = {product_id: [] for product_id in product_ids}
    for file in ReleaseFile.objects.latest_of(product_ids, timezone.now()):
        files[file.release.product_id].append(file)
    return {product_id: str(render_to_string("downloads/shelf.html", {"files": its_files})) for product_id, its_files in files.items()}

"""A product's shelf: its name and the files of its latest release, the same for every customer, so rendered once for all of them.

A new release is on the shelf within half a minute. What may really be downloaded is decided when the button is pressed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.cache import cache
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from downloads.models import Product, ReleaseFile

FRESH_FOR = 30  # seconds


@dataclass(frozen=True)
class Shelf:
    """The product's name, and its latest release as HTML with a button for each file."""

    name: str
    html: SafeString


def shelves_of(product_ids: Iterable[int]) -> dict[int, Shelf]:
    """Each product's shelf, from the cache where it is fresh."""
    keys = {f"shelf:{get_language()}:{product_id}": product_id for product_id in product_ids}
    found: dict[str, Shelf] = cache.get_many(keys)
    if missing := keys.keys() - found.keys():
        filled = filled_shelves({keys[key] for key in missing})
        new = {key: filled[keys[key]] for key in missing}
        cache.set_many(new, FRESH_FOR)
        found |= new
    return {keys[key]: shelf for key, shelf in found.items()}


def filled_shelves(product_ids: set[int]) -> dict[int, Shelf]:
    files: dict[int, list[ReleaseFile]] = {product_id: [] for product_id in product_ids}
    for file in ReleaseFile.objects.latest_of(product_ids, timezone.now()):
        files[file.release.product_id].append(file)
    names = Product.objects.in_bulk(product_ids)
    return {pk: Shelf(names[pk].name, render_to_string("downloads/shelf.html", {"files": files[pk]})) for pk in product_ids}

"""An announcement as mail: its subject and both parts, made together from one source, with the placeholders of each mail left in."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import css_inline
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import escape
from django.utils.safestring import mark_safe

from announcements.models import Announcement
from announcements.placeholders import MEANING, PLACEHOLDER, spelled
from announcements.writing.body import as_html, as_text, excerpt
from downloads.feeds.catalogue import changelog_of, page_of
from downloads.models import Product, Release

# Styles stand in the elements, for many mail programs know no other; what they cannot say (dark, narrow) stays in <style>. Nothing is fetched.
inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, keep_at_rules=True)

SPACE = re.compile(r"\n{3,}")


@dataclass(frozen=True)
class Content:
    """What is frozen when the sending begins: one line, text, and a whole document of HTML."""

    subject: str
    text: str
    html: str

    def filled(self, values: Mapping[str, str]) -> "Content":
        """As one person gets it. In HTML a value is words, and never markup."""
        in_html = {name: escape(value) for name, value in values.items()}
        return Content(put_in(self.subject, values), put_in(self.text, values), put_in(self.html, in_html))


def put_in(text: str, values: Mapping[str, str]) -> str:
    """The text with the values in their places; a placeholder without a value stays."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def contents(announcement: Announcement) -> Content:
    """Of a saved announcement, with what was picked for it."""
    releases = announcement.releases.select_related("product").order_by("product__position", "product__name", "-version_key")
    return contents_of(announcement, announcement.products.all(), releases)


def contents_of(announcement: Announcement, products: Iterable[Product], releases: Iterable[Release]) -> Content:
    """In the language of the announcement; it need not be saved, nor what is picked be its own yet."""
    with translation.override(announcement.language):
        context = context_of(announcement) | {
            "product_blocks": [product_block(product) for product in products],
            "release_blocks": [release_block(release) for release in releases],
        }
        html = inliner.inline(render_to_string("emails/announcements/announcement.html", context))
        text = SPACE.sub("\n\n", render_to_string("emails/announcements/announcement.txt", context).strip())
    return Content(*(alike(part) for part in (one_line(announcement.subject), f"{text}\n", html)))


def alike(text: str) -> str:
    """With every placeholder spelled as the sending looks for it."""
    return PLACEHOLDER.sub(lambda found: spelled(found[1]), text)


def context_of(announcement: Announcement) -> dict[str, Any]:
    body = announcement.body
    return {
        **{name: mark_safe(spelled(name)) for name in MEANING},  # noqa: S308  (each puts itself into its place)
        "subject": one_line(announcement.subject),
        "preheader": one_line(announcement.preheader),
        "body_html": as_html(body),
        "body_text": as_text(body),
        "greets_itself": any(found[1] == "greeting" for found in PLACEHOLDER.finditer(body)),
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "vendor_address": settings.VENDOR_ADDRESS,
    }


def product_block(product: Product) -> dict[str, Any]:
    """With the address of its page, if it has one that everybody sees."""
    return {"name": product.name, "tagline": product.tagline, "url": page_of(product) if product.is_public else ""}


def release_block(release: Release) -> dict[str, Any]:
    """The beginning of what is new, and the address of the rest."""
    notes, is_shortened = excerpt(release.notes.strip())
    url = f"{changelog_of(release.product)}#v{release.version}" if release.product.is_public else ""
    return {
        "name": f"{release.product.name} {release.version}",
        "tagline": release.product.tagline,
        "notes_html": as_html(notes),
        "notes_text": as_text(notes),
        "is_shortened": is_shortened,
        "url": url,
    }


def one_line(text: str) -> str:
    """Without line breaks and controls: a subject is one line of a header."""
    return " ".join(text.split())

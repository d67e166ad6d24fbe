"""The JSON feed (https://www.jsonfeed.org/version/1.1/) with an extension of ours, for updaters of any make; docs/updates.md describes it."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.urls import reverse

from downloads.feeds.catalogue import Subject, address_of, changelog_of, notes_in_html, page_of, releases_of
from downloads.models import Product, Release, ReleaseFile
from infacta.attachment import BINARY
from infacta.moments import moment

CONTENT_TYPE = "application/feed+json; charset=utf-8"
VERSION = "https://jsonfeed.org/version/1.1"


def json_feed(product: Product, subject: Subject, now: datetime) -> bytes:
    """The whole document."""
    page = page_of(product)
    document = {
        "version": VERSION,
        "title": product.name,
        "home_page_url": page,
        "feed_url": address_of_feed(product, subject),
        "description": product.tagline or product.name,
        "language": "en",
        "_infacta": {
            "about": settings.SITE_URL + reverse("website:signatures"),
            "product": product.code,
            "channel": subject.channel.value,
            "edition": subject.edition or None,
        },
        "items": [item_of(product, page, release) for release in releases_of(subject, now)],
    }
    return json.dumps(document, ensure_ascii=False).encode()


def address_of_feed(product: Product, subject: Subject) -> str:
    address = reverse(f"feeds:{subject.channel.value}_feed", args=[product.slug])
    return settings.SITE_URL + address + (f"?edition={quote(subject.edition)}" if subject.edition else "")


def item_of(product: Product, page: str, release: Release) -> dict[str, Any]:
    """A release. Its id stays the same when it is edited."""
    published = moment(release.published_at)
    files = list(release.files.all())
    return {
        "id": f"{page}#{quote(release.version)}",
        "url": changelog_of(product),
        "title": f"{product.name} {release.version}",
        "content_html": notes_in_html(release),
        "content_text": release.notes,
        "date_published": published,
        "attachments": [{"url": address_of(file), "mime_type": BINARY, "title": file.name, "size_in_bytes": file.size} for file in files],
        "_infacta": {
            "version": release.version,
            "channel": release.channel,
            "critical": release.is_critical,
            "rollout": {"start": published, "days": release.rollout_days} if release.rollout_days else None,
            "files": [told_of(file) for file in files],
        },
    }


def told_of(file: ReleaseFile) -> dict[str, Any]:
    return {
        "name": file.name,
        "url": address_of(file),
        "size": file.size,
        "sha256": file.sha256,
        "platform": file.platform,
        "architecture": file.architecture,
        "minimum_system": file.minimum_system or None,
        "edition": file.edition.code if file.edition else None,
        "signature": {"key": file.signed_by_id, "value": file.signature} if file.signed_by_id else None,
        "ed_signature": {"key": file.update_signed_by_id, "value": file.update_signature} if file.update_signed_by_id else None,
    }

"""Feeds kept ready made in the memory of the web process, and never out of date (docs/decisions/feeds.md).

A feed is good as long as its product's mark is the one that it was made under, and until the next release is due: one query for the mark
decides, whatever the feed holds.
"""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from threading import Lock
from uuid import UUID

from downloads.feeds import appcast, json_feed
from downloads.feeds.catalogue import Subject, last_publication, next_publication
from downloads.models import Edition, Product
from infacta.kept import Kept

SECONDS_KEPT = 3600
MOST_FEEDS = 100  # half a megabyte each where a product has hundreds of releases


class NoEdition(Exception):
    """The product has no edition of that code."""


@dataclass(frozen=True)
class Format:
    slug: str
    content_type: str
    make: Callable[[Product, Subject, datetime], bytes]


APPCAST = Format("appcast", appcast.CONTENT_TYPE, appcast.appcast)
JSON = Format("json", json_feed.CONTENT_TYPE, json_feed.json_feed)


@dataclass(frozen=True)
class Feed:
    """A feed ready to be sent, plain and packed; `changed_at` is when it last became another one."""

    mark: UUID
    good_until: datetime | None
    changed_at: datetime
    body: bytes
    packed: bytes
    etag: str

    def is_good(self, mark: UUID, now: datetime) -> bool:
        return self.mark == mark and (self.good_until is None or now < self.good_until)


kept: Kept[Feed] = Kept(SECONDS_KEPT, MOST_FEEDS)
making = Lock()


def feed_of(subject: Subject, form: Format, mark: UUID, now: datetime) -> Feed:
    """The feed as it is now; `mark` is the product's, read for this request. Raises NoEdition.

    One thread makes it, and the others wait for that one: after a new release all updaters come at once.
    """
    key = f"{form.slug}/{subject.product}/{subject.channel}/{subject.edition}/{subject.system}"
    feed = kept.get(key)
    if feed and feed.is_good(mark, now):
        return feed
    with making:
        feed = kept.get(key)
        if not (feed and feed.is_good(mark, now)):
            feed = made(subject, form, now)
            kept.put(key, feed)
    return feed


def made(subject: Subject, form: Format, now: datetime) -> Feed:
    """The mark is read before the rest: what changes meanwhile makes the feed newer than its mark, and never older."""
    product = Product.objects.get(pk=subject.product)
    if subject.edition and not Edition.objects.filter(product=product, code=subject.edition).exists():
        raise NoEdition
    due = next_publication(subject, now)
    last = last_publication(subject, now) or product.catalogue_changed_at
    body = form.make(product, subject, now)
    return Feed(
        mark=product.catalogue_mark,
        good_until=due,
        changed_at=min(now, max(product.catalogue_changed_at, last)),
        body=body,
        packed=gzip.compress(body, mtime=0),
        etag=sha256(body).hexdigest()[:32],
    )

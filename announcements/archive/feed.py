"""The feed of announcements (Atom, RFC 4287): the same bytes as long as nothing was announced, so that its entity tag holds.

Characters that no XML may hold are left out: a page that staff pasted from another program may have some, and readers of feeds take none.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from django.conf import settings
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed

from announcements.archive.neutral import as_entry
from announcements.models import Announcement
from downloads.feeds.appcast import NO_XML

CONTENT_TYPE = "application/atom+xml; charset=utf-8"
MOST_ENTRIES = 20
NEVER = datetime(2000, 1, 1, tzinfo=UTC)


class SteadyFeed(Atom1Feed):
    """Django's own says of an empty feed that it changed just now, each time."""

    def latest_post_date(self) -> datetime:
        return super().latest_post_date() if self.items else NEVER


def atom(title: str, addresses: Mapping[str, str], announcements: Iterable[Announcement]) -> bytes:
    """`addresses` are those of the archive's page and of the feed itself."""
    feed = SteadyFeed(
        title=title,
        link=addresses["page"],
        description="",
        language=settings.LANGUAGE_CODE,
        feed_url=addresses["feed"],
        author_name=settings.SITE_NAME,
    )
    for announcement in announcements:
        address = settings.SITE_URL + reverse("announcements:announcement", args=[announcement.slug])
        feed.add_item(
            title=NO_XML.sub("", announcement.subject),
            link=address,
            description=NO_XML.sub("", as_entry(announcement.body)),
            unique_id=address,
            pubdate=announcement.began_at,
            updateddate=announcement.began_at,
        )
    return feed.writeString("utf-8").encode()

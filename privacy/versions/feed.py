"""The feed of versions (Atom, RFC 4287): the same bytes as long as no policy changed, so that its entity tag holds."""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from privacy.models import PolicyVersion

CONTENT_TYPE = "application/atom+xml; charset=utf-8"
MOST_ENTRIES = 20
NEVER = datetime(2000, 1, 1, tzinfo=UTC)


class SteadyFeed(Atom1Feed):
    """Django's own says of an empty feed that it changed just now, each time."""

    def latest_post_date(self) -> datetime:
        return super().latest_post_date() if self.items else NEVER


def atom(versions: Iterable[PolicyVersion]) -> bytes:
    """In the site's own language: whoever reads a feed says nothing of theirs. Characters that no XML may hold are left out of the site's name."""
    site = "".join(character for character in settings.SITE_NAME if character.isprintable())
    with translation.override(settings.LANGUAGE_CODE):
        feed = SteadyFeed(
            title=_("%(site)s: changes of our privacy policies") % {"site": site},
            link=settings.SITE_URL + reverse("privacy:general"),
            description="",
            language=settings.LANGUAGE_CODE,
            feed_url=settings.SITE_URL + reverse("privacy:feed"),
            author_name=site,
        )
        for version in versions:
            address = settings.SITE_URL + version.get_absolute_url()
            title = _("%(policy)s: version %(number)s") % {"policy": version.get_area_display(), "number": version.number}
            feed.add_item(
                title=title,
                link=address,
                description=title,
                unique_id=address,
                pubdate=version.published_at,
                updateddate=version.published_at,
            )
    return feed.writeString("utf-8").encode()

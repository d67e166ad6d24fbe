"""An announcement's text for everybody: Markdown, with words for all in the place of what is another in each mail."""

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from announcements.placeholders import MEANING, PLACEHOLDER
from announcements.writing.body import as_html
from infacta.markdown import rendered

FIRST_HEADING = 2


def as_page(body: str) -> SafeString:
    """The text as HTML, below the page's own heading."""
    return rendered(in_neutral_words(body), FIRST_HEADING)


def as_entry(body: str) -> SafeString:
    """The same for a feed: whoever reads it there knows no address that relative ones begin from."""
    return as_html(in_neutral_words(body))


def in_neutral_words(body: str) -> str:
    words = neutral_words()
    return PLACEHOLDER.sub(lambda match: words.get(match[1], ""), body)


def neutral_words() -> dict[str, str]:
    """For each placeholder; one that there is not says nothing. Links of one person's mail lead to where anybody joins, and reads how to leave."""
    archive = settings.SITE_URL + reverse("announcements:archive")
    words = {
        "greeting": _("Good day,"),
        "email": _("your address"),
        "leave_url": archive,
        "preferences_url": archive,
        "why": _("This went to our customers, and to those who joined the announcement group."),
    }
    return {name: words[name] for name in MEANING}

"""What stands in the places of an announcement for somebody to look at: for a person whom there is not, or for a colleague."""

from collections.abc import Mapping

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from announcements.models import Mailbox

NOBODY = "0" * 32


def for_nobody() -> Mapping[str, str]:
    """A preview is for an invented customer: nobody's data are needed to see how a greeting looks."""
    return values_for(_("Alex Example"), "alex@example.com", NOBODY)


def for_colleague(name: str, email: str) -> Mapping[str, str]:
    """The links of a test are the colleague's own, and work: whoever leaves by them has left."""
    return values_for(name, email, Mailbox.objects.at(email).token)


def values_for(name: str, email: str, token: str) -> Mapping[str, str]:
    return {
        "greeting": _("Hello %(name)s,") % {"name": name} if name else _("Hello,"),
        "email": email,
        "leave_url": settings.SITE_URL + reverse("announcements:leave", args=[token]),
        "preferences_url": settings.SITE_URL + reverse("announcements:preferences", args=[token]),
        "why": _("You get this mail because you are a customer of %(site)s.") % {"site": settings.SITE_NAME},
    }

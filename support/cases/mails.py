"""What is mailed about a case: never with the customer's own words in it, and gone from the outbox when the case is destroyed."""

from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import get_language

from mailroom.models import OutgoingMail
from mailroom.outgoing import write
from support.models import Case


def mail(case: Case, name: str, occasion: str, **context: Any) -> OutgoingMail | None:
    """Write the mail `templates/emails/support/<name>/` to whoever asked, once for each `occasion`; None if we know no address.

    Answers to it come back into the case, and mail programs show all of its mails as one thread. It is written in the customer's language, and
    without an account in that in which they asked.
    """
    if not case.details.email:
        return None
    with translation.override(spoken(case.details.language)):
        return write(
            f"support/{name}",
            to=case.details.email,
            cause=f"{cause_of(case)}{occasion}",
            user=case.user,
            reply_to=case.mail_address,
            in_reply_to=beginning_of(case),
            case=case,
            access=case.access,
            **context,
        )


def spoken(language: str) -> str:
    """The language if the site speaks it; the one that is active otherwise."""
    return language if language in dict(settings.LANGUAGES) else get_language() or settings.LANGUAGE_CODE


def beginning_of(case: Case) -> str:
    """The Message-ID of the first mail of the case: the one that opened it, or ours that said so; "" for that one itself."""
    first = OutgoingMail.objects.filter(cause=f"{cause_of(case)}opened").values_list("message_id", flat=True)
    return case.details.message_id or first.first() or ""


def cause_of(case: Case) -> str:
    """What the causes of all mails about this case begin with."""
    return f"case:{case.pk}:"

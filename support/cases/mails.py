"""What is mailed about a case: never with the customer's own words in it, and gone from the outbox when the case is destroyed."""

from typing import Any

from mailroom.models import OutgoingMail
from mailroom.outgoing import write
from support.models import Case


def mail(case: Case, name: str, occasion: str, **context: Any) -> OutgoingMail | None:
    """Write the mail `templates/emails/support/<name>/` to whoever asked, once for each `occasion`; None if we know no address."""
    if not case.details.email:
        return None
    return write(
        f"support/{name}",
        to=case.details.email,
        cause=f"{cause_of(case)}{occasion}",
        user=case.user,
        case=case,
        access=case.access,
        **context,
    )


def cause_of(case: Case) -> str:
    """What the causes of all mails about this case begin with."""
    return f"case:{case.pk}:"

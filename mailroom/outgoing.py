"""Writing a mail: one row, in the transaction that causes it."""

from contextlib import nullcontext
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string

from infacta.reading import as_read_by
from mailroom.models import OutgoingMail
from mailroom.tasks import send_mail


def write(name: str, *, to: str, cause: str, user: Any = None, **context: Any) -> OutgoingMail:
    """Write the mail `templates/emails/<name>/` to one address, and wake a worker after the commit.

    `cause` is unique: a second mail for the same cause is not written, and the first one is returned. About a `user` we write in their
    language and time zone; without one, in those of whoever asked.
    """
    context |= {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "support_email": settings.SUPPORT_EMAIL,
        "vendor_address": settings.VENDOR_ADDRESS,
        "user": user,
        "to": to,
    }
    mail = OutgoingMail(cause=cause, user=user, to=to, **rendered(name, context))
    try:
        with transaction.atomic():
            mail.save(force_insert=True)
    except IntegrityError:
        return OutgoingMail.objects.get(cause=cause)
    send_mail.wake(mail.pk)
    return mail


def rendered(name: str, context: dict[str, Any]) -> dict[str, str]:
    """Subject and bodies, in the language and time zone of the `user` whom the mail is about."""
    with as_read_by(context["user"]) if context["user"] else nullcontext():
        return {
            "subject": " ".join(render_to_string(f"emails/{name}/subject.txt", context).split())[:250],
            "text": render_to_string(f"emails/{name}/body.txt", context),
            "html": render_to_string(f"emails/{name}/body.html", context),
        }

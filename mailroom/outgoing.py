"""Writing a mail: one row, in the transaction that causes it."""

import re
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from email.utils import make_msgid
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import translation

from infacta.reading import as_read_by
from mailroom.models import OutgoingMail
from mailroom.tasks import send_mail

MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,248}>")


def write(
    name: str, *, to: str, cause: str, user: Any = None, reply_to: str = "", in_reply_to: str = "", attached: str = "", **context: Any
) -> OutgoingMail:
    """Write the mail `templates/emails/<name>/` to one address, and wake a worker after the commit.

    `cause` is unique: a second mail for the same cause is not written, and the first one is returned. About a `user` we write in their
    language and time zone; without one, in those of whoever asked. Answers go to `reply_to`; `in_reply_to` is the Message-ID of a mail that this
    one belongs to, and is left out if it is none; `attached` names what goes with it (mailroom/attaching.py). To where nobody is (`reaches_nobody`)
    nothing is written, and what is returned is no row.
    """
    in_reply_to = in_reply_to if MESSAGE_ID.fullmatch(in_reply_to) else ""
    headers = {"reply_to": reply_to, "in_reply_to": in_reply_to, "attached": attached}
    mail = OutgoingMail(cause=cause, user=user, to=to, **headers, **rendered(name, common(user, to) | context))
    if reaches_nobody(to):
        return mail
    try:
        with transaction.atomic():
            mail.save(force_insert=True)
    except IntegrityError:
        return OutgoingMail.objects.get(cause=cause)
    send_mail.wake(mail.pk)
    return mail


def reaches_nobody(to: str) -> bool:
    """An address that stands where a person was erased (accounts/erasing.py): no mail server takes it (RFC 6761, 6.4), and no mail is kept for it."""
    return to.endswith(".invalid")


@dataclass(frozen=True)
class Letter:
    """One of many mails by the same template: as for `write`; in `language` if we know of no user, and else in theirs."""

    to: str
    cause: str
    user: Any = None
    language: str = ""
    context: dict[str, Any] = field(default_factory=dict)


def write_all(name: str, letters: Iterable[Letter]) -> None:
    """Write many mails in one statement; of a cause that has written one already, none. The sweep finds them within seconds."""
    some = [drafted(name, letter) for letter in letters if not reaches_nobody(letter.to)]
    OutgoingMail.objects.bulk_create(some, ignore_conflicts=True)


def drafted(name: str, letter: Letter) -> OutgoingMail:
    spoken = letter.language if letter.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    with translation.override(spoken):
        words = rendered(name, common(letter.user, letter.to) | letter.context)
    message_id = make_msgid(domain=settings.SITE_HOST)
    return OutgoingMail(cause=letter.cause, user=letter.user, to=letter.to, message_id=message_id, **words)


def common(user: Any, to: str) -> dict[str, Any]:
    """What every mail may name."""
    return {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "support_email": settings.SUPPORT_EMAIL,
        "vendor_address": settings.VENDOR_ADDRESS,
        "user": user,
        "to": to,
    }


def rendered(name: str, context: dict[str, Any]) -> dict[str, str]:
    """Subject and bodies, in the language and time zone of the `user` whom the mail is about."""
    with as_read_by(context["user"]) if context["user"] else nullcontext():
        return {
            "subject": " ".join(render_to_string(f"emails/{name}/subject.txt", context).split())[:250],
            "text": render_to_string(f"emails/{name}/body.txt", context),
            "html": render_to_string(f"emails/{name}/body.html", context),
        }

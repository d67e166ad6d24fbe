"""The incoming mailroom: each mail becomes a row, once, and is then offered to the handlers that apps declare in their incoming_mail.py.

    pipe or Maildir → opened, without card data → a row → the first handler that takes it → its text is destroyed
                                                       → nobody wants it, or somebody breaks → quarantine, for staff

Nothing is ever answered, so no mail can begin a loop.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from mailroom.models import IncomingMail
from mailroom.opening import Mail, opened_mail, without_files

log = logging.getLogger(__name__)
Take = Callable[[Mail], bool]


@dataclass(frozen=True)
class Handler:
    """`is_private` says of which mails the files are kept for it, and of which nothing may be kept in plain."""

    take: Take
    is_private: Callable[[Mail], bool] = without_files


handlers: dict[str, Handler] = {}
"""In the order in which they are asked."""


class CannotTake(Exception):
    """The mail is this handler's, and it can do nothing with it; the message says why, to staff, and repeats nothing of the mail."""


def handles(name: str, is_private: Callable[[Mail], bool] = without_files, *, before_others: bool = False) -> Callable[[Take], Take]:
    """Declare a handler: it returns whether the mail was its own and is dealt with, or raises CannotTake. All of it in one transaction.

    Apps are asked in the order in which they are installed; before others, one that knows its mails by an address of its own making.
    """

    def declare(take: Take) -> Take:
        declared = {name: Handler(take, is_private)}
        rest = dict(handlers)
        handlers.clear()
        handlers.update(declared | rest if before_others else rest | declared)
        return take

    return declare


def is_private(mail: Mail) -> bool:
    """Whether the files of the mail are taken, and nothing of it is kept in plain: before it is known who takes it in the end."""
    return any(handler.is_private(mail) for handler in handlers.values())


def take_in(raw: bytes, recipient: str = "") -> IncomingMail:
    """Keep a mail, and deal with it. Once this returns the mail is safe; DatabaseError if it could not be kept, and must be offered again."""
    mail = opened_mail(raw, recipient, is_private)
    row = IncomingMail.objects.keep(mail, in_private=is_private(mail))
    try:
        handle(row.pk)
    except DatabaseError:
        log.exception("The mail %s is kept, and the next sweep deals with it.", row.pk)
    return row


def handle(mail_id: int) -> bool:
    """Deal with one mail that waits; whether it did. What breaks counts in a transaction of its own."""
    try:
        with transaction.atomic():
            row = IncomingMail.objects.claim(mail_id)
            if row is None:
                return False
            offer(row)
    except Exception as error:
        log.exception("The incoming mail %s could not be dealt with.", mail_id)
        note_break(mail_id, error)
    return True


def offer(row: IncomingMail) -> None:
    mail = row.mail
    if mail is None:
        row.quarantine(_("Its text is gone."))
    elif mail.problem:
        row.quarantine(mail.problem)
    else:
        offer_to_handlers(row, mail)


def offer_to_handlers(row: IncomingMail, mail: Mail) -> None:
    for name, handler in handlers.items():
        try:
            with transaction.atomic():
                is_theirs = handler.take(mail)
        except CannotTake as reason:
            return row.quarantine(str(reason))
        if is_theirs:
            return row.take(name)
    return row.quarantine(_("Nobody here expects such a mail."))


@transaction.atomic
def note_break(mail_id: int, error: Exception) -> None:
    row = IncomingMail.objects.claim(mail_id)
    if row:
        row.broke(_("It broke (%(error)s); the log tells where.") % {"error": type(error).__name__})

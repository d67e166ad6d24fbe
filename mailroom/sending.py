"""Sending outgoing mail: claim, send, report.

A mail is claimed in a commit of its own, sent, and then marked sent in one statement fenced by the claim's token, which also
destroys its content. A worker killed in between leaves a claim that lapses; the mail is then sent again with the same
Message-ID. So a mail is sent at least once: a second copy of an unlock code does no harm, a missing one does.

A mail that is taken out of the worker's hands meanwhile (mailroom/outbox.py) is not sent, unless the relay has it already.
"""

import logging
import smtplib
from datetime import timedelta
from secrets import token_hex

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection as database
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from mailroom.attaching import NothingToAttach, attachment
from mailroom.models import MailState, OutgoingMail, OutgoingMailQuerySet
from mailroom.outbox import destroy_files

log = logging.getLogger(__name__)

BATCH = 20
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=6)
AUTHENTICATION = (530, 534, 535, 538)  # RFC 4954


class Refused(Exception):
    """The relay will never take this mail; the message is its answer."""


class NotNow(Exception):
    """The relay did not take this mail, but may later; the message is its answer."""


class RelayAway(Exception):
    """No connection to the relay: nothing can be sent at the moment."""


def send(mail_id: int) -> int:
    """Send one mail if it is due; returns how many were sent (0 or 1)."""
    return send_all(OutgoingMail.objects.filter(pk=mail_id))


def send_due() -> int:
    """Send everything that is due, in batches over one connection each; returns how many were sent."""
    return send_all(OutgoingMail.objects.all())


def send_all(chosen: OutgoingMailQuerySet) -> int:
    """Send those of the chosen mails that are due; ends early while the relay is away."""
    sent = 0
    while mails := claim(chosen, limit=BATCH):
        try:
            sent += send_batch(mails)
        except RelayAway as away:
            for mail in mails:
                postpone(mail, str(away))
            break
    return sent


@transaction.atomic
def claim(mails: OutgoingMailQuerySet, limit: int) -> list[OutgoingMail]:
    """Take up to `limit` due mails for this worker alone, until its lease lapses. A claim counts as an attempt, whatever comes of it."""
    now, token = timezone.now(), token_hex(16)
    due = mails.due(now).order_by("next_try_at", "pk")
    if database.features.has_select_for_update_skip_locked:
        due = due.select_for_update(skip_locked=True)
    ids = list(due.values_list("pk", flat=True)[:limit])
    if not ids:
        return []
    claimed = OutgoingMail.objects.filter(pk__in=ids)
    claimed.update(state=MailState.SENDING, lease_token=token, lease_until=now + OutgoingMail.LEASE, attempts=F("attempts") + 1)
    return list(claimed.order_by("pk"))


def send_batch(mails: list[OutgoingMail]) -> int:
    """Send claimed mails over one connection; whatever the relay says of one mail, the others go on. RelayAway if there is no connection."""
    relay: BaseEmailBackend = get_connection()
    sent = 0
    try:
        for mail in mails:
            open_connection(relay)
            sent += renew(mail) and deliver(mail, relay)
    finally:
        close(relay)
    return sent


def open_connection(relay: BaseEmailBackend) -> None:
    """Connect and log in, unless it is done; RelayAway if that fails, a refused log-in too."""
    try:
        relay.open()
    except (OSError, smtplib.SMTPException) as error:
        raise RelayAway(f"{type(error).__name__}: {error}") from error


def renew(mail: OutgoingMail) -> bool:
    """Begin the lease anew, for the mails before this one may have taken long; False if another worker has the mail by now, or nobody shall."""
    if mine(mail).update(lease_until=timezone.now() + OutgoingMail.LEASE):
        return True
    let_go(mail)
    return False


def mine(mail: OutgoingMail) -> OutgoingMailQuerySet:
    """The row, while the claim that `mail` was read with still holds."""
    return OutgoingMail.objects.filter(pk=mail.pk, state=MailState.SENDING, lease_token=mail.lease_token)


def deliver(mail: OutgoingMail, relay: BaseEmailBackend) -> bool:
    """Send one claimed mail and report what came of it; True if the relay took it."""
    try:
        hand_over(mail, relay)
    except Refused as refusal:
        report(mail, state=MailState.FAILED, answer=str(refusal))
        return False
    except NotNow as answer:
        postpone(mail, str(answer))
        return False
    report(mail, state=MailState.SENT, sent_at=timezone.now(), answer="", **OutgoingMail.EMPTY)
    return True


def hand_over(mail: OutgoingMail, relay: BaseEmailBackend) -> None:
    """Give the mail to the relay; Refused or NotNow if it is not taken (RFC 5321, 4.2.1: 5xx is final, 4xx is not)."""
    try:
        relay.send_messages([message_of(mail)])
    except smtplib.SMTPResponseException as error:
        close(relay)
        raise verdict(error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPRecipientsRefused as error:
        close(relay)
        raise verdict(*next(iter(error.recipients.values()))) from error
    except (OSError, smtplib.SMTPException) as error:
        close(relay)
        raise NotNow(f"{type(error).__name__}: {error}") from error
    except NothingToAttach as error:
        raise Refused(str(error)) from error
    except Exception as error:  # whatever is wrong with this mail must not hold up the others
        log.error("The mail %s cannot be written: %s.", mail.pk, type(error).__name__)
        close(relay)
        raise Refused(type(error).__name__) from error


def verdict(code: int, words: bytes | str) -> Refused | NotNow:
    """What an SMTP reply means. That a log-in is missing or refused is the operator's fault and no mail's, and may be mended."""
    answer = f"{code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"
    return Refused(answer) if 500 <= code < 600 and code not in AUTHENTICATION else NotNow(answer)


def message_of(mail: OutgoingMail) -> EmailMultiAlternatives:
    """The mail as it goes out; the Message-ID is the row's own, so that a second copy is recognised as one. NothingToAttach."""
    headers = {"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
    if mail.in_reply_to:  # RFC 3834, 5; RFC 5322, 3.6.4
        headers |= {"Auto-Submitted": "auto-replied", "In-Reply-To": mail.in_reply_to, "References": mail.in_reply_to}
    reply_to = [mail.reply_to] if mail.reply_to else None
    message = EmailMultiAlternatives(mail.subject, mail.text, to=[mail.to], headers=headers, reply_to=reply_to)
    message.attach_alternative(mail.html, "text/html")
    if mail.attached:
        message.attach(*attachment(mail.attached), "application/octet-stream")
    return message


def postpone(mail: OutgoingMail, answer: str) -> None:
    """Try again later, ever less often, until its text must be destroyed (mailroom.tasks.purge_mails)."""
    pause = min(FIRST_PAUSE * 2 ** min(mail.attempts - 1, 16), LONGEST_PAUSE)
    report(mail, state=MailState.PENDING, answer=answer, next_try_at=timezone.now() + pause)


def report(mail: OutgoingMail, **changes: object) -> None:
    """Write what came of a claim, unless it lapsed and another worker has the mail since. The answer may hold an address, so the log has none of it."""
    answer = " ".join(str(changes.pop("answer")).split())[:300]
    if not mine(mail).update(lease_token="", lease_until=None, answer=answer, **changes):
        let_go(mail)
    elif answer:
        log.warning("The mail %s was not sent (attempt %s); the row has the relay's answer.", mail.pk, mail.attempts)


def let_go(mail: OutgoingMail) -> None:
    """The mail was taken out of this worker's hands. If it was to be destroyed that can be done now, and no file of it may be left behind."""
    withdrawn = OutgoingMail.objects.filter(pk=mail.pk, lease_token=mail.lease_token, state=MailState.FAILED)
    withdrawn.update(lease_token="", lease_until=None)
    if not OutgoingMail.objects.filter(pk=mail.pk).exclude(state=MailState.FAILED).exists():
        destroy_files([mail.message_id])


def close(relay: BaseEmailBackend) -> None:
    """End the connection; one that is broken already needs no farewell."""
    try:
        relay.close()
    except (OSError, smtplib.SMTPException) as error:
        log.info("The relay had gone before the farewell: %s", error)

"""Mails that tell of mails: what came back to bounce+TOKEN@, and complaints, wherever they arrive."""

import logging
import re
from collections.abc import Iterator

from django.conf import settings
from django.utils.translation import gettext as _

from announcements.models import BounceKind, Delivery, Mailbox
from announcements.returned.bounce_reading import Verdict, complaint_in, feedback_in, verdict_of_mail, verdict_of_report
from announcements.returned.bounces import note, note_of_mailbox
from announcements.tokens import delivery_of, message_id
from mailroom.incoming import CannotTake, handles
from mailroom.opening import ORIGINAL, STATUS, Mail

log = logging.getLogger(__name__)
BOUNCE_ADDRESS = re.compile(r"bounce\+([0-9a-z-]+)@([0-9a-z.-]+)", re.IGNORECASE)
LEAVE_TOKEN = re.compile(r"(?:/leave/|leave\+)([0-9a-z]{32})\b", re.IGNORECASE | re.ASCII)
MESSAGE_ID = re.compile(r"<([0-9]{1,18})\.([0-9]{1,18})\.[0-9a-f]+@[^<>]*>", re.IGNORECASE)
MOST_TOKENS = 20


@handles("bounces and complaints")
def take_bounce(mail: Mail) -> bool:
    """A complaint about a mail of ours, or what came back to the sender's address of one. A token that is not ours changes nothing."""
    return take_complaint(mail) or take_returned(mail)


def take_complaint(mail: Mail) -> bool:
    """A feedback report (RFC 5965) that names a mail of ours; providers write to abuse@ or wherever they were told to."""
    feedback = feedback_in(mail)
    if feedback is None:
        return False
    verdict = complaint_in(feedback)
    delivery = next(deliveries_named(mail, feedback), None)
    if delivery:
        note(delivery, verdict)
        return True
    mailbox = Mailbox.objects.filter(token__in=leave_tokens(mail)).first()
    if mailbox and verdict.kind:
        note_of_mailbox(mailbox, verdict, f"{BounceKind.COMPLAINT}:mail:{mail.digest}")
    return mailbox is not None


def deliveries_named(mail: Mail, feedback: dict[str, str]) -> Iterator[Delivery]:
    """By the sender's address that the mail had (RFC 5965 has it in a field of its own), or by its Message-ID, which is a function of it."""
    told = originals(mail)
    senders = [feedback.get("original-mail-from", ""), *told, *mail.recipients]
    tokens = [match[1] for text in senders for match in BOUNCE_ADDRESS.finditer(text) if is_ours(match[2])]
    numbers = [number for token in tokens[:MOST_TOKENS] if (number := delivery_of(token))]
    named = [match for text in told for match in MESSAGE_ID.finditer(text)][:MOST_TOKENS]
    numbers += [int(match[2]) for match in named if message_id(int(match[1]), int(match[2])).lower() == match[0].lower()]
    yield from Delivery.objects.filter(pk__in=numbers).select_related("mailbox__user")


def originals(mail: Mail) -> list[str]:
    """Return-Path and Message-ID of the mail that is complained about."""
    lines = [line for kind, text in mail.reports if kind == ORIGINAL for line in text.split("\n")]
    return [line for line in lines if line.startswith(("return-path:", "message-id:"))]


def leave_tokens(mail: Mail) -> list[str]:
    found = [match[1].lower() for kind, text in mail.reports if kind == ORIGINAL for match in LEAVE_TOKEN.finditer(text)]
    return found[:MOST_TOKENS]


def take_returned(mail: Mail) -> bool:
    """What came to bounce+TOKEN@. CannotTake for what a person wrote there: staff read it."""
    tokens = [match[1] for address in mail.recipients if (match := BOUNCE_ADDRESS.fullmatch(address)) and is_ours(match[2])]
    if not tokens:
        return False
    number = next((found for token in tokens[:MOST_TOKENS] if (found := delivery_of(token))), None)
    delivery = Delivery.objects.select_related("mailbox__user").filter(pk=number or 0).first()
    if delivery is None:  # made up, or so old that the delivery is deleted
        log.warning("A mail came back for which there is no delivery; nothing follows from it.")
        return True
    verdict = verdict_for(mail, delivery)
    if verdict is None:
        raise CannotTake(_("A person seems to have answered an announcement."))
    note(delivery, verdict)
    return True


def verdict_for(mail: Mail, delivery: Delivery) -> Verdict | None:
    if any(kind == STATUS for kind, _text in mail.reports):
        return verdict_of_report(mail, delivery.mailbox.email.lower())
    return verdict_of_mail(mail)


def is_ours(domain: str) -> bool:
    return domain.lower() == settings.MAIL_DOMAIN.lower()

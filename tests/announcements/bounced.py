"""Announcements that were sent, and mails that come back, written after the documented formats of mail servers."""

from pathlib import Path

from django.conf import settings

from announcements.models import Announcement, Basis, Delivery, DeliveryState, Mailbox, State
from announcements.tokens import verp_token
from mailroom.incoming import take_in
from mailroom.models import IncomingMail

MAILS = Path(__file__).parent / "mails"
NAMES = sorted(path.stem for path in MAILS.glob("*.eml"))


def announcement(slug: str = "notebook-2", **values: object) -> Announcement:
    return Announcement.objects.create(**{"subject": "Notebook 2.0", "slug": slug, "state": State.SENT} | values)


def delivered(email: str = "alice@example.com", told: Announcement | None = None, state: str = DeliveryState.SENT) -> Delivery:
    """An announcement that went to this address."""
    return Delivery.objects.create(announcement=told or announcement(), mailbox=Mailbox.objects.at(email), basis=Basis.JOINED, state=state)


def returned(name: str, delivery: Delivery, token: str | None = None, mail_from: str = "", original: str = "") -> bytes:
    """The mail of this name in mails/, about this delivery. Only complaints use `mail_from` and `original`: the sender's address and headers that they show."""
    values = {
        "token": verp_token(delivery.pk) if token is None else token,
        "domain": settings.MAIL_DOMAIN,
        "address": delivery.mailbox.email,
        "mail_from": mail_from,
        "original": original,
    }
    text = (MAILS / f"{name}.eml").read_text()
    for key, value in values.items():
        text = text.replace("{" + key + "}", value)
    return text.encode()


def comes_back(name: str, delivery: Delivery, **values: str) -> IncomingMail:
    row = take_in(returned(name, delivery, **values))
    return IncomingMail.objects.get(pk=row.pk)

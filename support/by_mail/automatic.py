"""Mails that nobody wrote, or that we wrote ourselves: answering one could begin a loop, and none of them is a matter for support (RFC 3834)."""

import re

from django.conf import settings

from accounts.addresses import address_key, without_tag
from mailroom.automatic import comes_from_a_server, is_automatic_answer
from mailroom.models import OutgoingMail
from mailroom.opening import STATUS, Mail, addresses_in

OWN_TAG = re.compile(r"(?:case|bounce|leave)\+.*")


def is_automatic(mail: Mail) -> bool:
    """An automatic answer, a report of a mail server, a mail of a list, or one of ours that has come back."""
    is_report = any(kind == STATUS for kind, _text in mail.reports)
    return is_report or is_automatic_answer(mail) or comes_from_a_server(mail) or bool(mail.header("list-id")) or is_ours(mail)


def is_ours(mail: Mail) -> bool:
    """By its sender, or by its Message-ID, which is random."""
    if any(is_our_address(address) for _name, address in addresses_in(mail.headers_named("from"))):
        return True
    number = mail.header("message-id").strip()
    return bool(number) and OutgoingMail.objects.filter(message_id=number).exists()


def is_our_address(address: str) -> bool:
    """One that this site writes from, or that it gives out for answers. No person has it."""
    key = address_key(address)
    local, _at, domain = key.rpartition("@")
    if domain == address_key(f"@{settings.MAIL_DOMAIN}")[1:] and OWN_TAG.fullmatch(local):
        return True
    senders = [address for _name, address in addresses_in([settings.DEFAULT_FROM_EMAIL, settings.SUPPORT_EMAIL])]
    return without_tag(key) in {without_tag(address_key(sender)) for sender in senders}

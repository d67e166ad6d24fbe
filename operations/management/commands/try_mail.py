"""`manage.py try_mail ADDRESS`: sends one mail at once, and says in words what came of it."""

import smtplib
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.management.base import CommandError, CommandParser
from django.core.validators import validate_email

from infacta.commands import DONE, UNUSABLE, WRONG, SiteCommand
from operations.relays import why

SUBJECT = "{site}: a mail to try the relay"
TEXT = """\
This mail shows that the mails of {site} ({url}) arrive.

{code}Is it in the junk folder? Then the domain of {sender} needs SPF, DKIM and DMARC records that name the relay.

{site}, {vendor}
"""


class Command(SiteCommand):
    help = "Send one mail at once, past the queue, and say in words what the relay answers. Nothing is kept of it."
    examples = ("you@vendor.example",)
    statuses = {DONE: "the relay took the mail", WRONG: "it did not", UNUSABLE: "the address is none"}
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="where it goes")
        parser.add_argument("--code", default="", help="a code to write into it, by which to know it")

    def handle(self, *args: Any, address: str, code: str, **options: Any) -> None:
        try:
            validate_email(address)
        except ValidationError as error:
            raise CommandError(f"{address!r} is not an e-mail address.", returncode=UNUSABLE) from error
        try:
            written(address, code).send()
        except (smtplib.SMTPException, OSError, UnicodeError, ValueError) as error:
            raise CommandError(f"The mail was not sent. {why(error)}", returncode=WRONG) from error
        self.say(f"It was taken by {taker()}.")


def taker() -> str:
    if settings.EMAIL_URL:
        return f"{settings.EMAIL_HOST}, port {settings.EMAIL_PORT}"
    return settings.ANYMAIL_ESP or f"no relay: it is a file in {settings.MAIL_DIR}"


def written(address: str, code: str) -> EmailMessage:
    site, sender = settings.SITE_NAME, settings.DEFAULT_FROM_EMAIL
    values = {"site": site, "url": settings.SITE_URL, "sender": sender, "vendor": settings.VENDOR_ADDRESS}
    text = TEXT.format(code=f"Its code is {code}.\n\n" if code else "", **values)
    return EmailMessage(SUBJECT.format(site=site), text, sender, [address], headers={"Auto-Submitted": "auto-generated"})

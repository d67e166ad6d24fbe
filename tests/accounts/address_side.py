"""What a customer and their two mailboxes do to change the e-mail address, through real requests."""

import re

from django.test import Client

from accounts.models import User
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from tests.customer import log_in, mail_to

PAGE = "/resources/account/address/"
CONFIRM, UNDO = f"{PAGE}confirm/", f"{PAGE}undo/"
OLD, NEW = "Alice@example.com", "alice.archer@example.net"


def ask(client: Client, address: str = NEW, **options):
    return client.post(PAGE, {"new_email": address}, **options)


def link(mail: OutgoingMail) -> str:
    found = re.search(r"http://localhost:\d+(/resources/account/address/\w+/[\w-]{43}/)", mail.text)
    assert found, mail.text
    return found[1]


def follow(path: str, client: Client | None = None) -> Client:
    """A browser in which the link is open, and its button not yet pressed."""
    client = client or Client()
    answer = client.get(path)
    assert answer["Location"] == path.rsplit("/", 2)[0] + "/", answer.content.decode()
    return client


def press(path: str, client: Client | None = None):
    return follow(path, client).post(path.rsplit("/", 2)[0] + "/")


def links_of(user: User, address: str = NEW) -> tuple[str, str]:
    """Ask for a change; the links in the mails to the old and to the new address."""
    old = user.email
    assert ask(log_in(user), address)["Location"] == PAGE
    return link(mail_to(old)), link(mail_to(address))


def changed(user: User, address: str = NEW) -> str:
    """Change the address; returns the link that undoes it."""
    old = user.email
    for path in links_of(user, address):
        press(path)
    user.refresh_from_db()
    assert user.email == address
    return link(mail_to(old))


def kinds(user: User) -> list[str]:
    return list(AuditEvent.objects.filter(user=user, kind__startswith="address.").order_by("pk").values_list("kind", flat=True))

"""Who is one person: variants of an address fold into one key, for promotions alone. For log-in they are different addresses."""

from disposable_email_domains import blocklist
from django.utils.crypto import salted_hmac

from accounts.addresses import address_key

PERSON, PERSON_LENGTH = "promotions.registrant", 16
"""What findings of misuse name a person by: this, and so many digits of the key (accounts/matters.py)."""

WITHOUT_DOTS = {"gmail.com"}  # where dots in the name make no difference
ONE_SERVICE = {"googlemail.com": "gmail.com"}  # two names of the same mailboxes


def folded(email: str) -> str:
    """The address without what its owner may vary at will: a tag behind a plus, dots where they mean nothing, and a second name of the service."""
    local, at, domain = address_key(email).rpartition("@")
    domain = ONE_SERVICE.get(domain, domain)
    local = local.partition("+")[0] or local
    return f"{local.replace('.', '') if domain in WITHOUT_DOTS else local}{at}{domain}"


def abuse_key(email: str) -> str:
    """A keyed digest of the folded address: it tells whether two are one person, and nobody reads an address from it."""
    return salted_hmac("promotions.people", folded(email), algorithm="sha256").hexdigest()


def is_disposable(email: str) -> bool:
    """Whether the address is of a service that gives addresses for an hour to everybody, or of a part of its domain (docs/decisions/disposable-addresses.md)."""
    labels = address_key(email).rpartition("@")[2].split(".")
    return any(".".join(labels[start:]) in blocklist for start in range(len(labels) - 1))

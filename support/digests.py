"""Keyed digests by which rows of support are found, and that lead nobody back without this site's key."""

import unicodedata

from django.utils.crypto import salted_hmac

from accounts.addresses import address_key

ORDERS, BEGINNING = "support.loginhelprequest", 16
"""What findings of misuse name an order by: this, and so many hexadecimal digits of its digest (accounts/matters.py)."""


def case_digest(email: str) -> str:
    """What finds the cases of one address."""
    return salted_hmac("support.case", address_key(email), algorithm="sha256").hexdigest()


def order_key(typed: str) -> str:
    """Letters and digits alone, in capitals: spaces, dashes and a # before the number are how people write."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", typed).upper()))


def digest_of(what: str, key: str) -> str:
    """What tells repeats of requests for help with the log-in; "" for nothing."""
    return salted_hmac(f"support.login_help.{what}", key, algorithm="sha256").hexdigest() if key else ""


def order_digest(reference: str) -> str:
    return digest_of("order", order_key(reference))


def address_digest(email: str) -> str:
    return digest_of("address", address_key(email))

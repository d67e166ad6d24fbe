"""The sender's address of each mail, which says whose mail it was when it comes back: bounce+TOKEN@ (VERP)."""

import re

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

LONGEST_CHECK = 16
LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
TOKEN = re.compile(rf"([1-9][0-9]{{0,17}})x([a-p]{{{LONGEST_CHECK}}})")


def verp_token(delivery_id: int) -> str:
    """The number, and a check of 64 bits. Letters alone stand in the check, for many digits in a row look like an account number to who screens mails."""
    return f"{delivery_id}x{check_of(delivery_id, settings.SECRET_KEY)}"


def delivery_of(token: str) -> int | None:
    """The number of the delivery; None if the token was not made here. Mail servers may have changed the case."""
    found = TOKEN.fullmatch(token.lower())
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if found and any(constant_time_compare(check_of(int(found[1]), key), found[2]) for key in keys):
        return int(found[1])
    return None


def check_of(delivery_id: int, key: str) -> str:
    return (
        salted_hmac("announcements.verp", str(delivery_id), secret=key, algorithm="sha256").hexdigest()[:LONGEST_CHECK].translate(LETTERS)
    )

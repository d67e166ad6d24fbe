"""Secrets in the database, sealed with a key that is not in it.

Fernet of the `cryptography` library, under a key that HKDF derives from SECRET_KEY; SECRET_KEY_FALLBACKS still open what they sealed.
"""

import base64
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class CannotOpen(ValueError):
    """It was sealed with a key that this site does not have (any more)."""


def sealed(text: str) -> str:
    return fernet().encrypt(text.encode()).decode()


def opened(text: str) -> str:
    """What was sealed; CannotOpen if the key is another."""
    try:
        return fernet().decrypt(text).decode()
    except InvalidToken as error:
        raise CannotOpen("sealed with another SECRET_KEY") from error


def sealed_bytes(content: bytes) -> bytes:
    """The same for bytes, such as files while they wait."""
    return fernet().encrypt(content)


def opened_bytes(content: bytes) -> bytes:
    """What was sealed; CannotOpen if the key is another."""
    try:
        return fernet().decrypt(content)
    except InvalidToken as error:
        raise CannotOpen("sealed with another SECRET_KEY") from error


def fernet() -> MultiFernet:
    return MultiFernet([derived(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


@cache
def derived(secret_key: str) -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=b"infacta.sealed_text").derive(secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(key))

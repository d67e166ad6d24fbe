"""Backups of the site's private keys: one file, locked by a passphrase.

    {"format": "keys-1", "salt": "…", "nonce": "…", "locked": "…"}

The passphrase is stretched by scrypt (RFC 7914; N = 2^17, r = 8, p = 1), and what it gives locks the keys by AES-256-GCM. PKCS#8 would be read by other
programs too, but the library stretches a passphrase by 2,048 rounds of PBKDF2 there, which somebody who steals the file tries through quickly.
"""

import hashlib
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from downloads.signing import PURPOSES, BadKey, SigningKey, key_in

FORMAT = "keys-1"
SHORTEST_PASSPHRASE = 12
SALT_BYTES, NONCE_BYTES, KEY_BYTES = 16, 12, 32
SCRYPT = {"n": 2**17, "r": 8, "p": 1, "maxmem": 2**28}


class BadBackup(Exception):
    """The file gives no keys; the text is a sentence for the operator."""


def locked(keys: Iterable[SigningKey], passphrase: str) -> bytes:
    """The content of a backup of these keys."""
    salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
    plain = json.dumps({key.purpose.slug: key.private_pem for key in keys}).encode()
    parts = {"salt": salt, "nonce": nonce, "locked": AESGCM(stretched(passphrase, salt)).encrypt(nonce, plain, FORMAT.encode())}
    return json.dumps({"format": FORMAT} | {name: b64encode(part).decode() for name, part in parts.items()}, indent=2).encode() + b"\n"


def unlocked(content: bytes, passphrase: str) -> list[SigningKey]:
    """The keys of a backup. Raises BadBackup for a wrong passphrase, and for what is no backup of keys."""
    try:
        backup = json.loads(content)
        salt, nonce, closed = (b64decode(backup[name], validate=True) for name in ("salt", "nonce", "locked"))
        if backup["format"] != FORMAT:
            raise ValueError
    except (ValueError, TypeError, KeyError) as error:
        raise BadBackup("This file is no backup of keys, or it is damaged.") from error
    try:
        plain = AESGCM(stretched(passphrase, salt)).decrypt(nonce, closed, FORMAT.encode())
    except (InvalidTag, ValueError) as error:
        raise BadBackup("The keys cannot be unlocked: the passphrase is wrong, or the file is damaged.") from error
    return [key_of(slug, pem) for slug, pem in json.loads(plain).items()]


def stretched(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(passphrase.encode(), salt=salt, dklen=KEY_BYTES, **SCRYPT)


def key_of(slug: str, pem: str) -> SigningKey:
    if slug not in PURPOSES:
        raise BadBackup(f"A key is for {slug!r}, which this version of the site does not know.")
    try:
        return key_in(pem.encode(), "The backup", PURPOSES[slug])
    except BadKey as error:
        raise BadBackup(str(error)) from error

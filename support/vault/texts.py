"""Short texts of a case, sealed under its key: AES-256-GCM with a random nonce, bound to what they are."""

import base64
import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from support.vault.keyring import KeyGone, key_of

NONCE = 12


def sealed(key_name: str, use: str, values: Any) -> str:
    """What JSON can hold, sealed; `use` says what it is, such as "message", and opens nothing else. KeyGone."""
    nonce = os.urandom(NONCE)
    plain = json.dumps(values, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return base64.b64encode(nonce + AESGCM(key_of(key_name)).encrypt(nonce, plain, bound_to(key_name, use))).decode()


def opened(key_name: str, use: str, text: str) -> Any:
    """What was sealed; KeyGone if the key is destroyed, or is not the one that sealed it."""
    raw = base64.b64decode(text)
    try:
        plain = AESGCM(key_of(key_name)).decrypt(raw[:NONCE], raw[NONCE:], bound_to(key_name, use))
    except InvalidTag as error:
        raise KeyGone(key_name) from error
    return json.loads(plain.decode("utf-8", "surrogatepass"))


def bound_to(key_name: str, use: str) -> bytes:
    return f"infacta.support.{use}:{key_name}".encode()

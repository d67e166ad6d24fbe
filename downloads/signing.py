"""The key that release files are signed with, and what is signed of a file (docs/decisions/signatures.md)."""

import os
import tempfile
from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from django.conf import settings

ID_LENGTH = 16


class BadKey(Exception):
    """What is configured is no key to sign with. The text is a sentence for the operator, and repeats nothing of the key."""


class NoKey(BadKey):
    """No key is configured."""


@dataclass(frozen=True)
class SigningKey:
    private: Ed25519PrivateKey

    @property
    def id(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of the public key's 32 bytes."""
        return sha256(self.private.public_key().public_bytes_raw()).hexdigest()[:ID_LENGTH]

    @property
    def public_pem(self) -> str:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def signature_of(self, statement: str) -> str:
        """The Ed25519 signature (RFC 8032) over the text's bytes, in base64."""
        return b64encode(self.private.sign(statement.encode())).decode()


def statement_of(digest: str, name: str) -> str:
    """What is signed: the line that `sha256sum` prints for the file, so that anybody can make it again, and check it."""
    return f"{digest}  {name}\n"


def fits(signature: str, statement: str, public_pem: str) -> bool:
    """Whether the signature (base64) is of this statement, and by this key."""
    try:
        key = load_pem_public_key(public_pem.encode())
        if not isinstance(key, Ed25519PublicKey):
            return False
        key.verify(b64decode(signature, validate=True), statement.encode())
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def present_key() -> SigningKey:
    """The key that signs today. Raises BadKey; production never makes one by itself, for nobody would know that it must be kept."""
    try:
        return configured_key()
    except NoKey:
        if settings.PRODUCTION:
            raise
    try:
        with suppress(FileExistsError):  # another process was quicker, and its key is the one
            make_key(settings.SIGNING_KEY_FILE)
    except OSError as error:
        raise BadKey(f"No signing key could be made in {settings.SIGNING_KEY_FILE}: {error.strerror}.") from error
    return configured_key()


def configured_key() -> SigningKey:
    """The key of SIGNING_KEY, or else of the file SIGNING_KEY_FILE. Raises NoKey if there is neither, BadKey if it is none."""
    path: Path = settings.SIGNING_KEY_FILE
    if settings.SIGNING_KEY:
        return key_in(settings.SIGNING_KEY.encode(), "SIGNING_KEY")
    try:
        return key_in(path.read_bytes(), f"SIGNING_KEY_FILE ({path})")
    except FileNotFoundError as error:
        raise NoKey(f"SIGNING_KEY is not set, and SIGNING_KEY_FILE ({path}) is not there: releases cannot be signed.") from error
    except OSError as error:
        raise BadKey(f"SIGNING_KEY_FILE ({path}) cannot be read: {error.strerror}.") from error


def key_in(pem: bytes, source: str) -> SigningKey:
    """The private key that the PEM holds; BadKey names the `source` and what it holds instead."""
    if b"PUBLIC KEY" in pem:
        raise BadKey(f"{source} holds a public key: set it to the private key that belongs to it.")
    try:
        private = load_pem_private_key(pem, password=None)
    except TypeError as error:
        raise BadKey(f"{source} is locked by a password: the site needs the key without one.") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadKey(f"{source} holds no private key in PEM (PKCS#8).") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise BadKey(f"{source} holds a key of another kind: it must be an Ed25519 key.")
    return SigningKey(private)


def make_key(path: Path) -> SigningKey:
    """Make a key in a file that its owner alone may read. Raises FileExistsError, and changes nothing, if the file is there.

    The file appears under its name when it is whole: two processes at once make one key, and nobody ever reads half of one.
    """
    private = Ed25519PrivateKey.generate()
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            file.flush()
            os.fsync(file.fileno())
        os.link(unfinished, path)
    finally:
        os.unlink(unfinished)
    return SigningKey(private)

"""The keys that the site signs with, and what is signed of a release file (docs/decisions/signatures.md, docs/decisions/licence-files.md)."""

import os
import tempfile
from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

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
class Purpose:
    """What one key of the site signs, and where it is configured: its PEM in the setting, or the path of its file in `<setting>_FILE`."""

    slug: str
    setting: str
    without: str  # what cannot be done without it

    @property
    def path(self) -> Path:
        path: Path = getattr(settings, f"{self.setting}_FILE")
        return path

    @property
    def pem(self) -> str:
        pem: str = getattr(settings, self.setting)
        return pem


RELEASES = Purpose("releases", "SIGNING_KEY", "releases cannot be signed")
LICENCES = Purpose("licences", "LICENCE_KEY", "licence files and the list of revoked codes cannot be signed")
UPDATES = Purpose("updates", "UPDATE_KEY", "updaters get no signatures, so feeds name no files to Sparkle and WinSparkle")
PURPOSES = {purpose.slug: purpose for purpose in (RELEASES, LICENCES, UPDATES)}


@dataclass(frozen=True)
class SigningKey:
    private: Ed25519PrivateKey
    purpose: Purpose = RELEASES

    @property
    def id(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of the public key's 32 bytes."""
        return sha256(self.private.public_key().public_bytes_raw()).hexdigest()[:ID_LENGTH]

    @property
    def private_pem(self) -> str:
        """The key itself, for a file that its owner alone may read."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @property
    def public_pem(self) -> str:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def signature_of(self, statement: str) -> str:
        """The Ed25519 signature (RFC 8032) over the text's bytes, in base64."""
        return self.signature_over(statement.encode())

    def signature_over(self, content: Any) -> str:
        """The same over bytes, or anything with a buffer, such as a mapped file: plain Ed25519 reads it twice."""
        return b64encode(self.private.sign(content)).decode()


def statement_of(digest: str, name: str) -> str:
    """What is signed: the line that `sha256sum` prints for the file, so that anybody can make it again, and check it."""
    return f"{digest}  {name}\n"


def fits(signature: str, statement: str, public_pem: str) -> bool:
    """Whether the signature (base64) is of this statement, and by this key."""
    return fits_bytes(signature, statement.encode(), public_pem)


def fits_bytes(signature: str, content: Any, public_pem: str) -> bool:
    """Whether the signature (base64) is over these bytes, and by this key."""
    try:
        key = load_pem_public_key(public_pem.encode())
        if not isinstance(key, Ed25519PublicKey):
            return False
        key.verify(b64decode(signature, validate=True), content)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def raw_in_base64(public_pem: str) -> str:
    """The 32 bytes of a public key in base64; "" for what is no Ed25519 key."""
    try:
        key = load_pem_public_key(public_pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        return ""
    return b64encode(key.public_bytes_raw()).decode() if isinstance(key, Ed25519PublicKey) else ""


def present_key(purpose: Purpose = RELEASES) -> SigningKey:
    """The key that signs today. Raises BadKey; production never makes one by itself, for nobody would know that it must be kept."""
    try:
        return configured_key(purpose)
    except NoKey:
        if settings.PRODUCTION:
            raise
    try:
        with suppress(FileExistsError):  # another process was quicker, and its key is the one
            make_key(purpose.path, purpose)
    except OSError as error:
        raise BadKey(f"No signing key could be made in {purpose.path}: {error.strerror}.") from error
    return configured_key(purpose)


def configured_key(purpose: Purpose = RELEASES) -> SigningKey:
    """The key of the purpose's setting, or else of its file. Raises NoKey if there is neither, BadKey if it is none."""
    name, path = purpose.setting, purpose.path
    if purpose.pem:
        return key_in(purpose.pem.encode(), name, purpose)
    try:
        return key_in(path.read_bytes(), f"{name}_FILE ({path})", purpose)
    except FileNotFoundError as error:
        raise NoKey(f"{name} is not set, and {name}_FILE ({path}) is not there: {purpose.without}.") from error
    except OSError as error:
        raise BadKey(f"{name}_FILE ({path}) cannot be read: {error.strerror}.") from error


def key_in(pem: bytes, source: str, purpose: Purpose = RELEASES) -> SigningKey:
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
    return SigningKey(private, purpose)


def make_key(path: Path, purpose: Purpose = RELEASES) -> SigningKey:
    """Make a key in a file that its owner alone may read. Raises FileExistsError, and changes nothing, if the file is there."""
    key = SigningKey(Ed25519PrivateKey.generate(), purpose)
    write_secret(path, key.private_pem.encode())
    return key


def write_secret(path: Path, content: bytes) -> None:
    """Write a file that its owner alone may read. Raises FileExistsError, and changes nothing, if the file is there.

    The file appears under its name when it is whole: two processes at once make one, and nobody ever reads half of one.
    """
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(unfinished, path)
    finally:
        os.unlink(unfinished)

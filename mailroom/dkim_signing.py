"""DKIM signatures (RFC 6376, relaxed/relaxed, rsa-sha256) that are cheap enough for a million mails: the headers' canonical form is dkimpy's,
the signature OpenSSL's."""

import base64
import hashlib
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from dkim import rfc822_parse
from dkim.canonicalization import Relaxed

SIGNED = (
    *(b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type"),
    *(b"list-id", b"list-unsubscribe", b"list-unsubscribe-post", b"list-help", b"list-owner", b"list-post", b"precedence"),
)


@dataclass(frozen=True)
class Signer:
    """Signs in the name of a domain, whose DNS publishes the public key at SELECTOR._domainkey.DOMAIN."""

    key: RSAPrivateKey
    selector: str
    domain: str

    def signed(self, source: bytes) -> bytes:
        """The mail with its signature as the first header. `source` has CRLF at the end of each line."""
        headers, body = rfc822_parse(source)
        canonical = dict(Relaxed.canonicalize_headers(headers))
        names = [name for name in SIGNED if name in canonical]
        body_hash = base64.b64encode(hashlib.sha256(canonical_body(body)).digest())
        value = b" v=1; a=rsa-sha256; c=relaxed/relaxed; d=%b; s=%b; t=%d;\r\n h=%b;\r\n bh=%b;\r\n b=" % (
            self.domain.encode(),
            self.selector.encode(),
            int(time.time()),
            b":\r\n ".join(names),
            body_hash,
        )
        ((_name, own),) = Relaxed.canonicalize_headers([(b"dkim-signature", value)])
        text = b"".join(b"%b:%b" % (name, canonical[name]) for name in names) + b"dkim-signature:" + own.removesuffix(b"\r\n")
        signature = base64.b64encode(self.key.sign(text, PKCS1v15(), SHA256()))
        folded = b"\r\n ".join(signature[start : start + 70] for start in range(0, len(signature), 70))
        return b"DKIM-Signature:" + value + folded + b"\r\n" + source


def canonical_body(body: bytes) -> bytes:
    """RFC 6376, 3.4.4: runs of spaces are one, none ends a line, no empty line ends the text. dkimpy does it with patterns, at many times the cost."""
    body = body.replace(b"\t", b" ")
    while b"  " in body:
        body = body.replace(b"  ", b" ")
    body = body.replace(b" \r\n", b"\r\n").rstrip(b"\r\n")
    return body + b"\r\n" if body else b""


def signer() -> Signer | None:
    """By the settings; None where the relay signs."""
    if not settings.DKIM_KEY_FILE:
        return None
    return Signer(key_in(settings.DKIM_KEY_FILE), settings.DKIM_SELECTOR, settings.DKIM_DOMAIN)


@lru_cache(maxsize=1)
def key_in(path: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(Path(path).read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise ImproperlyConfigured(f"DKIM_KEY_FILE ({path}) holds no private key that can be read: {error}") from error
    if not isinstance(key, RSAPrivateKey):
        raise ImproperlyConfigured(f"DKIM_KEY_FILE ({path}) holds a key of another kind: DKIM needs RSA, 2048 bits best.")
    return key

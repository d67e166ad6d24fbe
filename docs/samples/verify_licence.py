#!/usr/bin/env python3
"""Verify a licence file offline, as a product does it. Needs Python 3.9 or newer and the library `cryptography`, and nothing else of this project.

    python verify_licence.py notebook.licence --key public-key.pem --product NOTEBOOK --revoked revoked-codes.json

`--key` names a public key that is built into the product, and may stand there more than once: after a change of keys both are known.
`--released` is the day on which this version of the product was published; without it the upgrade date is only told. The exit status is 0 for a
good licence, 1 for one that is not, and 2 if the command line is wrong. docs/licence-files.md describes the formats.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

LICENCE, REVOKED = "licence-1", "revoked-codes-1"
PATIENCE = timedelta(days=30)  # how long after its `next_update` a list of revoked codes still counts


class Bad(Exception):
    """The file is not good; the text says why, for a person."""


def key_id(key: Ed25519PublicKey) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the public key's 32 bytes."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def load_keys(paths: list[str]) -> dict[str, Ed25519PublicKey]:
    keys = {}
    for path in paths:
        with open(path, "rb") as file:
            key = load_pem_public_key(file.read())
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError(f"{path} holds a key of another kind")
        keys[key_id(key)] = key
    return keys


def opened(content: bytes, wanted: str, keys: dict[str, Ed25519PublicKey]) -> Any:
    """The payload of a signed file; Bad if it is no such file, or nobody whom we know signed it. Nothing of the payload is read before that."""
    try:
        envelope = json.loads(content)
        form, payload, signer, signature = (str(envelope[name]) for name in ("format", "payload", "key", "signature"))
        statement = f"{form}.{payload}".encode("ascii")
        signed = base64.b64decode(signature, validate=True)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Bad("This is no signed file, or it is damaged.") from None
    if form != wanted:
        raise Bad(f"This file is of the kind {form!r}, and not {wanted!r}.")
    if signer not in keys:
        raise Bad(f"It is signed by the key {signer!r}, which this product does not know: a newer version of the product may.")
    try:
        keys[signer].verify(signed, statement)
    except InvalidSignature:
        raise Bad("The signature does not fit: the file was changed, or is forged.") from None
    try:
        return json.loads(base64.b64decode(payload, validate=True))
    except ValueError:
        raise Bad("It is signed, and what is signed cannot be read.") from None


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def demand_licence(licence: Any, product: str | None, released: datetime | None) -> None:
    """Bad if the licence is not for this product, or not for this version of it."""
    name, until = licence["product"]["name"], licence["upgrades_until"]
    if product and licence["product"]["code"] != product:
        raise Bad(f"It is a licence for {name}, and not for this product.")
    if until and released and released > moment(until):
        raise Bad(f"Its upgrades ended on {until[:10]}, before this version was published: earlier versions stay unlocked.")


def demand_not_revoked(licence: Any, revoked: Any, now: datetime) -> None:
    """Bad if the list says that the code was revoked; also if the list cannot say it, or is too old to be believed."""
    digest = licence["code_sha256"]
    if not digest.startswith(revoked["prefix"]):
        raise Bad(f"This is the part of the list for {revoked['prefix']!r}; fetch the one for {digest[:2]!r}.")
    if now > moment(revoked["next_update"]) + PATIENCE:
        raise Bad("The list of revoked codes is too old: fetch it again.")
    if digest in revoked["codes"]:
        raise Bad("The unlock code of this licence was revoked.")


def told(licence: Any) -> str:
    edition = licence["edition"]
    lines = [
        f"Good: {licence['product']['name']}{', ' + edition['name'] if edition else ''}, {licence['seats']} seat(s).",
        f"Licensed to {', '.join(licence['licensee'].values()) or 'whoever has the file'}.",
        f"Upgrades until {licence['upgrades_until'][:10]}." if licence["upgrades_until"] else "Upgrades without end.",
        f"Licence {licence['licence']}, issued on {licence['issued_at'][:10]}.",
    ]
    return "\n".join(lines)


def verify(arguments: argparse.Namespace) -> str:
    """What to print about a good licence; raises Bad, with the reason, for any other."""
    keys = load_keys(arguments.key)
    with open(arguments.licence, "rb") as file:
        licence = opened(file.read(), LICENCE, keys)
    try:
        demand_licence(licence, arguments.product, arguments.released)
        if arguments.revoked:
            with open(arguments.revoked, "rb") as file:
                demand_not_revoked(licence, opened(file.read(), REVOKED, keys), datetime.now(timezone.utc))
        return told(licence)
    except (KeyError, TypeError, AttributeError):
        raise Bad("It is signed, and lacks what this version of the product looks for.") from None


def day(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=timezone.utc)


def main() -> int:
    parser = argparse.ArgumentParser(description="Verify a licence file offline.")
    parser.add_argument("licence", help="the licence file")
    parser.add_argument("--key", action="append", required=True, help="a public key in PEM; may be given more than once")
    parser.add_argument("--product", help="the code of the product that asks")
    parser.add_argument("--released", type=day, help="the day on which this version was published, such as 2026-05-03")
    parser.add_argument("--revoked", help="the list of revoked codes, or the part of it for this licence")
    arguments = parser.parse_args()
    try:
        print(verify(arguments))
    except Bad as reason:
        print(f"Not good: {reason}")
        return 1
    except (OSError, ValueError) as error:
        parser.error(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())

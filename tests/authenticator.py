"""A security key in software (WebAuthn 3, 6.1 and 6.5): what a browser and a key would send, and what a forger might."""

import hashlib
import json
import secrets
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url as text_of

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40


class Authenticator:
    def __init__(self, origin: str = "http://localhost:8000", site: str = "localhost") -> None:
        self.key, self.id, self.count = ec.generate_private_key(ec.SECP256R1()), secrets.token_bytes(32), 0
        self.origin, self.site = origin, site

    def answer_to(self, options: str, **changes: Any) -> str:
        """The answer to a page's options: a new key to an invitation, a signature to a question. `changes` replace parts of it."""
        asked = json.loads(options)
        kind = "webauthn.create" if "rp" in asked else "webauthn.get"
        client = json.dumps({"type": kind, "challenge": asked["challenge"], "origin": self.origin}).encode()
        response = self.created() if "rp" in asked else self.signed(client)
        answer = {"id": text_of(self.id), "rawId": text_of(self.id), "type": "public-key", "clientExtensionResults": {}}
        return json.dumps(answer | {"response": {"clientDataJSON": text_of(client)} | response} | changes)

    def created(self) -> dict[str, str]:
        point = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        credential = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        return {"attestationObject": text_of(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": self.data(WITH_KEY) + credential}))}

    def signed(self, client: bytes) -> dict[str, str]:
        data = self.data()
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return {"authenticatorData": text_of(data), "signature": text_of(signature)}

    def data(self, flags: int = 0) -> bytes:
        site = hashlib.sha256(self.site.encode()).digest()
        return site + bytes([PRESENT | VERIFIED | flags]) + self.count.to_bytes(4, "big")

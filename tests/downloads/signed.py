"""What tests of signatures share: keys good and bad, and what a customer does to check a file."""

import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat, PublicFormat

from downloads.models import ReleaseFile

needs_openssl = pytest.mark.skipif(
    not (
        shutil.which("sha256sum")
        and "rawin" in subprocess.run("openssl pkeyutl -help 2>&1", shell=True, capture_output=True, text=True, check=False).stdout
    ),
    reason="it runs what customers run: OpenSSL 3.0 or newer, and sha256sum (coreutils)",
)
ED25519 = Ed25519PrivateKey.generate()
LICENCE_ED25519 = Ed25519PrivateKey.generate()
UPDATE_ED25519 = Ed25519PrivateKey.generate()
RSA = generate_private_key(65537, 2048)


def pem_of(key, lock: bytes = b"") -> str:
    encryption = BestAvailableEncryption(lock) if lock else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


def public_pem_of(key) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


BAD_KEYS = {
    "holds no private key in PEM": "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n-----END PRIVATE KEY-----\n",
    "holds no private key in PEM (PKCS#8)": "hunter2",
    "holds a public key": public_pem_of(ED25519),
    "holds a key of another kind": pem_of(RSA),
    "is locked by a password": pem_of(ED25519, b"open sesame"),
}


def signed(file: ReleaseFile) -> ReleaseFile:
    file.sign()
    file.save()
    return file

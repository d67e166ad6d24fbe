"""Who and what the benchmarks need in the database."""

import hashlib
import os
from datetime import timedelta

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from accounts.contact import Contact
from accounts.models import User
from bench import stage
from downloads.fulfilment import Line, Source, fulfil
from downloads.models import DownloadSession, Product, Release, ReleaseFile

PASSWORD = "a password for benchmarks alone"
MEGABYTE = 1_000_000


def make_product(code: str) -> Product:
    return Product.objects.get_or_create(code=code, defaults={"slug": code.lower(), "name": code.title(), "unlock_prefix": "BNCH"})[0]


def make_customer(email: str, downloads: int) -> User:
    """A customer with three products, each with three releases of two files, and so many past downloads."""
    products = [make_product(f"PAGE-{number}") for number in range(3)]
    for product in products:
        for version in ("1.0", "1.1", "2.0"):
            release, created = Release.objects.get_or_create(product=product, version=version, defaults={"notes": "Better in small ways."})
            for platform in ("windows", "macos") if created else ():
                ReleaseFile.objects.create(
                    release=release,
                    platform=platform,
                    file="none",
                    name=f"{product.slug}-{version}-{platform}.zip",
                    size=3_000_000,
                    sha256="0" * 64,
                )
    lines = [Line(product, 1) for product in products]
    fulfilment = fulfil(Contact(email=email, name="Berta Bench"), lines, Source(f"purchase:bench:{email}", "your order"))
    fulfilment.user.set_password(PASSWORD)
    fulfilment.user.save()
    files = list(ReleaseFile.objects.filter(release__product=products[0]))
    now = timezone.now()
    DownloadSession.objects.bulk_create(
        DownloadSession(
            entitlement=fulfilment.entitlements[0],
            file=files[number % len(files)],
            opened_at=now - timedelta(days=2),
            valid_until=now - timedelta(days=1),
            closed_at=now,
        )
        for number in range(downloads)
    )
    return fulfilment.user


def make_file(customer: User, size: int, version: str = "9.0", product: Product | None = None) -> ReleaseFile:
    """A release file of so many bytes, on the disk that nginx serves too: of this product of the customer's, or of one of theirs."""

    release = Release.objects.create(product=product or customer.entitlements.first().product, version=version)
    name = f"large-{version}.bin"
    path = stage.FOLDER / "releases" / name
    path.parent.mkdir(exist_ok=True)
    block = os.urandom(MEGABYTE)
    with path.open("wb") as file:
        for _block in range(size // MEGABYTE):
            file.write(block)
    for folder in (stage.FOLDER, path.parent):
        folder.chmod(0o755)
    digest = hashlib.sha256(block * (size // MEGABYTE)).hexdigest()
    return ReleaseFile.objects.create(release=release, file=name, name=name, size=size, sha256=digest)


def bare_session(customer: User) -> str:
    """A session as Django's own log-in makes it, for the bare view."""

    session = SessionStore()
    session.update(
        {
            SESSION_KEY: str(customer.pk),
            BACKEND_SESSION_KEY: "accounts.backends.AddressBackend",
            HASH_SESSION_KEY: customer.get_session_auth_hash(),
        }
    )
    session.create()
    return f"session={session.session_key}"

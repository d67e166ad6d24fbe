"""The fixed cast: Alice bought; Bob bought something else; Mallory must see nothing; Sam is support staff, Ada administers."""

import hashlib

from django.core.files.base import ContentFile

from accounts.contact import Contact
from accounts.models import User
from accounts.roles import group_of
from downloads.fulfilment import Fulfilment, Line, Source, fulfil
from downloads.models import Edition, Product, Release, ReleaseFile

PASSWORD = "correct horse battery staple"

ALICE = Contact(
    email="Alice@example.com",
    name="Alice Archer",
    company="Archer & Daughters",
    address1="12 Quay Street",
    city="Galway",
    postal_code="H91 XR5A",
    country="IE",
    telephone="+353 91 555 012",
)
BOB = Contact(email="bob@example.org", name="Bob Baker", city="Leeds", country="GB")


def make_product(code: str, name: str, prefix: str) -> Product:
    return Product.objects.create(code=code, slug=code.lower(), name=name, tagline=f"{name} does one thing well.", unlock_prefix=prefix)


def make_file(
    product: Product, version: str = "1.0", content: bytes = b"0123456789" * 1000, name: str = "", edition: Edition | None = None
) -> ReleaseFile:
    """A published release of the product with one file."""
    release, _created = Release.objects.get_or_create(product=product, version=version)
    return ReleaseFile.objects.create(
        release=release,
        edition=edition,
        name=name or f"{product.slug}-{version}.zip",
        file=ContentFile(content, name="upload.zip"),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def buy(contact: Contact, product: Product, units: int = 1, order: str = "1001", edition: Edition | None = None) -> Fulfilment:
    """The contact has bought, and has set the cast's password."""
    fulfilment = fulfil(contact, [Line(product, units, edition)], Source(f"purchase:test:{order}", f"your order {order}"))
    fulfilment.user.set_password(PASSWORD)
    fulfilment.user.save(update_fields=["password"])
    return fulfilment


def make_staff(email: str, role: str) -> User:
    user = User.objects.create_user(email, PASSWORD, is_staff=True, name=email.split("@")[0].title())
    user.groups.add(group_of(role))
    return user

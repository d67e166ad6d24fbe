"""The demonstration's catalogue and people. Its passwords stand here for all to read, so only a development installation loads it."""

import hashlib
import random
import zipfile
from dataclasses import dataclass
from io import BytesIO

from django.core.files.base import ContentFile
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.contact import Contact
from accounts.enrolment import APP
from accounts.models import User
from accounts.roles import ADMINISTRATION, group_of
from audit.kinds import Kind
from audit.log import record
from downloads.fulfilment import Line, Source, fulfil
from downloads.models import DownloadSession, Entitlement, Product, Release, ReleaseFile
from downloads.models.release_file import Platform

PASSWORD = "three quiet harbours"  # noqa: S105
CUSTOMER = Contact(
    email="casey@example.com",
    name="Casey Customer",
    address1="1 Harbour Road",
    city="Galway",
    postal_code="H91 XR5A",
    country="IE",
    telephone="+353 91 555 010",
)
STAFF = Contact(email="ada@example.com", name="Ada Administrator")


@dataclass(frozen=True)
class DemoProduct:
    """A product with one file a platform for each version; `size` is roughly that of the file, in bytes."""

    code: str
    name: str
    prefix: str
    tagline: str
    description: str
    size: int
    platforms: tuple[str, ...]
    seats: int = 1


PRODUCTS = (
    DemoProduct(
        "NOTEBOOK",
        "Notebook",
        "NTBK",
        "Notes that stay yours, in plain files.",
        "Notebook keeps what you write in a folder of plain text, finds it again as you type, and never sends it anywhere.\n\n"
        "It opens in a blink, and reads what you wrote twenty years ago.",
        6_000,
        (Platform.WINDOWS, Platform.MACOS, Platform.LINUX),
    ),
    DemoProduct(
        "LEDGER",
        "Ledger",
        "BKS",
        "Books for small companies, exact to the cent.",
        "Ledger does double-entry bookkeeping for companies of up to fifty people: invoices, taxes, and a year-end report that "
        "your accountant will understand.",
        3_000_000,
        (Platform.WINDOWS, Platform.MACOS),
        seats=5,
    ),
    DemoProduct(
        "ATLAS",
        "Atlas",
        "MAPS",
        "Maps for the mountains, without a network.",
        "Atlas holds every path of the Alps and the Pyrenees, with contour lines and huts, and needs no reception.",
        40_000_000,
        (Platform.ANY,),
    ),
)
NOTES = {"1.0": "The first release.", "1.1": "Starts faster, and prints in landscape. Mends a fault with names that hold an apostrophe."}


def load() -> bool:
    """Load it, unless there is a catalogue already; returns whether it was loaded."""
    if Product.objects.exists():
        return False
    for position, demo in enumerate(PRODUCTS):
        load_product(demo, position)
    load_customer()
    load_staff()
    load_downloads()
    return True


def load_product(demo: DemoProduct, position: int) -> None:
    product = Product.objects.create(
        code=demo.code,
        slug=demo.code.lower(),
        name=demo.name,
        tagline=demo.tagline,
        description=demo.description,
        unlock_prefix=demo.prefix,
        seats_per_unit=demo.seats,
        position=position,
    )
    for version, notes in NOTES.items():
        release = Release.objects.create(product=product, version=version, notes=notes)
        for platform in demo.platforms:
            content = archive(f"{demo.name} {version} for {platform}", demo.size)
            file = ReleaseFile(
                release=release,
                platform=platform,
                name=f"{demo.code.lower()}-{version}-{platform}.zip",
                file=ContentFile(content, name=f"{demo.code.lower()}.zip"),
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
            )
            file.sign()
            file.save()


def archive(title: str, size: int) -> bytes:
    """A real ZIP archive of about this size; its data is random, so that no transport makes it smaller."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("README.txt", f"{title}\n\nA file of the demonstration: there is no program in it.\n")
        file.writestr("data.bin", random.Random(title).randbytes(size))  # noqa: S311
    return buffer.getvalue()


def load_customer() -> None:
    """A customer who bought the first product, and has set a password."""
    product = Product.objects.get(code=PRODUCTS[0].code)
    user = fulfil(CUSTOMER, [Line(product, 1)], Source("demo:1", "your order DEMO-1")).user
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])


def load_staff() -> None:
    """An administrator whose authenticator app is the command `staff_code`."""
    user = User.objects.create_user(STAFF.email, PASSWORD, name=STAFF.name, is_staff=True)
    user.groups.add(group_of(ADMINISTRATION))
    TOTPDevice.objects.create(user=user, name=APP)


def load_downloads() -> None:
    """A ledger to look at: the customer took two downloads, one of them failed and was given back, and staff added two."""
    owned = Entitlement.objects.get(user__email=CUSTOMER.email)
    staff = User.objects.get(email=STAFF.email)
    for file in ReleaseFile.objects.filter(release__product=owned.product, release__version="1.1")[:2]:
        session, _spent = DownloadSession.objects.take(owned, file, None, "")
        record(Kind.DOWNLOAD_TAKEN, user=owned.user, download=session.pk, product=owned.product.code, file=file.name)
    session.give_back()
    record(Kind.DOWNLOAD_RETURNED, user=owned.user, download=session.pk, product=owned.product.code, file=session.file.name)
    reason = "The line broke off twice."
    owned.allow_more(2, reason)
    record(Kind.ENTITLEMENT_CHANGED, user=owned.user, actor=staff, entitlement=owned.pk, downloads=2, reason=reason, role=ADMINISTRATION)


def staff_code() -> str:
    """What the administrator's authenticator app would show now."""
    device = TOTPDevice.objects.get(user__email=STAFF.email)
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    return f"{totp.token():0{device.digits}d}"

"""The demonstration's catalogue: three products, with whatever a release can be: old, new, beta, withdrawn, scheduled, in editions."""

import hashlib
import random
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO

from django.core.files.base import ContentFile
from django.utils import timezone

from downloads.models import Edition, Product, Release, ReleaseFile
from downloads.models.release import Channel
from downloads.models.release_file import Architecture, Platform
from purchases.models import Offer, OfferKind
from purchases.partners.policies import OWN


@dataclass(frozen=True)
class DemoRelease:
    """A release that came out so many days ago, or will come out, if the number is negative."""

    version: str
    days_ago: int
    notes: str
    channel: Channel = Channel.STABLE
    is_critical: bool = False
    withdrawn_for: str = ""


@dataclass(frozen=True)
class DemoOffer:
    """What the shop of the demonstration sells: the edition by its name, "" for all."""

    code: str
    price: str
    edition: str = ""
    kind: OfferKind = OfferKind.NEW
    options: tuple[tuple[str, str], ...] = ()
    least: int = 1


@dataclass(frozen=True)
class DemoProduct:
    """A product with one file a system for each release; in editions, one for each of them. `size` is roughly that of a file, in bytes."""

    code: str
    name: str
    prefix: str
    tagline: str
    description: str
    size: int
    systems: tuple[tuple[Platform, Architecture, str], ...]
    releases: tuple[DemoRelease, ...]
    editions: tuple[str, ...] = ()
    upgrade_months: int | None = None
    seats: int = 1
    offers: tuple["DemoOffer", ...] = ()


WINDOWS = (Platform.WINDOWS, Architecture.X86_64, "10.0.17763")
MACOS = (Platform.MACOS, Architecture.ARM64, "13.0")
OLDER_MACOS = (Platform.MACOS, Architecture.X86_64, "11.0")
LINUX = (Platform.LINUX, Architecture.X86_64, "")
ANYTHING = (Platform.ANY, Architecture.ANY, "")
FIRST = DemoRelease("1.0", 500, "The first release.")
SECOND = DemoRelease("1.1", 20, "- Starts **faster**, and prints in landscape.\n- Mends a fault with names that hold an apostrophe.")

PRODUCTS = (
    DemoProduct(
        "NOTEBOOK",
        "Notebook",
        "NTBK",
        "Notes that stay yours, in plain files.",
        "Notebook keeps what you write in a folder of **plain text**, finds it again as you type, and never sends it anywhere.\n\n"
        "It opens in a blink, and reads what you wrote twenty years ago.",
        6_000,
        (WINDOWS, MACOS, OLDER_MACOS, LINUX),
        (
            FIRST,
            SECOND,
            DemoRelease(
                "1.2",
                9,
                "Searches inside of attachments.",
                withdrawn_for="It may lose notes in folders with a “#”. Please take 1.2.1, which does not.",
            ),
            DemoRelease(
                "1.2.1",
                6,
                "# Mended\n\n- Notes in folders with a `#` are kept. **Please upgrade if you have 1.2.**\n\n"
                "# New\n\n- Searches inside of attachments:\n\n| attachment | searched |\n| --- | --- |\n| PDF | text |\n| pictures | names |\n",
                is_critical=True,
            ),
            DemoRelease("2.0-beta.1", 3, "Two windows side by side. *Keep a copy of your notes while you try it.*", Channel.BETA),
            DemoRelease("2.0", -21, "Two windows side by side, and a calmer page."),
        ),
        offers=(DemoOffer("NOTEBOOK", "29.00", options=(("CD by post", "cd"),)), DemoOffer("NOTEBOOK-TEAM", "19.00", least=10)),
    ),
    DemoProduct(
        "LEDGER",
        "Ledger",
        "BKS",
        "Books for small companies, exact to the cent.",
        "Ledger does double-entry bookkeeping for companies of up to fifty people: invoices, taxes, and a year-end report that "
        "your accountant will understand.",
        3_000_000,
        (WINDOWS, MACOS),
        (FIRST, SECOND),
        editions=("Standard", "Professional"),
        seats=5,
        offers=(
            DemoOffer("LEDGER-STANDARD", "149.00", "Standard"),
            DemoOffer("LEDGER-PROFESSIONAL", "299.00", "Professional"),
            DemoOffer("LEDGER-TO-PROFESSIONAL", "169.00", "Professional", OfferKind.UPGRADE),
        ),
    ),
    DemoProduct(
        "ATLAS",
        "Atlas",
        "MAPS",
        "Maps for the mountains, without a network.",
        "Atlas holds every path of the Alps and the Pyrenees, with contour lines and huts, and needs no reception.",
        40_000_000,
        (ANYTHING,),
        (FIRST, SECOND),
        upgrade_months=12,
        offers=(DemoOffer("ATLAS", "39.00"), DemoOffer("ATLAS-RENEWAL", "15.00", kind=OfferKind.RENEWAL)),
    ),
)


def load_products() -> None:
    for position, demo in enumerate(PRODUCTS):
        product = Product.objects.create(
            code=demo.code,
            slug=demo.code.lower(),
            name=demo.name,
            tagline=demo.tagline,
            description=demo.description,
            unlock_prefix=demo.prefix,
            upgrade_months=demo.upgrade_months,
            seats_per_unit=demo.seats,
            position=position,
        )
        for number, name in enumerate(demo.editions):
            Edition.objects.create(product=product, code=f"{demo.code}-{name.upper()}", name=name, position=number)
        for release in demo.releases:
            load_release(demo, product, release)
        load_offers(demo, product)


def load_offers(demo: DemoProduct, product: Product) -> None:
    """At a shop that is none: its address ends in .example, where nobody can ever be."""
    for position, loaded in enumerate(demo.offers):
        offer = Offer.objects.create(
            partner=OWN,
            product=product,
            edition=product.editions.filter(name=loaded.edition).first(),
            kind=loaded.kind,
            code=loaded.code,
            price=loaded.price,
            currency="EUR",
            least=loaded.least,
            position=position,
            is_on_sale=True,
        )
        for name, value in loaded.options:
            offer.options.create(name=name, value=value)


def load_release(demo: DemoProduct, product: Product, loaded: DemoRelease) -> None:
    release = Release.objects.create(
        product=product,
        version=loaded.version,
        channel=loaded.channel,
        notes=loaded.notes,
        is_critical=loaded.is_critical,
        published_at=timezone.now() - timedelta(days=loaded.days_ago),
    )
    for file in files_of(demo, release):
        file.sign()
        file.save()
    if loaded.withdrawn_for:
        release.withdraw(loaded.withdrawn_for)


def files_of(demo: DemoProduct, release: Release) -> Iterator[ReleaseFile]:
    """One for each system and edition."""
    editions: list[Edition | None] = [*release.product.editions.all()]
    for edition in editions or [None]:
        for platform, architecture, minimum in demo.systems:
            parts = [demo.code.lower(), release.version, edition.name.lower() if edition else "", platform, architecture]
            name = "-".join(part for part in parts if part and part != Architecture.ANY) + ".zip"
            content = archive(f"{demo.name} {release.version}: {name}", demo.size)
            yield ReleaseFile(
                release=release,
                platform=platform,
                architecture=architecture,
                minimum_system=minimum,
                edition=edition,
                name=name,
                file=ContentFile(content, name=f"{demo.code.lower()}.zip"),
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
            )


def archive(title: str, size: int) -> bytes:
    """A real ZIP archive of about this size; its data is random, so that no transport makes it smaller."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("README.txt", f"{title}\n\nA file of the demonstration: there is no program in it.\n")
        file.writestr("data.bin", random.Random(title).randbytes(size))  # noqa: S311
    return buffer.getvalue()

"""What a feed tells of a product: which releases, which of their files, and the words about them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Max, Prefetch, Q
from django.urls import reverse

from downloads.models import Product, Release, ReleaseFile
from downloads.models.release import Channel
from downloads.models.release_file import Architecture, Platform
from infacta.markdown import rendered

HEADINGS_FROM = 2

CHANNELS = {Channel.STABLE: (Channel.STABLE,), Channel.BETA: (Channel.STABLE, Channel.BETA)}
"""Whose updater reads the feed of the beta channel gets stable releases too: else they would stay with a beta for ever."""

SYSTEMS = {
    "": (Platform.MACOS, Platform.WINDOWS, Platform.ANY),
    "macos": (Platform.MACOS, Platform.ANY),
    "windows": (Platform.WINDOWS, Platform.ANY),
}
"""Sparkle and WinSparkle are for these; `system` in the address of an appcast picks one."""

INSTALLABLE = {
    Platform.MACOS: (".dmg", ".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".aar"),
    Platform.WINDOWS: (".exe", ".msi", ".msix"),
}
"""What updaters install without asking much; where a release has several files for one system, these go first."""

SPECIFIC_FIRST = (Architecture.ARM64, Architecture.X86_64, Architecture.X86, Architecture.ANY)
UNIVERSAL_BEFORE_INTEL = (Architecture.ARM64, Architecture.ANY, Architecture.X86_64, Architecture.X86)
"""Of items with one version Sparkle takes the first that runs. On Apple silicon a program for Intel runs too, so it stands last."""


@dataclass(frozen=True)
class Subject:
    """What one feed is about; `edition` is the code of an edition, `system` one of SYSTEMS, "" for each is all that are for everybody."""

    product: int
    channel: Channel
    edition: str = ""
    system: str = ""


def releases_of(subject: Subject, now: datetime) -> Iterator[Release]:
    """The releases that are out in this channel and have files for this edition, the latest version first; two queries however many there are."""
    out = Release.objects.filter(product=subject.product, channel__in=CHANNELS[subject.channel]).published(now).latest_first()
    files = ReleaseFile.objects.select_related("edition").order_by("pk")
    if subject.edition:
        files = files.filter(Q(edition=None) | Q(edition__code=subject.edition))
    return (release for release in out.prefetch_related(Prefetch("files", files)) if release.files.all())


def last_publication(subject: Subject, now: datetime) -> datetime | None:
    """When the latest release came that the feed may name; None if there is none."""
    out = Release.objects.filter(product=subject.product, channel__in=CHANNELS[subject.channel]).published(now)
    latest: datetime | None = out.aggregate(latest=Max("published_at"))["latest"]
    return latest


def next_publication(subject: Subject, now: datetime) -> datetime | None:
    """When the feed will change by itself; None if nothing is scheduled."""
    scheduled = Release.objects.filter(product=subject.product, published_at__gt=now, withdrawn_at=None).order_by("published_at")
    return scheduled.values_list("published_at", flat=True).first()


def for_updaters(files: Iterable[ReleaseFile], subject: Subject) -> list[ReleaseFile]:
    """The files that an appcast offers, one for each system and processor, in the order in which updaters should find them.

    Without a signature over its bytes an updater would load a file, and then refuse it: such a file waits for the worker that signs it.
    Without an edition in the address, only what is for all editions is offered: an updater takes what it finds, and cannot choose.
    """
    chosen: dict[tuple[str, str], ReleaseFile] = {}
    for file in sorted(files, key=preference):
        if file.update_signature and file.platform in SYSTEMS[subject.system] and (file.edition is None or subject.edition):
            chosen.setdefault((file.platform, file.architecture), file)
    return sorted(chosen.values(), key=place)


def preference(file: ReleaseFile) -> tuple[bool, bool, int]:
    """The edition's own file before one for all editions, what updaters install before the rest, and what was uploaded first."""
    endings = INSTALLABLE.get(Platform(file.platform), ("",))
    return file.edition is None, not file.name.lower().endswith(endings), file.pk


def place(file: ReleaseFile) -> tuple[int, int]:
    order = UNIVERSAL_BEFORE_INTEL if file.platform == Platform.MACOS else SPECIFIC_FIRST
    return SYSTEMS[""].index(Platform(file.platform)), order.index(Architecture(file.architecture))


def address_of(file: ReleaseFile) -> str:
    """Where a product fetches the file with an unlock code; its last part is the file's name, which no program may take for a way up."""
    name = file.name if file.name.strip(".") else "file"
    return settings.SITE_URL + reverse("public_downloads:file", args=[file.pk, name])


def page_of(product: Product) -> str:
    return settings.SITE_URL + product.get_absolute_url()


def changelog_of(product: Product) -> str:
    return settings.SITE_URL + reverse("website:changelog", args=[product.slug])


def notes_in_html(release: Release) -> str:
    """What is new, from Markdown as on the pages; "" if nothing was written."""
    return str(rendered(release.notes, HEADINGS_FROM)) if release.notes.strip() else ""

"""The appcast: RSS 2.0 with Sparkle's elements, as Sparkle and WinSparkle read it.

https://sparkle-project.org/documentation/publishing/ and https://winsparkle.org/guides/publishing-updates/ say what each element means.
Each file is an item of its own: Sparkle knows one enclosure of an item, and what a system must be stands in the item.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from downloads.feeds.catalogue import Subject, address_of, changelog_of, for_updaters, notes_in_html, page_of, releases_of
from downloads.models import Product, Release, ReleaseFile
from downloads.models.release import Channel
from downloads.models.release_file import Architecture, Platform
from infacta.attachment import BINARY

CONTENT_TYPE = "application/rss+xml; charset=utf-8"
SPARKLE = "http://www.andymatuschak.org/xml-namespaces/sparkle"
GROUPS = 7  # into so many groups Sparkle divides the installations of a product
WINDOWS = {
    Architecture.ANY: "windows",
    Architecture.X86_64: "windows-x64",
    Architecture.ARM64: "windows-arm64",
    Architecture.X86: "windows-x86",
}
NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
register_namespace("sparkle", SPARKLE)


def appcast(product: Product, subject: Subject, now: datetime) -> bytes:
    """The whole document."""
    root = Element("rss", version="2.0")
    channel = SubElement(root, "channel")
    page = page_of(product)
    add(channel, "title", f"{product.name} (beta)" if subject.channel == Channel.BETA else product.name)
    add(channel, "link", page)
    add(channel, "description", product.tagline or product.name)
    add(channel, "language", "en")
    for release in releases_of(subject, now):
        for file in for_updaters(release.files.all(), subject):
            add_item(channel, product, page, release, file)
    return tostring(root, encoding="utf-8", xml_declaration=True)


def add_item(channel: Element, product: Product, page: str, release: Release, file: ReleaseFile) -> None:
    item = SubElement(channel, "item")
    add(item, "title", f"{product.name} {release.version}")
    add(item, "link", page)
    if release.published_at:
        add(item, "pubDate", format_datetime(release.published_at.astimezone(UTC)))
    add(item, sparkle("version"), release.version)
    add(item, sparkle("shortVersionString"), release.version)
    add(item, sparkle("fullReleaseNotesLink"), changelog_of(product))
    if notes := notes_in_html(release):
        add(item, "description", notes)
    add_conditions(item, release, file)
    attributes = {"url": address_of(file), "length": str(file.size), "type": BINARY, sparkle("edSignature"): file.update_signature}
    if system := system_of(file):
        attributes[sparkle("os")] = system
    SubElement(item, "enclosure", attributes)


def add_conditions(item: Element, release: Release, file: ReleaseFile) -> None:
    """For whom the update is, how much it matters, and how fast it spreads."""
    if minimum := minimum_system_of(file):
        add(item, sparkle("minimumSystemVersion"), minimum)
    if (file.platform, file.architecture) == (Platform.MACOS, Architecture.ARM64):
        add(item, sparkle("hardwareRequirements"), "arm64")
    if release.is_critical:
        add(item, sparkle("criticalUpdate"))
    if release.rollout_days:
        interval = timedelta(days=release.rollout_days) / GROUPS
        add(item, sparkle("phasedRolloutInterval"), str(int(interval.total_seconds())))


def minimum_system_of(file: ReleaseFile) -> str:
    """Three numbers for macOS and three at most for Windows; "" where nobody can tell which system's version is meant."""
    numbers = file.minimum_system.split(".")
    if not file.minimum_system or file.platform == Platform.ANY:
        return ""
    return ".".join((numbers if file.platform == Platform.WINDOWS else [*numbers, "0", "0"])[:3])


def system_of(file: ReleaseFile) -> str:
    """`sparkle:os`; a file for any system has none, and both updaters take it."""
    if file.platform == Platform.WINDOWS:
        return WINDOWS[Architecture(file.architecture)]
    return "macos" if file.platform == Platform.MACOS else ""


def sparkle(name: str) -> str:
    return f"{{{SPARKLE}}}{name}"


def add(parent: Element, tag: str, text: str = "") -> None:
    """An element with a text. Characters that no XML may hold, such as most of the control characters, are left out."""
    SubElement(parent, tag).text = NO_XML.sub("", text)

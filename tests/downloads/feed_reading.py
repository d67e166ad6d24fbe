"""What tests of the feeds share: releases to read about, and reading as strictly as an updater."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree import ElementTree

from django.test import Client
from django.utils import timezone

from downloads.models import Product, Release, ReleaseFile
from downloads.signing import UPDATES, present_key
from tests import cast
from tests.downloads.signed import signed

SPARKLE = "{http://www.andymatuschak.org/xml-namespaces/sparkle}"
IN_ITEM = {
    "title",
    "link",
    "pubDate",
    "description",
    "enclosure",
    *(
        SPARKLE + name
        for name in (
            "version",
            "shortVersionString",
            "minimumSystemVersion",
            "hardwareRequirements",
            "criticalUpdate",
            "phasedRolloutInterval",
            "fullReleaseNotesLink",
        )
    ),
}
OF_ENCLOSURE = {"url", "length", "type", f"{SPARKLE}edSignature", f"{SPARKLE}os"}
SYSTEMS = {None, "macos", "windows", "windows-x64", "windows-arm64", "windows-x86"}


def make_update(product: Product, version: str, ending: str = ".dmg", **fields: Any) -> ReleaseFile:
    """A published file for macOS, with both signatures; `fields` are the file's, and those that a release has are its release's."""
    release_fields = {name: fields.pop(name) for name in list(fields) if hasattr(Release, name) and not hasattr(ReleaseFile, name)}
    release, _made = Release.objects.get_or_create(product=product, version=version)
    for name, value in release_fields.items():
        setattr(release, name, value)
    release.save()
    name = fields.pop("name", f"{product.slug}-{version}{ending}")
    file = signed(cast.make_file(product, version, name=name, content=f"{name}".encode() * 100))
    for field, value in ({"platform": "macos"} | fields).items():
        setattr(file, field, value)
    file.save()
    key = present_key(UPDATES)
    file.sign_for_updates(key.signature_over(file.file.read()), key)
    return file


def read(path: str = "/products/notebook/appcast.xml", **headers: str) -> ElementTree.Element:
    response = Client().get(path, headers=headers)
    assert response.status_code == 200, path
    assert response["Content-Type"] == "application/rss+xml; charset=utf-8"
    root = ElementTree.fromstring(response.content)
    check(root)
    return root


def check(root: ElementTree.Element) -> None:
    """Whatever Sparkle's documentation and its reader demand of an appcast."""
    assert (root.tag, root.get("version"), [child.tag for child in root]) == ("rss", "2.0", ["channel"])
    channel = root[0]
    assert [child.tag for child in channel][:4] == ["title", "link", "description", "language"]
    for item in channel.findall("item"):
        names = [child.tag for child in item]
        assert len(set(names)) == len(names), "Sparkle takes two elements of one name for translations"
        assert set(names) <= IN_ITEM
        assert item.findtext(f"{SPARKLE}version")
        assert isinstance(parsedate_to_datetime(item.findtext("pubDate") or ""), datetime)
        assert (item.findtext("link") or "").startswith("http")
        (enclosure,) = item.findall("enclosure")
        assert set(enclosure.attrib) <= OF_ENCLOSURE
        assert enclosure.attrib["url"].startswith("http")
        assert enclosure.attrib["url"].isascii()
        assert " " not in enclosure.attrib["url"]
        assert int(enclosure.attrib["length"]) >= 0
        assert len(enclosure.attrib[f"{SPARKLE}edSignature"]) == 88
        assert enclosure.attrib.get(f"{SPARKLE}os") in SYSTEMS


def items(path: str = "/products/notebook/appcast.xml") -> list[ElementTree.Element]:
    return read(path).findall("channel/item")


def versions(path: str = "/products/notebook/appcast.xml") -> list[str]:
    return [item.findtext(f"{SPARKLE}version") or "" for item in items(path)]


def in_days(days: float) -> datetime:
    return timezone.now() + timedelta(days=days)

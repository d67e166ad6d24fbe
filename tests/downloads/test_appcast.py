"""The appcast, as Sparkle and WinSparkle read it: what is in it, in which order, and in which words."""

import re
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from downloads.feeds import keeping
from downloads.models import Edition, Product, Release, ReleaseFile
from tests import cast
from tests.downloads.feed_reading import SPARKLE, in_days, items, make_update, read, versions
from tests.downloads.signed import signed

pytestmark = pytest.mark.django_db
BETA = "/products/notebook/beta/appcast.xml"


def test_an_item_tells_all_that_sparkle_asks_for(notebook):
    file = make_update(notebook, "2.1", notes="Quicker.", minimum_system="13", published_at=in_days(-1), is_critical=True, rollout_days=14)
    channel = read()[0]
    assert channel.findtext("title") == "Notebook"
    (item,) = channel.findall("item")
    told = {child.tag.replace(SPARKLE, "sparkle:"): child.text for child in item}
    assert told.pop("pubDate") == f"{file.release.published_at:%a, %d %b %Y %H:%M:%S} +0000"
    assert told == {
        "title": "Notebook 2.1",
        "link": "http://localhost:8000/products/notebook/",
        "sparkle:version": "2.1",
        "sparkle:shortVersionString": "2.1",
        "sparkle:fullReleaseNotesLink": "http://localhost:8000/products/notebook/changelog/",
        "description": "<p>Quicker.</p>\n",
        "sparkle:minimumSystemVersion": "13.0.0",
        "sparkle:criticalUpdate": None,
        "sparkle:phasedRolloutInterval": str(2 * 86400),
        "enclosure": None,
    }
    file.refresh_from_db()
    assert item.find("enclosure").attrib == {
        "url": f"http://localhost:8000/downloads/files/{file.pk}/notebook-2.1.dmg",
        "length": str(file.size),
        "type": "application/octet-stream",
        f"{SPARKLE}edSignature": file.update_signature,
        f"{SPARKLE}os": "macos",
    }


def test_the_namespace_is_sparkles_own_prefix_too(notebook):
    make_update(notebook, "1.0")
    text = Client().get("/products/notebook/appcast.xml").content.decode()
    assert text.startswith("<?xml version='1.0' encoding='utf-8'?>\n<rss ")
    assert 'xmlns:sparkle="http://www.andymatuschak.org/xml-namespaces/sparkle"' in text
    assert "<sparkle:version>1.0</sparkle:version>" in text


def test_an_ordinary_release_has_no_marks_that_mean_something(notebook):
    make_update(notebook, "1.0")
    told = {child.tag for child in items()[0]}
    names = ("criticalUpdate", "phasedRolloutInterval", "minimumSystemVersion", "hardwareRequirements")
    assert not told & {"description", *(SPARKLE + name for name in names)}


def test_the_latest_version_first_and_not_what_came_last(notebook):
    for version in ("1.10", "1.9", "2.0", "1.9.1"):
        make_update(notebook, version)
    assert versions() == ["2.0", "1.10", "1.9.1", "1.9"]


def test_only_what_is_out_and_has_files(notebook, mailer):
    make_update(notebook, "1.0")
    make_update(notebook, "1.1", published_at=in_days(1))
    make_update(notebook, "1.2", published_at=None)
    make_update(notebook, "1.3").release.withdraw("It lost what you wrote.")
    Release.objects.create(product=notebook, version="1.4")
    make_update(mailer, "9.0")
    make_update(notebook, "1.5", platform="linux")
    signed(cast.make_file(notebook, "1.6"))  # no worker has signed it for updaters yet
    assert versions() == ["1.0"]


def test_the_beta_channel_has_the_stable_releases_too(notebook):
    make_update(notebook, "2.0rc1", channel="beta")
    make_update(notebook, "1.9")
    assert versions() == ["1.9"]
    assert versions(BETA) == ["2.0rc1", "1.9"]
    assert read(BETA)[0].findtext("title") == "Notebook (beta)"


def test_each_system_is_told_in_its_own_words_and_the_best_stands_first(notebook):
    made = [
        ("macos", "x86_64", ".intel.dmg", "12.3"),
        ("macos", "any", ".dmg", "12.3.1"),
        ("macos", "arm64", ".arm.dmg", ""),
        ("windows", "any", ".exe", "10"),
        ("windows", "x86", ".32.exe", "6.1"),
        ("windows", "x86_64", ".64.exe", "10.0.17763"),
        ("windows", "arm64", ".arm.exe", "10.0.22000.1"),
        ("any", "any", ".jar", "13.0"),
        ("linux", "any", ".tar.gz", ""),
    ]
    for platform, architecture, ending, minimum in made:
        make_update(notebook, "1.0", ending, platform=platform, architecture=architecture, minimum_system=minimum)
    told = [
        (
            item.find("enclosure").get("url").partition("notebook-1.0")[2],
            item.find("enclosure").get(f"{SPARKLE}os"),
            item.findtext(f"{SPARKLE}minimumSystemVersion"),
            item.findtext(f"{SPARKLE}hardwareRequirements"),
        )
        for item in items()
    ]
    assert told == [
        (".arm.dmg", "macos", None, "arm64"),
        (".dmg", "macos", "12.3.1", None),
        (".intel.dmg", "macos", "12.3.0", None),
        (".arm.exe", "windows-arm64", "10.0.22000", None),
        (".64.exe", "windows-x64", "10.0.17763", None),
        (".32.exe", "windows-x86", "6.1", None),
        (".exe", "windows", "10", None),
        (".jar", None, None, None),
    ]
    systems = {item.find("enclosure").get(f"{SPARKLE}os") for item in items("/products/notebook/appcast.xml?system=macos")}
    assert systems == {"macos", None}
    assert len(items("/products/notebook/appcast.xml?system=windows")) == 5


def test_of_two_files_for_one_system_what_updaters_install(notebook):
    make_update(notebook, "1.0", ".txt")
    make_update(notebook, "1.0", ".DMG")
    make_update(notebook, "1.0", ".zip")
    make_update(notebook, "1.0", ".iso", platform="windows")
    make_update(notebook, "1.0", ".msi", platform="windows")
    assert [item.find("enclosure").get("url")[-4:] for item in items()] == [".DMG", ".msi"]


def test_an_edition_gets_its_own_files_and_those_for_all(notebook):
    light, full = (Edition.objects.create(product=notebook, code=f"NB-{name}", name=name) for name in ("LIGHT", "FULL"))
    make_update(notebook, "1.0", ".dmg")
    make_update(notebook, "1.0", ".light.dmg", edition=light)
    make_update(notebook, "1.0", ".full.dmg", edition=full)
    make_update(notebook, "2.0", ".full.dmg", edition=full)

    def offered(query: str) -> list[str]:
        return [item.find("enclosure").get("url").rpartition("/")[2] for item in items(f"/products/notebook/appcast.xml{query}")]

    assert offered("") == ["notebook-1.0.dmg"]
    assert offered("?edition=NB-LIGHT") == ["notebook-1.0.light.dmg"]
    assert offered("?edition=NB-FULL") == ["notebook-2.0.full.dmg", "notebook-1.0.full.dmg"]


@pytest.mark.parametrize(
    "path",
    [
        "/products/nothing/appcast.xml",
        "/products/notebook/appcast.xml?edition=NO",
        "/products/notebook/appcast.xml?edition=MAILER-PRO",
        "/products/notebook/appcast.xml?system=amiga",
        "/products/notebook/nightly/appcast.xml",
        "/products/nothing/feed.json",
        "/products/notebook/feed.json?edition=%F0%9F%92%A9" + "x" * 3000,
    ],
)
def test_what_there_is_not_is_not_found(notebook, mailer, path):
    Edition.objects.create(product=mailer, code="MAILER-PRO", name="Pro")
    assert Client().get(path).status_code == 404


def test_a_product_that_is_not_shown_has_no_feed(notebook):
    make_update(notebook, "1.0")
    assert versions() == ["1.0"]
    Product.objects.get(pk=notebook.pk).save()
    notebook.is_public = False
    notebook.save(update_fields=["is_public"])
    for path in ("/products/notebook/appcast.xml", "/products/notebook/feed.json", BETA):
        assert Client().get(path).status_code == 404


def test_a_product_without_releases_has_an_empty_feed(notebook):
    assert versions() == []


def test_sparkles_system_profile_changes_nothing(notebook):
    make_update(notebook, "1.0")
    assert versions("/products/notebook/appcast.xml?osVersion=14.1&cputype=16777228&appName=Notebook&lang=de") == ["1.0"]
    assert len(keeping.kept.values) == 1


HOSTILE = "</description><script>alert(1)</script>]]>&amp;\x00\x01\x08\x0b\x1b[31m\x7f\ufffe\U0001f600 <![CDATA[\u2028 end"


@pytest.mark.parametrize("ending", [' & "quoted" <b>.dmg', "%2e%2e?x#y.dmg", "Ü nïcode 😀.dmg", "]]>'.dmg"])
def test_hostile_notes_and_names_are_text(notebook, ending):
    notes = HOSTILE.replace("\x00", "")  # PostgreSQL holds no NUL
    Product.objects.filter(pk=notebook.pk).update(name="<Note> & \x0b]]>", tagline="\x1f\"'")
    make_update(notebook, "1.0", ending, notes=notes)
    root = read()
    (item,) = root.findall("channel/item")
    assert root.findtext("channel/title") == "<Note> & ]]>"
    description = item.findtext("description")
    assert "<script>" not in description
    assert "&lt;script&gt;alert(1)" in description
    assert "\U0001f600" in description
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", description)
    assert ElementTree.fromstring(f"<div>{description}</div>") is not None
    url = item.find("enclosure").get("url")
    assert Client().get(url.removeprefix("http://localhost:8000")).status_code == 401


@pytest.mark.parametrize("name", [".", ".."])
def test_a_name_that_leads_upwards_is_not_in_an_address(notebook, name):
    file = make_update(notebook, "1.0", name=name)
    assert items()[0].find("enclosure").get("url").endswith(f"/downloads/files/{file.pk}/file")


def test_500_releases_take_the_queries_of_three_and_one_once_it_is_made(notebook):
    def add(first: int, last: int) -> None:
        Release.objects.bulk_create(
            Release(product=notebook, version=f"1.{n}", version_key=f"{n:05}", published_at=in_days(-1)) for n in range(first, last)
        )
        fields = {"platform": "macos", "size": 1, "sha256": "0" * 64, "update_signature": "A" * 86 + "=="}
        releases = Release.objects.filter(files=None)
        ReleaseFile.objects.bulk_create(ReleaseFile(release=release, name=f"{release.version}.dmg", **fields) for release in releases)
        Product.objects.filter(pk=notebook.pk).mark_changed()

    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert Client().get(path).status_code == 200
        return len(seen)

    paths = ("/products/notebook/appcast.xml", "/products/notebook/feed.json")
    add(1, 4)
    few = [queries(path) for path in paths]
    add(4, 501)
    assert [queries(path) for path in paths] == few == [6, 6]
    assert len(items()) == 500
    assert [queries(path) for path in paths] == [1, 1]

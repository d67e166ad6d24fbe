"""The public pages of a product: what it is, what is new in each version, and which upgrades come with it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from downloads.models import Edition, Product, Release, ReleaseFile
from tests import cast
from tests.pages import Tags, words_of

pytestmark = pytest.mark.django_db
PAGE, CHANGELOG = "/products/notebook/", "/products/notebook/changelog/"


def html_of(path: str) -> str:
    answer = Client().get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def read(path: str) -> str:
    return words_of(html_of(path))


def test_the_page_says_what_there_is_for_whom(notebook, notebook_file):
    Edition.objects.create(product=notebook, code="N-P", name="Professional")
    ReleaseFile.objects.update(platform="macos", architecture="arm64", minimum_system="13.0")
    Product.objects.update(description="Keeps **notes**.")
    assert "Keeps <strong>notes</strong>." in html_of(PAGE)
    page = read(PAGE)
    assert "Editions Professional" in page
    assert "macOS 13.0 or later ARM, 64 bits notebook-1.0.zip 9.8 KB" in page
    assert notebook_file.sha256 in page
    assert CHANGELOG in Tags(html_of(PAGE)).links()


@pytest.mark.parametrize(
    ("months", "said"),
    [
        (None, "Every release to come is included, without end."),
        (0, "The releases that are out on the day of your purchase are included"),
        (1, "Releases of the next month after your purchase are included"),
        (12, "Releases of the next 12 months after your purchase are included"),
    ],
)
def test_the_page_says_which_upgrades_come_with_it(notebook, months, said):
    Product.objects.update(upgrade_months=months)
    assert said in read(PAGE)


def test_a_product_without_a_release_says_so(notebook):
    assert "No version is out yet." in read(PAGE)
    assert "No version is out yet." in read(CHANGELOG)


def test_the_changelog_has_every_version_that_is_out_the_latest_first(notebook):
    for version, channel, at in (("1.9", "stable", -1), ("1.10", "stable", -2), ("2.0-beta.1", "beta", -1), ("2.0", "stable", 1)):
        Release.objects.create(
            product=notebook, version=version, channel=channel, published_at=now() + timedelta(days=at), notes=f"# In {version}\n- *this*"
        )
    Release.objects.create(product=notebook, version="3.0", published_at=None)
    html = html_of(CHANGELOG)
    tags = Tags(html)
    assert [attributes["id"] for tag, attributes in tags.found if attributes.get("class") == "release"] == ["v2.0-beta.1", "v1.10", "v1.9"]
    assert {"#v1.10", "#v2.0-beta.1"} <= set(tags.links())
    assert "<h3>In 1.10</h3>" in html
    assert "<em>this</em>" in html
    assert words_of(html).count("Beta") == 1


def test_a_long_changelog_has_pages(notebook):
    for number in range(25):
        Release.objects.create(product=notebook, version=f"1.{number}")
    assert "Version 1.24" in read(CHANGELOG)
    assert "Version 1.0 " not in read(CHANGELOG)
    assert "Version 1.0 " in read(f"{CHANGELOG}?page=2")
    assert "There is no version on this page." in read(f"{CHANGELOG}?page=3")


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999999999999", "%00"])
def test_page_numbers_that_are_none_break_nothing(notebook, page):
    assert Client().get(f"{CHANGELOG}?page={page}").status_code in (200, 400)


def test_what_is_not_public_has_no_changelog(notebook, notebook_file):
    Product.objects.update(is_public=False)
    assert Client().get(CHANGELOG).status_code == 404


@pytest.mark.parametrize("path", [PAGE, CHANGELOG])
def test_the_pages_ask_for_as_much_however_long_they_are_and_caches_may_keep_them(notebook, notebook_file, path):
    def answered() -> tuple[int, object]:
        with CaptureQueriesContext(connection) as captured:
            answer = Client().get(path)
        return len(captured), answer

    answered()  # the top of the page, which is kept for a minute
    before, answer = answered()
    assert not answer.cookies
    assert answer["Cache-Control"] == "public, max-age=30"
    for number in range(15):
        cast.make_file(notebook, f"4.{number}")
        cast.make_file(
            notebook,
            "4.14",
            name=f"more-{number}.zip",
            edition=Edition.objects.create(product=notebook, code=str(number), name=str(number)),
        )
    assert answered()[0] == before <= 5


@pytest.mark.parametrize("path", [PAGE, CHANGELOG])
def test_both_pages_lead_to_the_feeds(notebook_file, path):
    addresses = [f"{PAGE}{channel}{feed}" for channel in ("", "beta/") for feed in ("appcast.xml", "feed.json")]
    tags = Tags(html_of(path))
    assert set(addresses) <= set(tags.links())
    assert {address for address in addresses if "beta" not in address} == {
        attributes["href"] for tag, attributes in tags.found if tag == "link" and attributes.get("rel") == "alternate"
    }
    assert [Client().get(address).status_code for address in addresses] == [200] * 4

"""The archive of announcements, and its feed: for everybody, with nothing of anybody in it (promises G3, G9)."""

import xml.etree.ElementTree as ET
from datetime import timedelta

import pytest
from django.conf import settings as site
from django.test import Client
from django.utils import timezone

from announcements.models import Announcement, State
from downloads.models import Product
from tests.announcements.bounced import announcement
from tests.pages import Tags, words_of

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
BODY = "{{ greeting }}\n\n# What is new\n\nRead [more](https://vendor.example/). {{ why }} [Leave]({{leave_url}}), {{ email }}: <b>no</b> {{nothing}}"


def told(slug: str, days_ago: int = 1, **values):
    return announcement(slug, began_at=timezone.now() - timedelta(days=days_ago), body=BODY, **values)


def page(path: str) -> str:
    answer = Client().get(path)
    assert answer.status_code == 200
    assert not answer.cookies
    return answer.content.decode()


def entries() -> list[ET.Element]:
    return ET.fromstring(Client().get("/announcements/feed/").content).findall(f"{ATOM}entry")


@pytest.mark.parametrize("odd", ["\x0c", "\x1b", "\x08", "\ufffe"])
def test_what_no_xml_may_hold_breaks_no_reader(odd):
    """A page break that somebody pasted from another program."""
    announcement("new", began_at=timezone.now(), subject=f"New{odd}s", body=f"One{odd}two")
    assert [entry.findtext(f"{ATOM}title") for entry in entries()] == ["News"]
    assert "Onetwo" in entries()[0].findtext(f"{ATOM}summary")


def test_what_was_sent_stands_on_the_site_the_latest_first():
    told("old", 9, subject="The old one")
    told("new", 1, subject="The new one", state=State.SENDING, preheader="In short")
    words = words_of(page("/announcements/"))
    assert words.index("The new one") < words.index("In short") < words.index("The old one")
    assert [entry.findtext(f"{ATOM}title") for entry in entries()] == ["The new one", "The old one"]


@pytest.mark.parametrize("values", [{"is_public": False}, {"state": State.CANCELLED}, {"state": State.DRAFT, "began_at": None}])
def test_what_is_not_public_or_was_not_sent_does_not_exist(values):
    announcement("secret", subject="The secret one", **{"began_at": timezone.now()} | values)
    assert "The secret one" not in page("/announcements/")
    assert Client().get("/announcements/archive/secret/").status_code == 404
    assert entries() == []


def test_a_page_has_words_for_everybody_where_mails_name_somebody():
    told("new")
    html = page("/announcements/archive/new/")
    words = words_of(html)
    assert "Good day," in words
    assert "This went to our customers" in words
    assert "{{" not in html
    assert "<h2>What is new</h2>" in html
    assert "<b>no</b>" not in html, "staff write Markdown"
    assert f'href="{site.SITE_URL}/announcements/"' in html


def test_the_feed_is_valid_and_kept_by_whoever_has_it():
    empty = Client().get("/announcements/feed/")
    assert Client().get("/announcements/feed/")["ETag"] == empty["ETag"], "an empty feed stays the same too"
    told("new", subject="Nuts & <bolts>")
    answer = Client().get("/announcements/feed/")
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/atom+xml; charset=utf-8", "public, max-age=60")
    root = ET.fromstring(answer.content)
    needed = [root.findtext(ATOM + name) for name in ("id", "title", "updated", "author/" + ATOM + "name")]
    assert all(needed)
    assert {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}["self"] == f"{site.SITE_URL}/announcements/feed/"
    (entry,) = root.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "Nuts & <bolts>"
    assert entry.findtext(f"{ATOM}id") == entry.find(f"{ATOM}link").get("href") == f"{site.SITE_URL}/announcements/archive/new/"
    assert entry.findtext(f"{ATOM}updated")
    assert "<h2>What is new</h2>" in entry.findtext(f"{ATOM}summary")
    same = Client().get("/announcements/feed/", headers={"If-None-Match": answer["ETag"]})
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", answer["ETag"])
    told("newer")
    assert Client().get("/announcements/feed/", headers={"If-None-Match": answer["ETag"]}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/announcements/", "/announcements/archive/new/"])
def test_readers_find_the_feed_by_themselves(path):
    told("new")
    links = [tag for name, tag in Tags(page(path)).found if name == "link" and tag.get("rel") == "alternate"]
    assert [(link["type"], link["href"]) for link in links] == [("application/atom+xml", "/announcements/feed/")]


def test_the_list_is_paginated_and_asks_once(django_assert_num_queries):
    for number in range(23):
        told(f"told-{number}", number, subject=f"Number {number}.")
    page("/announcements/")
    with django_assert_num_queries(1):
        first = page("/announcements/")
    assert ("Number 19." in first, "Number 20." in first) == (True, False)
    assert "Number 22." in page("/announcements/?page=2")
    assert "There is no announcement on this page." in page("/announcements/?page=9")
    for path, queries in (("/announcements/archive/told-0/", 3), ("/announcements/feed/", 1)):
        with django_assert_num_queries(queries):
            assert Client().get(path).status_code == 200
    assert len(entries()) == 20


def test_readers_of_a_feed_are_led_to_this_site():
    told("new")
    Announcement.objects.update(body="See [all of it](/products/notebook/).")
    summary = ET.fromstring(Client().get("/announcements/feed/").content).findtext(f"{ATOM}entry/{ATOM}summary")
    assert f'href="{site.SITE_URL}/products/notebook/"' in summary


def test_what_was_picked_is_led_to_if_everybody_sees_it(notebook_file, mailer):
    told("new")
    shown, notebook = Announcement.objects.get(slug="new"), notebook_file.release.product
    shown.releases.add(notebook_file.release)
    shown.products.add(mailer)
    html = page("/announcements/archive/new/")
    assert f'{notebook.get_absolute_url()}changelog/#v{notebook_file.release.version}"' in html
    assert f'{mailer.get_absolute_url()}"' in html
    Product.objects.update(is_public=False)
    html = page("/announcements/archive/new/")
    assert (f"#v{notebook_file.release.version}" in html, mailer.get_absolute_url() in html) == (False, False)


def test_there_is_a_way_to_it_from_every_page():
    assert 'href="/announcements/"' in page("/contact/")
    assert "What we announced" in page("/")

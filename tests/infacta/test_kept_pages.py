"""Public pages that are kept for a few seconds: the same for everybody, and never another's (docs/scaling.md)."""

import pytest
from django.test import Client

from downloads.models import Product
from infacta import kept_pages

pytestmark = pytest.mark.django_db
PAGES = ("/", "/products/", "/products/notebook/", "/privacy/", "/privacy/resources/", "/support/", "/contact/")


@pytest.fixture
def kept(monkeypatch):
    """Pages are kept, as in production."""
    kept_pages.kept.clear()
    monkeypatch.setattr(kept_pages.kept, "seconds", 5.0)
    yield
    kept_pages.kept.clear()


def renamed(name: str) -> None:
    Product.objects.filter(slug="notebook").update(name=name)


def test_a_page_is_put_together_once(kept, notebook, django_assert_num_queries):
    Client().get("/products/notebook/")
    with django_assert_num_queries(0):
        assert "Notebook" in Client().get("/products/notebook/").content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_what_is_kept_has_every_header_of_what_was_made(kept, notebook, path):
    made, again = Client().get(path), Client().get(path)
    assert again.content == made.content
    assert made.headers.pop("X-Request-ID") != again.headers.pop("X-Request-ID"), "each request has a number of its own"
    assert dict(again.headers) == dict(made.headers)
    assert not again.cookies


def test_whoever_has_a_cookie_sees_what_is_new(kept, notebook):
    Client().get("/products/notebook/")
    renamed("Another name")
    browser = Client()
    browser.cookies["session"] = "anything"
    assert "Another name" in browser.get("/products/notebook/").content.decode()
    assert "Another name" not in Client().get("/products/notebook/").content.decode()


def test_languages_are_kept_apart(kept, notebook):
    english = Client().get("/", headers={"Accept-Language": "en"}).content.decode()
    german = Client().get("/", headers={"Accept-Language": "de"}).content.decode()
    assert '<html lang="en">' in english
    assert '<html lang="de">' in german
    assert Client().get("/", headers={"Accept-Language": "en"}).content.decode() == english


def test_hosts_are_kept_apart(kept, notebook, settings):
    Client().get("/", headers={"Host": "localhost"})
    assert Client().get("/", headers={"Host": "elsewhere.example"}).status_code == 400


def test_a_query_is_asked_each_time(kept, notebook):
    Client().get("/products/?page=1")
    renamed("Another name")
    assert "Another name" in Client().get("/products/?page=1").content.decode()


def test_what_is_not_there_is_not_kept(kept, notebook):
    assert Client().get("/products/later/").status_code == 404
    Product.objects.filter(slug="notebook").update(slug="later")
    assert Client().get("/products/later/").status_code == 200


def test_nothing_is_kept_for_longer_than_a_visit_elsewhere(notebook):
    """In tests and in development pages are made anew each time, unless somebody sets it."""
    assert kept_pages.kept.seconds == 0
    Client().get("/products/notebook/")
    renamed("Another name")
    assert "Another name" in Client().get("/products/notebook/").content.decode()

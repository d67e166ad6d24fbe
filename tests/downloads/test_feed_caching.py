"""Conditional requests, and feeds that are kept ready made without ever being out of date."""

import gzip
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.http import http_date

from downloads.feeds import keeping
from downloads.models import Edition, Product, Release, ReleaseFile
from downloads.signing import UPDATES, present_key
from downloads.views import feeds
from tests.downloads.feed_reading import in_days, make_update, versions
from tests.staff import staff_log_in
from tests.threads import at_once

pytestmark = pytest.mark.django_db
PATH = "/products/notebook/appcast.xml"


@pytest.fixture
def file(notebook) -> ReleaseFile:
    return make_update(notebook, "1.0")


def get(path: str = PATH, method: str = "get", **headers: str):
    return getattr(Client(), method)(path, headers=headers)


def long_ago(product: Product) -> None:
    """Everything about the product was done an hour ago."""
    then = timezone.now() - timedelta(hours=1)
    Release.objects.filter(product=product).update(published_at=then)
    Product.objects.filter(pk=product.pk).mark_changed()
    Product.objects.filter(pk=product.pk).update(catalogue_changed_at=then)


def later(monkeypatch, **passed: float) -> None:
    """So much time has passed."""
    now = datetime.now(UTC) + timedelta(**passed)
    monkeypatch.setattr(feeds.timezone, "now", lambda: now)


@pytest.mark.parametrize("path", [PATH, "/products/notebook/feed.json"])
def test_304_to_whoever_has_it(notebook, file, path):
    long_ago(notebook)
    first = get(path)
    assert first["Cache-Control"] == "public, max-age=60"
    for headers in (
        {"If-None-Match": first["ETag"]},
        {"If-None-Match": f'"other", W/{first["ETag"]}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": first["Last-Modified"]},
    ):
        answer = get(path, **headers)
        assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", first["ETag"]), headers
        assert answer["Cache-Control"] == "public, max-age=60"
        assert "Set-Cookie" not in answer
        assert not answer.cookies
    for headers in (
        {"If-None-Match": '"other"'},
        {"If-Modified-Since": http_date(timezone.now().timestamp() - 7200)},
        {"If-None-Match": '"other"', "If-Modified-Since": first["Last-Modified"]},
        {"If-None-Match": "no tag \xff", "If-Modified-Since": "yesterday"},
    ):
        assert get(path, **headers).status_code == 200, headers


def test_head_says_what_get_would(file):
    whole, head = get(), get(method="head")
    assert (head.status_code, head.content) == (200, b"")
    assert {name: head[name] for name in ("ETag", "Content-Type", "Content-Length")} == {
        name: whole[name] for name in ("ETag", "Content-Type", "Content-Length")
    }
    assert get(method="post").status_code == 405


def test_packed_for_whoever_takes_that(file):
    plain = get()
    packed = get(**{"Accept-Encoding": "br, gzip;q=0.5"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert packed["ETag"] == f"W/{plain['ETag']}"
    assert "Accept-Encoding" in packed["Vary"]
    assert get(**{"If-None-Match": packed["ETag"], "Accept-Encoding": "gzip"}).status_code == 304
    for refused in ("gzip;q=0", "br", "", "identity", ";;;=,"):
        assert "Content-Encoding" not in get(**{"Accept-Encoding": refused}), refused


def test_within_the_second_of_a_change_its_time_tells_nothing(file, monkeypatch):
    assert "Last-Modified" not in get()
    later(monkeypatch, seconds=3)
    assert "Last-Modified" in get()


def test_a_cookie_and_an_unlock_code_are_not_looked_at(file, alice):
    with_both = Client()
    with_both.cookies["anything"] = "x"
    answer = with_both.get(PATH, headers={"Authorization": "Bearer NTE-WRONG"})
    assert answer.content == get().content
    assert not answer.cookies


# Changes


def changes(notebook: Product, file: ReleaseFile):
    """Each changes what a feed says."""
    release = file.release
    yield "a new release", lambda: make_update(notebook, "2.0")
    yield "withdrawn", lambda: Release.objects.get(version="2.0").withdraw("Bad.")
    yield "reinstated", lambda: Release.objects.get(version="2.0").reinstate()
    yield "the notes", lambda: (setattr(release, "notes", "New."), release.save())
    yield "the product's name", lambda: (setattr(notebook, "name", "Note Book"), notebook.save())
    yield "the tagline alone", lambda: (setattr(notebook, "tagline", "It writes."), notebook.save(update_fields=["tagline"]))
    yield "a file's name", lambda: (setattr(file, "name", "other.dmg"), file.save_only(["name"]))
    yield "a file's system", lambda: (setattr(file, "minimum_system", "12"), file.save())
    yield "a signature", lambda: file.sign_for_updates("B" * 86 + "==", present_key(UPDATES))
    yield "a file is deleted", lambda: file.delete()


def test_every_change_is_in_the_feed_at_once(notebook, file):
    before = get().content
    for what, change in changes(notebook, file):
        change()
        after = get().content
        assert after != before, what
        assert get().content == after
        before = after


def test_an_editions_code_is_in_the_feed_at_once(notebook):
    edition = Edition.objects.create(product=notebook, code="OLD", name="Light")
    make_update(notebook, "1.0", edition=edition)
    assert b'"OLD"' in get("/products/notebook/feed.json").content
    edition.code = "NEW"
    edition.save()
    assert b'"NEW"' in get("/products/notebook/feed.json").content


def test_a_release_that_moves_to_another_product_leaves_the_first_feed(notebook, mailer, file):
    assert versions() == ["1.0"]
    assert versions("/products/mailer/appcast.xml") == []
    file.release.product = mailer
    file.release.save()
    assert versions() == []
    assert versions("/products/mailer/appcast.xml") == ["1.0"]
    other = Release.objects.create(product=notebook, version="3.0")
    file.refresh_from_db()
    file.release = other
    file.save()
    assert versions() == ["3.0"]
    assert versions("/products/mailer/appcast.xml") == []


def test_a_stale_row_that_is_saved_brings_no_earlier_mark_back(notebook, file):
    stale = Product.objects.get(pk=notebook.pk)
    before = get().content
    make_update(notebook, "2.0")
    stale.save()
    assert get().content != before
    assert versions() == ["2.0", "1.0"]


def test_a_change_that_is_rolled_back_changes_nothing(notebook, file):
    etag = get()["ETag"]
    with transaction.atomic():
        file.release.withdraw("Oh no.")
        assert versions() == []
        transaction.set_rollback(True)
    assert get()["ETag"] == etag


def test_what_is_due_appears_at_its_moment_without_anybody_saving(notebook, file, monkeypatch):
    make_update(notebook, "2.0", published_at=in_days(1))
    make_update(notebook, "3.0", published_at=in_days(2))
    etag = get()["ETag"]
    later(monkeypatch, hours=23)
    assert get(**{"If-None-Match": etag}).status_code == 304
    later(monkeypatch, hours=25)
    assert versions() == ["2.0", "1.0"]
    moved = get(**{"If-None-Match": etag})
    assert moved.status_code == 200
    assert moved["Last-Modified"] == http_date(int(Release.objects.get(version="2.0").published_at.timestamp()))
    later(monkeypatch, hours=49)
    assert versions() == ["3.0", "2.0", "1.0"]


def test_two_processes_give_one_entity_tag(notebook, file):
    etag = get()["ETag"]
    keeping.kept.clear()
    Product.objects.filter(pk=notebook.pk).mark_changed()
    assert get()["ETag"] == etag


def test_staff_change_a_release_in_their_pages(notebook, file, ada):
    before = get()["ETag"]
    page = staff_log_in(ada)
    path = f"/staff/downloads/release/{file.release.pk}/change/"
    form = page.get(path).context["adminform"].form
    data = {name: "" if form.initial.get(name) is None else form.initial[name] for name in form.fields} | {"notes": "Written anew."}
    data |= {f"{bound.html_name}_{part}": value for bound in form for part, value in zip((0, 1), split_of(bound), strict=False)}
    data |= {"files-TOTAL_FORMS": 0, "files-INITIAL_FORMS": 0}
    answer = page.post(path, data)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert get()["ETag"] != before
    assert b"Written anew." in get().content


def split_of(bound) -> tuple[str, ...]:
    """Date and time, where a field has two inputs."""
    value = bound.value()
    return (f"{value:%Y-%m-%d}", f"{value:%H:%M:%S}") if hasattr(value, "hour") else ()


def test_a_304_asks_the_database_once(file):
    etag = get()["ETag"]
    with CaptureQueriesContext(connection) as seen:
        assert get(**{"If-None-Match": etag}).status_code == 304
    assert len(seen) == 1
    assert seen[0]["sql"].startswith("SELECT id, catalogue_mark FROM downloads_product")


def test_kept_feeds_are_few(notebook, file):
    for number in range(keeping.MOST_FEEDS + 5):
        Edition.objects.create(product=notebook, code=f"E-{number}", name=f"E {number}")
    for number in range(keeping.MOST_FEEDS + 5):
        assert get(f"{PATH}?edition=E-{number}").status_code == 200
    assert len(keeping.kept.values) == keeping.MOST_FEEDS


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_all_updaters_at_once_after_a_change_make_it_once(notebook, monkeypatch):
    made = []
    real = keeping.made
    monkeypatch.setattr(keeping, "made", lambda *args: made.append(args) or real(*args))
    file = make_update(notebook, "1.0")
    answers = at_once(lambda number: get().content, range(8))
    assert len(set(answers)) == len(made) == 1
    file.release.withdraw("Bad.")
    assert len(set(at_once(lambda number: get().content, range(8)))) == 1
    assert len(made) == 2

"""What a customer sees at /resources/ (promise C5)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from downloads.models import DownloadSession, Release
from tests import cast
from tests.customer import log_in

pytestmark = pytest.mark.django_db


def test_alice_sees_product_code_release_and_downloads_remaining(alice, alices, notebook_file):
    page = log_in(alice).get("/resources/").content.decode()
    assert "Notebook" in page
    assert alices.unlock_codes.get().code in page
    assert "Version 1.0" in page
    assert "notebook-1.0.zip" in page
    assert "5 downloads remaining" in page


def test_bobs_products_are_his_alone(alice, bob, bobs):
    page = log_in(alice).get("/resources/").content.decode()
    assert "Mailer" not in page
    assert bobs.unlock_codes.get().code not in page


def test_mallory_sees_what_to_do(mallory):
    assert "Nothing here yet" in log_in(mallory).get("/resources/").content.decode()


def test_the_latest_published_release_is_shown(alice, notebook, notebook_file):
    cast.make_file(notebook, "2.0")
    draft = cast.make_file(notebook, "3.0").release
    Release.objects.filter(pk=draft.pk).update(published_at=None)
    coming = cast.make_file(notebook, "2.1").release
    Release.objects.filter(pk=coming.pk).update(published_at=timezone.now() + timedelta(days=1))
    client = log_in(alice)
    home = client.get("/resources/").content.decode()
    assert "Version 2.0" in home
    assert "Version 1.0" not in home
    everything = client.get(f"/resources/products/{alice.entitlements.get().pk}/").content.decode()
    assert "Version 1.0" in everything
    for hidden in ("Version 2.1", "Version 3.0"):
        assert hidden not in home
        assert hidden not in everything


def test_three_units_have_three_codes_and_three_times_the_downloads(notebook, notebook_file):
    owned = cast.buy(cast.ALICE, notebook, units=3, order="A-3").entitlements[0]
    page = log_in(owned.user).get("/resources/").content.decode()
    for code in owned.unlock_codes.all():
        assert code.code in page
    assert "15 downloads remaining" in page


def test_many_codes_are_on_pages_of_their_own(notebook):
    owned = cast.buy(cast.ALICE, notebook, units=60, order="A-60").entitlements[0]
    client = log_in(owned.user)
    first = client.get(f"/resources/products/{owned.pk}/").content.decode()
    second = client.get(f"/resources/products/{owned.pk}/?codes=2").content.decode()
    codes = [code.code for code in owned.unlock_codes.order_by("unit")]
    assert codes[49] in first
    assert codes[50] not in first
    assert codes[59] in second


def test_a_refunded_purchase_says_so(alice, alices, notebook_file):
    alices.set_refunded(1)
    page = log_in(alice).get("/resources/").content.decode()
    assert "was refunded" in page
    assert alices.unlock_codes.get().code not in page
    assert "/resources/downloads/" not in page


@pytest.mark.parametrize("path", ["/resources/", "/resources/products/{pk}/", "/resources/products/{pk}/allowance/"])
def test_what_staff_took_back_is_not_said_to_be_refunded(alice, alices, path):
    alices.revoke(1)
    page = log_in(alice).get(path.format(pk=alices.pk)).content.decode()
    assert "We have taken this back" in page
    assert "was refunded" not in page


@pytest.mark.parametrize("path", ["/resources/", "/resources/products/{pk}/", "/resources/account/"])
def test_the_number_of_queries_does_not_grow(alice, alices, notebook, notebook_file, path):
    client = log_in(alice)
    path = path.format(pk=alices.pk)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    before = queries()
    now = timezone.now()
    DownloadSession.objects.bulk_create(
        DownloadSession(entitlement=alices, file=notebook_file, valid_until=now, closed_at=now) for _number in range(200)
    )
    for number in range(12):
        cast.make_file(notebook, f"4.{number}")
        product = cast.make_product(f"P{number}", f"Product {number}", "PRD")
        cast.make_file(product)
        cast.buy(cast.ALICE, product, order=f"A-{number}")
    client = log_in(alice)
    for _number in range(3):
        log_in(alice)
    assert queries() == before <= 7


def test_long_lists_have_pages(alice):
    for number in range(12):
        cast.buy(cast.ALICE, cast.make_product(f"P{number}", f"Product {number}", "PRD"), order=f"A-{number}")
    client = log_in(alice)
    assert "?page=2" in client.get("/resources/").content.decode()
    assert "Product 0" in client.get("/resources/?page=2").content.decode()


@pytest.mark.parametrize("page", ["0", "-1", "99999999999999999999", "x", "１"])
def test_page_numbers_that_are_none_mean_some_page(alice, page):
    assert log_in(alice).get(f"/resources/?page={page}").status_code == 200


def test_kept_cards_follow_every_download_and_refund_at_once(alice, alices, notebook_file):
    client = log_in(alice)
    assert "5 downloads remaining" in client.get("/resources/").content.decode()
    with CaptureQueriesContext(connection) as captured:
        client.get("/resources/")
    assert len(captured) <= 3, "the cards are kept, so nothing but session and account is asked for"
    client.post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk})
    assert "4 downloads remaining" in client.get("/resources/").content.decode()
    alices.set_refunded(1)
    page = client.get("/resources/").content.decode()
    assert "was refunded" in page
    assert alices.unlock_codes.get().code not in page


def test_kept_cards_are_never_another_customers(alice, alices, bob, bobs):
    ours = log_in(alice).get("/resources/").content.decode()
    theirs = log_in(bob).get("/resources/").content.decode()
    assert alices.unlock_codes.get().code in ours
    assert alices.unlock_codes.get().code not in theirs
    assert bobs.unlock_codes.get().code not in ours


def test_the_number_of_queries_does_not_grow_with_the_ledger(alice, alices):
    """Neither the list nor the page of a product asks for more when downloads were added, taken and given back very often."""
    client = log_in(alice)

    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    paths = ("/resources/", f"/resources/products/{alices.pk}/")
    before = [queries(path) for path in paths]
    for _time in range(60):
        alices.allow_more(1, "x")
    assert [queries(path) for path in paths] == before

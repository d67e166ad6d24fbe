"""Offers as staff edit them: what is wrong is told beside its field, and a page shows what each would hand over."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from downloads.models import Edition
from purchases.models import Offer, OfferOption
from tests.pages import Tags, words_of
from tests.purchases.handing import CODES, STORES, make_offer
from tests.staff import staff_log_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shops")]
ADD = "/staff/purchases/offer/add/"


@pytest.fixture
def adas(ada):
    return staff_log_in(ada)


def typed(product, **changes) -> dict[str, object]:
    facts = {"partner": "gumroad", "product": product.pk, "kind": "new", "code": "notebook", "least": 1, "most": 100, "position": 0}
    inline = {"options-TOTAL_FORMS": 0, "options-INITIAL_FORMS": 0}
    return facts | {"is_on_sale": "on", "price": "", "currency": ""} | inline | changes


def test_staff_put_an_offer_on_sale(adas, client, notebook):
    option = {"options-TOTAL_FORMS": 1, "options-0-name": "CD by post", "options-0-value": "cd", "options-0-position": 0}
    assert adas.post(ADD, typed(notebook, price="29.00", currency="EUR", **option)).status_code == 302
    offer = Offer.objects.get()
    assert [str(one) for one in offer.options.all()] == ["CD by post"]
    assert "29.00 EUR" in words_of(client.get("/buy/notebook/").content.decode())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"partner": "nobody"}, "Select a valid choice"),
        ({"code": "a?b"}, "This is no code of this partner’s checkout. It is the last part of the product’s address."),
        ({"partner": "paddle"}, "It is the price’s number, beginning with pri_."),
        ({"kind": "upgrade"}, "Say to which edition it upgrades."),
        ({"price": "29.00"}, "Give both, price and currency, or neither."),
        ({"price": "29.00", "currency": "euro"}, "at most 3 characters"),
        ({"price": "29.00", "currency": "eur"}, "Three capital letters, such as EUR."),
        ({"least": 0}, "greater than or equal to 1"),
        ({"most": 1_000_000}, "less than or equal to 10000"),
        ({"least": 20, "most": 10}, "The largest quantity is less than the smallest."),
        (
            {"partner": "stripe", "options-TOTAL_FORMS": 1, "options-0-name": "CD", "options-0-value": "cd", "options-0-position": 0},
            "This partner’s checkout takes no options.",
        ),
        (
            {"options-TOTAL_FORMS": 1, "options-0-name": "CD", "options-0-value": "a b", "options-0-position": 0},
            "This is no word that the partner’s checkout takes for an option.",
        ),
    ],
)
def test_what_is_wrong_is_told(adas, notebook, changes, said):
    answer = adas.post(ADD, typed(notebook, **changes))
    assert answer.status_code == 200
    assert said in words_of(answer.content.decode()).replace("'", "’")
    assert not Offer.objects.exists()


def test_an_edition_of_another_product_is_none(notebook, mailer):
    other = Edition.objects.create(product=mailer, code="M-P", name="Pro")
    with pytest.raises(ValidationError, match="another product"):
        Offer(partner="gumroad", product=notebook, edition=other, code="notebook").full_clean()


def test_the_database_holds_what_the_form_says(notebook):
    make_offer(notebook)
    for facts in ({}, {"code": "X", "least": 0}, {"code": "Y", "least": 5, "most": 4}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Offer.objects.bulk_create([Offer(**{"partner": "standard-webhooks", "product": notebook, "code": "NOTEBOOK"} | facts)])


@pytest.mark.parametrize("partner", sorted(CODES))
def test_a_page_shows_what_the_offer_hands_over(adas, notebook, partner):
    offer = make_offer(notebook, partner)
    html = adas.get(f"/staff/purchases/offer/{offer.pk}/look/").content.decode()
    page = words_of(html)
    assert CODES[partner] in page
    assert "The format:" in page
    assert f"/buy/notebook/?offer={offer.pk}&quantity=1" in Tags(html).links()
    assert ("an example: the format was not published" in page) == (partner in ("regsoft", "emetrix"))


def test_it_says_why_visitors_do_not_see_it(adas, notebook, settings):
    offer = make_offer(notebook, "fastspring", is_on_sale=False)
    settings.CHECKOUT_STORES = STORES | {"fastspring": ""}
    page = words_of(adas.get(f"/staff/purchases/offer/{offer.pk}/look/").content.decode())
    assert "Set FASTSPRING_STORE in the environment" in page
    assert "It is not on sale." in page


def test_the_editor_leads_to_it(adas, notebook):
    offer = make_offer(notebook)
    html = adas.get(f"/staff/purchases/offer/{offer.pk}/change/").content.decode()
    assert f"/staff/purchases/offer/{offer.pk}/look/" in Tags(html).links()


def test_a_row_of_a_partner_that_is_gone_breaks_no_page(adas, client, notebook):
    offer = make_offer(notebook, code="x")
    Offer.objects.update(partner="gone")
    assert adas.get("/staff/purchases/offer/").status_code == 200
    assert "There is no checkout of this partner." in words_of(adas.get(f"/staff/purchases/offer/{offer.pk}/look/").content.decode())
    assert (
        client.get("/buy/notebook/").status_code
        == client.get("/products/notebook/").status_code
        == client.get("/privacy/").status_code
        == 200
    )


def test_support_looks_and_changes_nothing(sam, notebook):
    offer, browser = make_offer(notebook), staff_log_in(sam)
    assert browser.get(f"/staff/purchases/offer/{offer.pk}/look/").status_code == 200
    assert browser.post(f"/staff/purchases/offer/{offer.pk}/change/", typed(notebook)).status_code == 403
    assert browser.post(ADD, typed(notebook)).status_code == 403
    assert OfferOption.objects.count() == 0

"""Buying as a customer: contact data filled in where they ask for it, and upgrades and renewals of what they have."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from downloads.models import Edition, Entitlement, Product
from tests import cast
from tests.customer import log_in
from tests.pages import Tags, words_of
from tests.purchases.handing import arrived, form, go, main_of, make_offer, review, shown

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shops")]
PAGE = "/resources/buy/notebook/"


def words(answer) -> str:
    return words_of(main_of(answer))


@pytest.fixture
def hers(alice) -> Client:
    return log_in(alice)


@pytest.fixture
def ended(alices: Entitlement) -> Entitlement:
    """Alice's upgrades ended ten days ago; a renewal brings twelve months."""
    Product.objects.update(upgrade_months=12)
    Entitlement.objects.update(upgrades_until=timezone.now() - timedelta(days=10))
    alices.refresh_from_db()
    return alices


def upgrade_page(owned: Entitlement) -> str:
    return f"{PAGE}{owned.pk}/"


def test_nothing_is_filled_in_unless_she_asks(hers, notebook):
    offer = make_offer(notebook)
    page = hers.get(PAGE, {"offer": offer.pk, "quantity": 2})
    assert {value for name, value in Tags(main_of(page)).fields().items() if name in ("email", "name", "company")} == {""}
    filled = hers.post(PAGE, form(offer, 2) | {"fill_in": "1"})
    fields = Tags(main_of(filled)).fields()
    assert (fields["email"], fields["name"], fields["company"]) == ("Alice@example.com", "Alice Archer", "Archer & Daughters")
    assert 'id="sent"' not in main_of(filled), "she sees it before it goes anywhere"
    assert not AuditEvent.objects.filter(kind="purchase.handed_over").exists()


def test_what_she_typed_stays_when_the_rest_is_filled_in(hers, notebook):
    filled = hers.post(PAGE, form(make_offer(notebook), city="Cork") | {"fill_in": "1"})
    assert Tags(main_of(filled)).fields()["city"] == "Cork"


def test_a_name_is_divided_for_partners_that_want_it_so(hers, alice, notebook):
    User.objects.filter(pk=alice.pk).update(name="Anna Maria van Dijk")
    fields = Tags(main_of(hers.post(PAGE, form(make_offer(notebook, "plimus")) | {"fill_in": "1"}))).fields()
    assert (fields["first_name"], fields["last_name"]) == ("Anna Maria van", "Dijk")
    User.objects.filter(pk=alice.pk).update(name="Plato")
    fields = Tags(main_of(hers.post(PAGE, form(make_offer(notebook, "swreg")) | {"fill_in": "1"}))).fields()
    assert (fields["first_name"], fields["last_name"]) == ("Plato", "")


def test_what_she_sees_is_what_goes_and_the_record_is_hers(hers, alice, notebook):
    offer = make_offer(notebook)
    filled = hers.post(PAGE, form(offer, 2) | {"fill_in": "1"})
    reviewed = hers.post(PAGE, Tags(main_of(filled)).fields() | {"step": "review"})
    address, sent = arrived(go(hers, reviewed, PAGE))
    assert (address, sent) == ("https://shop.example/order", shown(reviewed))
    assert ("email", "Alice@example.com") in sent
    event = AuditEvent.objects.get(kind="purchase.handed_over")
    assert event.user == alice
    assert "telephone" in event.detail["data"]
    assert "example.com" not in str(event.detail)


def test_the_token_of_the_area_is_asked_for(alice, notebook):
    browser = Client(enforce_csrf_checks=True)
    page = browser.get("/resources/log-in/", follow=True)
    token = Tags(page.content.decode()).fields()["csrfmiddlewaretoken"]
    browser.post("/resources/log-in/", {"email": alice.email, "password": cast.PASSWORD, "csrfmiddlewaretoken": token})
    offer = make_offer(notebook)
    assert browser.post(PAGE, form(offer)).status_code == 403
    details = browser.get(PAGE, {"offer": offer.pk, "quantity": 1})
    reviewed = browser.post(PAGE, Tags(main_of(details)).fields() | {"step": "review"})
    answer = go(browser, reviewed, PAGE)
    assert "csrfmiddlewaretoken" not in dict(arrived(answer)[1]), "it does not go to the partner"
    assert answer["Referrer-Policy"] == "no-referrer"


# Upgrades and renewals


def test_where_upgrades_ended_every_page_leads_to_the_renewal(hers, ended):
    for path in ("/resources/", f"/resources/products/{ended.pk}/"):
        assert upgrade_page(ended) in Tags(hers.get(path).content.decode()).links()


def test_where_they_have_not_ended_too(hers, alices):
    Entitlement.objects.update(upgrades_until=timezone.now() + timedelta(days=10))
    assert upgrade_page(alices) in Tags(hers.get(f"/resources/products/{alices.pk}/").content.decode()).links()


def test_the_page_says_why_and_what(hers, ended, notebook):
    make_offer(notebook, kind="renewal", price="15.00", currency="EUR")
    page = words(hers.get(upgrade_page(ended)))
    assert "You have had one Notebook since" in page
    assert "Its upgrades ended on" in page
    assert "Notebook, renewal" in page
    assert "15.00 EUR each" in page
    assert "Releases of 12 more months are included." in page


def test_as_many_as_she_has_are_filled_in(hers, ended, notebook):
    Entitlement.objects.update(units=5, units_revoked=1, units_refunded=1)
    make_offer(notebook, kind="renewal")
    answer = hers.get(upgrade_page(ended))
    assert Tags(main_of(answer)).fields()["quantity"] == "4"
    assert "A renewal or upgrade counts once it is for all of them." in words(answer)


def test_offers_that_fit_are_shown_and_no_others(hers, alices, notebook):
    basic, pro = (Edition.objects.create(product=notebook, code=name, name=name, position=n) for n, name in enumerate(("Basic", "Pro")))
    Entitlement.objects.update(edition=basic)
    make_offer(notebook, code="new")
    make_offer(notebook, code="to-pro", kind="upgrade", edition=pro)
    make_offer(notebook, code="to-basic", kind="upgrade", edition=basic)
    make_offer(notebook, code="renew-pro", kind="renewal", edition=pro)
    make_offer(notebook, code="renew", kind="renewal")
    page = words(hers.get(upgrade_page(alices)))
    assert page.count("from Example Shop") == 1, "nothing ends, so nothing is to be renewed"
    assert "Your product becomes the edition Pro." in page
    Entitlement.objects.update(upgrades_until=timezone.now())
    assert words(hers.get(upgrade_page(alices))).count("from Example Shop") == 2
    assert words(hers.get(PAGE)).count("from Example Shop") == 1


def test_without_an_offer_it_says_whom_to_write_to(hers, ended):
    page = words(hers.get(upgrade_page(ended)))
    assert "At present there is no upgrade and no renewal of Notebook to buy here." in page
    assert "support@localhost" in page


def test_what_was_refunded_is_not_renewed(hers, ended, notebook):
    make_offer(notebook, kind="renewal")
    ended.revoke(1)
    assert hers.get(upgrade_page(ended)).status_code == 404


def test_others_things_are_not_there(ended, mallory, bobs, notebook, mailer):
    make_offer(notebook, kind="renewal")
    assert log_in(mallory).get(upgrade_page(ended)).status_code == 404
    assert Client().get(upgrade_page(ended)).status_code == 302
    assert log_in(ended.user).get(f"/resources/buy/mailer/{ended.pk}/").status_code == 404


def test_the_renewal_goes_by_its_own_code(hers, ended, notebook):
    offer = make_offer(notebook, kind="renewal", code="NOTEBOOK-RENEWAL")
    path = upgrade_page(ended)
    _address, sent = arrived(go(hers, review(hers, offer, path=path), path))
    assert ("product_code", "NOTEBOOK-RENEWAL") in sent
    assert AuditEvent.objects.get(kind="purchase.handed_over").detail["offer"] == "renewal"


def test_a_product_taken_off_the_site_can_still_be_renewed(hers, ended, notebook):
    Product.objects.update(is_public=False)
    make_offer(notebook, kind="renewal")
    assert hers.get(upgrade_page(ended)).status_code == 200


def test_the_new_ones_page_leads_to_what_she_has(hers, alices, notebook):
    make_offer(notebook)
    assert upgrade_page(alices) in Tags(main_of(hers.get(PAGE))).links()


def test_it_costs_as_much_however_many_she_has(alice, notebook):
    def asked() -> int:
        browser = log_in(alice)
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(PAGE).status_code == 200
        return len(captured)

    make_offer(notebook)
    before = asked()
    for number in range(10):
        cast.buy(cast.ALICE, notebook, order=f"M-{number}")
        make_offer(notebook, code=f"N{number}")
    alice.refresh_from_db()
    assert asked() == before

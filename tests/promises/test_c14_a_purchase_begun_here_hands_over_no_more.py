"""C14: a purchase begun at this site hands the partner contact data and the selected products, quantities and options, and nothing else.

tests/browser/test_hand_over.py follows it with a real browser to a real server that plays the partner.
"""

import pytest
from django.test import Client

from accounts.contact import CONTACT_FIELDS
from audit.models import AuditEvent
from purchases.partners.checkouts import CHECKOUTS, CONTACT_PARTS, Checkout
from tests.customer import log_in
from tests.pages import Tags, words_of
from tests.purchases.handing import BUY, CODES, STORES, arrived, go, make_offer, review, shown

CONTACT = {
    "email": "carol@example.com",
    "first_name": "Carol",
    "last_name": "Carter",
    "name": "Carol Carter",
    "company": "Carter & Co",
    "city": "Cork",
    "postal_code": "T12",
    "country": "IE",
    "telephone": "+353 21 555 01",
}


@pytest.fixture(autouse=True)
def shops(settings):
    settings.CHECKOUT_STORES = STORES
    own = settings.PARTNERS["standard-webhooks"] | {"name": "Example Shop", "policy_url": "https://shop.example/privacy"}
    settings.PARTNERS = settings.PARTNERS | {"standard-webhooks": own}


def names_of_the_order(checkout: Checkout, code: str) -> set[str]:
    named = (checkout.store, checkout.product, checkout.quantity, checkout.option, *(name for name, _value, _what in checkout.fixed))
    return {name.format(code=code) for name in named if name}


@pytest.mark.django_db
@pytest.mark.parametrize("slug", sorted(CODES))
def test_c14_every_partner_gets_the_choice_and_contact_data_and_nothing_else(client, notebook, slug):
    """By the names that the entry declares: of the order, and of contact data, whose parts are those of the promise."""
    offer, checkout = make_offer(notebook, slug), CHECKOUTS[slug]
    client.cookies["session"] = "x" * 32
    answer = go(client, review(client, offer, 2, **CONTACT))
    address, sent = arrived(answer)
    names = {name for name, _value in sent}
    assert names <= names_of_the_order(checkout, CODES[slug]) | set(checkout.contact.values())
    assert set(checkout.contact) <= set(CONTACT_PARTS) <= {*CONTACT_FIELDS, "email", "first_name", "last_name"}
    ours = {value for _name, value in sent} - {*CONTACT.values()}
    assert ours <= {CODES[slug], "2", STORES.get(slug), checkout.without_option, *(value for _name, value, _what in checkout.fixed)}
    assert "testserver" not in address + str(sent)
    assert answer["Referrer-Policy"] == "no-referrer"


@pytest.mark.django_db
@pytest.mark.parametrize("slug", sorted(CODES))
def test_c14_the_person_sees_all_of_it_before_name_by_name(client, notebook, slug):
    reviewed = review(client, make_offer(notebook, slug), 2, **CONTACT)
    assert shown(reviewed) == arrived(go(client, reviewed))[1]


@pytest.mark.django_db
def test_c14_contact_data_may_be_left_out(client, notebook):
    reviewed = review(client, make_offer(notebook), 2)
    assert arrived(go(client, reviewed))[1] == [("product_code", "NOTEBOOK"), ("quantity", "2")]


@pytest.mark.django_db
def test_c14_nobody_is_handed_over_without_the_page_that_shows_it(client, notebook):
    """The button's step alone, without the seal of what was seen, leads to that page and not away."""
    offer = make_offer(notebook, "gumroad")
    for sent in ({"step": "go"}, {"step": "go", "seal": "guessed"}):
        answer = client.post(BUY, {"offer": offer.pk, "quantity": 1} | sent)
        assert answer.status_code == 200
        assert 'id="sent"' in answer.content.decode()
    assert client.get(BUY, {"offer": offer.pk, "quantity": 1, "step": "go"}).status_code == 200
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db
def test_c14_a_customer_hands_over_what_they_let_go_and_the_site_notes_which_names(alice, notebook):
    browser, path = log_in(alice), "/resources/buy/notebook/"
    offer = make_offer(notebook)
    filled = browser.post(path, {"offer": offer.pk, "quantity": 1, "step": "review", "fill_in": "1"})
    fields = Tags(filled.content.decode().partition("<main")[2]).fields() | {"telephone": "", "step": "review"}
    _address, sent = arrived(go(browser, browser.post(path, fields), path))
    assert {name for name, _value in sent} == {
        "product_code",
        "quantity",
        "email",
        "name",
        "company",
        "address1",
        "city",
        "postal_code",
        "country",
    }
    noted = AuditEvent.objects.get(kind="purchase.handed_over")
    assert noted.user == alice
    assert set(noted.detail) == {"partner", "product", "offer", "quantity", "data"}
    assert not [value for _name, value in sent if len(value) > 4 and value != "NOTEBOOK" and value in str(noted.detail)]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/privacy/", "/privacy/resources/"])
def test_c14_the_policy_says_so(client, path):
    page = words_of(client.get(path).content.decode())
    assert (
        "If you begin a purchase here: the products, quantities and options that you chose, and of your contact data what you let go"
        in page
    )
    assert "to begin your purchase at the partner that you choose: you ask for it yourself" in page


@pytest.mark.django_db
def test_c14_a_visitor_is_nobody_and_gets_no_cookie_for_it(notebook):
    client = Client()
    go(client, review(client, make_offer(notebook), 2, **CONTACT))
    assert not client.cookies

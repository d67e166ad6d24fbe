"""How each partner's checkout is addressed, compared with what its documentation, or the shops that used it, show."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from purchases.hand_over.contents import TooLong, hand_over
from purchases.models import Offer, OfferOption
from purchases.partners.checkouts import CHECKOUTS, CONTACT_PARTS, Ground, Method, ready_checkout
from purchases.partners.policies import OWN, POLICIES, sellers
from purchases.partners.registry import PARTNERS
from tests.purchases.handing import CODES, STORES

pytestmark = pytest.mark.usefixtures("shops")
BUYER = {
    "email": "max+paddle@example.com",
    "first_name": "Alice",
    "last_name": "Archer",
    "name": "Alice Archer",
    "company": "Archer & Daughters",
    "address1": "12 Quay Street",
    "address2": "",
    "city": "Galway",
    "region": "Connacht",
    "postal_code": "H91 XR5A",
    "country": "IE",
    "telephone": "+353 91 555 012",
    "fax": "",
}
BY_ADDRESS = {
    "bluesnap": "https://checkout.bluesnap.com/buynow/checkout?storeId=8170&sku1858868=3&email=max%2Bpaddle%40example.com",
    "shareit": "https://secure.shareit.com/shareit/checkout.html?PRODUCT%5B300278815%5D=3&DELIVERY%5B300278815%5D=EML"
    "&EMAIL=max%2Bpaddle%40example.com&FIRSTNAME=Alice&LASTNAME=Archer&COMPANY=Archer%20%26%20Daughters",
    "regsoft": "https://regsoft.example/purchase?productid=58390",
    "emetrix": "https://emetrix.example/order?PID=9411326&Q=3",
    "stripe": "https://buy.stripe.com/test_abc123?prefilled_email=max%2Bpaddle%40example.com",
    "paddle": "https://pay.paddle.io/checkout/hsc_01abc_x?price_id=pri_01h1vjg3sqjj1y9tvazkdqe5vt"
    "&user_email=max%2Bpaddle%40example.com&country_code=IE&postal_code=H91%20XR5A",
    "fastspring": "https://vendor.onfastspring.com/checkout/notebook",
    "lemonsqueezy": "https://vendor.lemonsqueezy.com/checkout/buy/d1f120fd-5adc-4fff-8915-cce713d29427?quantity=3"
    "&checkout%5Bemail%5D=max%2Bpaddle%40example.com&checkout%5Bname%5D=Alice%20Archer&checkout%5Bbilling_address%5D%5Bcountry%5D=IE"
    "&checkout%5Bbilling_address%5D%5Bstate%5D=Connacht&checkout%5Bbilling_address%5D%5Bzip%5D=H91%20XR5A",
    "gumroad": "https://vendor.gumroad.com/l/notebook?quantity=3&option=EML&wanted=true&email=max%2Bpaddle%40example.com",
}
BY_FORM = {
    "plimus": (
        "https://www.plimus.com/jsp/buynow.jsp",
        [
            ("contractId", "2918496"),
            ("quantity", "3"),
            ("email", "max+paddle@example.com"),
            ("firstName", "Alice"),
            ("lastName", "Archer"),
            ("companyName", "Archer & Daughters"),
            ("address1", "12 Quay Street"),
            ("city", "Galway"),
            ("zipCode", "H91 XR5A"),
            ("workPhone", "+353 91 555 012"),
        ],
    ),
    "swreg": (
        "https://usd.swreg.org/cgi-bin/s.cgi",
        [
            ("s", "46994"),
            ("p", "46994TESTPROD"),
            ("q", "3"),
            ("d", "EML"),
            ("v", "0"),
            ("em", "max+paddle@example.com"),
            ("fn", "Alice"),
            ("sn", "Archer"),
        ],
    ),
    "standard-webhooks": (
        "https://shop.example/order",
        [
            ("product_code", "NOTEBOOK"),
            ("quantity", "3"),
            ("option", "EML"),
            ("email", "max+paddle@example.com"),
            ("name", "Alice Archer"),
            ("company", "Archer & Daughters"),
            ("address1", "12 Quay Street"),
            ("city", "Galway"),
            ("region", "Connacht"),
            ("postal_code", "H91 XR5A"),
            ("country", "IE"),
            ("telephone", "+353 91 555 012"),
        ],
    ),
}


def offer_at(slug: str) -> Offer:
    return Offer(partner=slug, code=CODES[slug])


@pytest.mark.parametrize("slug", sorted(BY_ADDRESS))
def test_by_an_address(slug):
    made = hand_over(offer_at(slug), 3, OfferOption(name="by mail", value="EML"), BUYER)
    assert (made.method, made.location) == (Method.GET, BY_ADDRESS[slug])


@pytest.mark.parametrize("slug", sorted(BY_FORM))
def test_by_a_form(slug):
    made = hand_over(offer_at(slug), 3, OfferOption(name="by mail", value="EML"), BUYER)
    assert (made.method, (made.location, made.fields)) == (Method.POST, BY_FORM[slug])


def test_every_checkout_is_compared():
    assert {*BY_ADDRESS, *BY_FORM} == set(CHECKOUTS)
    assert PARTNERS.keys() <= CHECKOUTS.keys(), "every partner that notifies can be handed to, or has an entry that says why not"


@pytest.mark.parametrize("slug", sorted(CHECKOUTS))
def test_what_is_left_out_does_not_go_and_neither_does_its_name(slug):
    made = hand_over(offer_at(slug), 1, None, dict.fromkeys(CONTACT_PARTS, ""))
    assert not set(made.kinds_of_data) & set(CONTACT_PARTS)
    assert not set(CHECKOUTS[slug].contact.values()) & {name for name, _value in made.fields}
    assert all(value for _name, value in made.fields)


@pytest.mark.parametrize("slug", sorted(CHECKOUTS))
def test_nothing_goes_that_the_entry_does_not_name(slug):
    checkout = CHECKOUTS[slug]
    made = hand_over(offer_at(slug), 3, OfferOption(name="by mail", value="EML"), BUYER | {"password": "secret", "card": "4111"})
    code = {"code": CODES[slug]}
    own = {name.format(**code) for name in (checkout.store, checkout.product, checkout.quantity, checkout.option) if name}
    assert {name for name, _value in made.fields} <= own | set(checkout.contact.values()) | {name for name, _value, _what in checkout.fixed}
    assert made.address.startswith("https://")
    assert "secret" not in str(made)


@pytest.mark.parametrize("slug", sorted(CHECKOUTS))
def test_each_says_what_its_format_rests_on(slug):
    checkout = CHECKOUTS[slug]
    assert len(checkout.source) > 20
    assert (checkout.ground is Ground.ILLUSTRATIVE) == (slug in ("regsoft", "emetrix")), "their formats were never published"
    assert set(checkout.contact) <= set(CONTACT_PARTS)


@pytest.mark.parametrize("slug", sorted(STORES))
def test_without_its_store_a_partner_is_offered_to_nobody(settings, slug):
    assert slug in sellers()
    for store in ("", "evil.example/?", "https://evil.example/x?y=", "http://shop.example/", "a b", "vendor.onfastspring.com/@"):
        settings.CHECKOUT_STORES = STORES | {slug: store}
        assert ready_checkout(slug) is None, store
        assert slug not in sellers()


def test_our_own_format_needs_a_name_and_a_policy_too(settings):
    settings.PARTNERS[OWN] |= {"name": ""}
    assert OWN not in sellers()


@pytest.mark.django_db
def test_a_store_that_no_address_can_be_made_of_stops_the_start(settings):
    call_command("check")
    settings.CHECKOUT_STORES = STORES | {"fastspring": "https://vendor.onfastspring.com"}
    with pytest.raises(SystemCheckError, match=r"purchases\.E002\) FASTSPRING_STORE is 'https://vendor"):
        call_command("check")


def test_what_is_longer_than_servers_read_is_refused():
    with pytest.raises(TooLong):
        hand_over(offer_at("shareit"), 1, None, BUYER | {"company": "ÿ" * 500})
    assert hand_over(offer_at("swreg"), 1, None, BUYER | {"last_name": "ÿ" * 5000}), "a form has no such limit"


def test_codes_and_options_that_would_change_the_address_are_none():
    for slug, checkout in CHECKOUTS.items():
        assert checkout.is_code(CODES[slug])
        for code in ("", "../x", "a?b=c", "a&b", "a#b", "a b", "//evil.example", "é", "x" * 300, "a\n"):
            assert not checkout.is_code(code), (slug, code)
            assert not checkout.is_option(code)


def test_the_page_for_operators_has_every_entry_as_it_is():
    page = (Path(__file__).resolve().parents[2] / "docs" / "hand-over.md").read_text()
    grounds = {Ground.DOCUMENTED: "documented", Ground.SEEN: "seen in use", Ground.ILLUSTRATIVE: "illustrative"}
    for slug, checkout in CHECKOUTS.items():
        rows = [line for line in page.splitlines() if line.startswith(f"| `{slug}` |")]
        how, where = rows[0], rows[1]
        for name in (checkout.variable, checkout.product, checkout.quantity, checkout.option, *checkout.contact.values()):
            assert f"`{name}`" in how or not name
        assert how.endswith(f"| {grounds[checkout.ground]} | {checkout.method} |")
        assert where == f"| `{slug}` | `{checkout.address}` | {checkout.source} |"
    for slug, entry in POLICIES.items():
        assert f"| `{slug}` | {entry.name} | {entry.policy_url} |" in page

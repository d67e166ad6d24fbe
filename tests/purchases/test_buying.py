"""Buying without being known: the choice of an offer, and what is typed for it; whatever is odd is told, and the rest kept."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from downloads.models import Edition, Product
from purchases.models import Offer
from tests.pages import Tags, words_of
from tests.purchases.handing import BUY, form, go, main_of, make_offer, review, shown

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shops")]
TYPED = {"email": "carol+x@example.com", "name": "Carol O’Hara <&>", "company": "Müller & Söhne", "postal_code": "H91 XR5A"}


def words(answer) -> str:
    return words_of(main_of(answer))


# The choice


def test_a_product_that_is_not_for_sale_says_so_and_leads_to_the_partners(client, notebook):
    answer = client.get(BUY)
    assert answer.status_code == 200
    assert "At present Notebook cannot be bought by way of this page." in words(answer)
    assert "/privacy/#partners" in Tags(main_of(answer)).links()
    assert 'id="partners"' in client.get("/privacy/").content.decode()
    assert "Buy Notebook" not in client.get("/products/notebook/").content.decode()


def test_the_products_page_leads_to_what_is_for_sale(client, notebook):
    make_offer(notebook)
    assert BUY in Tags(client.get("/products/notebook/").content.decode()).links()
    answer = client.get(BUY)
    assert answer.status_code == 200
    assert "from Example Shop" in words(answer)
    assert not answer.cookies


@pytest.mark.parametrize(
    "facts",
    [{"is_on_sale": False}, {"kind": "renewal"}, {"partner": "fastspring", "code": "notebook", "is_on_sale": False}],
)
def test_what_is_not_on_sale_or_not_for_everybody_is_not_shown(client, notebook, facts):
    offer = make_offer(notebook, **facts)
    assert "cannot be bought" in words(client.get(BUY))
    assert "cannot be bought" in words(client.post(BUY, form(offer)))
    assert BUY not in Tags(client.get("/products/notebook/").content.decode()).links()


def test_an_offer_whose_shop_is_not_configured_is_not_shown(client, notebook, settings):
    make_offer(notebook)
    settings.CHECKOUT_STORES = {}
    assert "cannot be bought" in words(client.get(BUY))


def test_a_product_that_is_not_public_does_not_exist(client, notebook):
    offer = make_offer(notebook)
    Product.objects.update(is_public=False)
    assert client.get(BUY).status_code == client.post(BUY, form(offer)).status_code == 404


def test_editions_and_partners_are_there_to_choose_from(client, notebook):
    pro = Edition.objects.create(product=notebook, code="N-P", name="Professional")
    make_offer(notebook, price="29.00", currency="EUR")
    make_offer(notebook, "gumroad", edition=pro, price="59.00", currency="USD")
    make_offer(notebook, "stripe")
    page = words(client.get(BUY))
    assert "Notebook from Example Shop · 29.00 EUR each" in page
    assert "Notebook Professional from Gumroad · 59.00 USD each" in page
    assert "from Stripe How many, you say there." in page


def test_a_list_of_offers_costs_as_much_however_long_it_is(client, notebook):
    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(BUY).status_code == 200
        return len(captured)

    make_offer(notebook).options.create(name="CD", value="cd")
    asked()  # the top of the page, which is kept for a minute
    before = asked()
    for number in range(15):
        edition = Edition.objects.create(product=notebook, code=str(number), name=str(number))
        make_offer(notebook, code=f"N{number}", edition=edition).options.create(name="CD", value="cd")
    assert asked() == before == 3


def test_the_whole_way_costs_few_queries(client, notebook):
    offer = make_offer(notebook)
    reviewed = review(client, offer, **TYPED)
    with CaptureQueriesContext(connection) as captured:
        go(client, reviewed)
    assert len(captured) <= 8, [one["sql"] for one in captured]


@pytest.mark.parametrize("quantity", ["", "0", "-1", "101", "2.5", "x", "1e3", "９９９", "9" * 5000, "\x00", "1 OR 1=1", "<b>", "²"])
def test_an_odd_quantity_is_told_and_the_choice_kept(client, notebook, quantity):
    make_offer(notebook, "gumroad")
    offer = make_offer(notebook)
    for answer in (client.get(BUY, {"offer": offer.pk, "quantity": quantity}), client.post(BUY, form(offer, quantity))):
        if answer.request["REQUEST_METHOD"] == "GET" and "\x00" in quantity:
            assert answer.status_code == 400
            continue
        assert answer.status_code == 200
        assert "errorlist" in main_of(answer)
        assert f'value="{offer.pk}" id="offer-{offer.pk}" required checked' in " ".join(main_of(answer).split())
        assert 'id="sent"' not in main_of(answer)
    assert not AuditEvent.objects.exists()


def test_an_offer_for_many_says_from_when(client, notebook):
    offer = make_offer(notebook, least=10, most=50)
    assert "From 10 units on." in words(client.get(BUY))
    assert "Of this offer you can buy 10 to 50 at once." in words(client.post(BUY, form(offer, 9)))
    review(client, offer, 50)


@pytest.mark.parametrize("number", ["0", "-1", "x", "", "9" * 30, "1; DROP TABLE", "None"])
def test_an_offer_that_is_none_is_told(client, notebook, number):
    make_offer(notebook)
    answer = client.post(BUY, {"offer": number, "quantity": "7", "step": "go", "seal": "x"})
    assert answer.status_code == 200
    assert "errorlist" in main_of(answer)
    assert 'value="7"' in main_of(answer), "what was typed is kept"


def test_another_products_offer_is_none(client, notebook, mailer):
    make_offer(notebook)
    assert "not there any more" in words(client.post(BUY, form(make_offer(mailer, code="MAILER"))))


def test_an_offer_withdrawn_meanwhile_is_told(client, notebook):
    make_offer(notebook, "gumroad")
    offer = make_offer(notebook)
    reviewed = review(client, offer, **TYPED)
    Offer.objects.filter(pk=offer.pk).update(is_on_sale=False)
    answer = go(client, reviewed)
    assert answer.status_code == 200
    assert "This offer is not there any more. Please choose one of these." in words(answer)
    assert not AuditEvent.objects.exists()


# What is typed


def test_only_what_the_checkout_takes_is_asked_for(client, notebook):
    page = client.get(BUY, {"offer": make_offer(notebook, "stripe").pk, "quantity": 1})
    assert set(Tags(main_of(page)).fields()) == {"offer", "quantity", "email"}
    page = client.get(BUY, {"offer": make_offer(notebook, "fastspring").pk, "quantity": 1})
    assert "FastSpring takes no contact data from us: it asks you for them." in words(page)
    assert "FastSpring takes no quantity from us: how many you want, you say there." in words(page)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("email", "carol", "Enter a valid email address."),
        ("name", "two\nlines", "on one line"),
        ("name", "\u202eevil", "without control characters"),
        ("name", "x" * 201, "at most 200 characters"),
        ("city", "x" * 101, "at most 100 characters"),
        ("company", "4111 1111 1111 1111", "looks like the number of a card or an account"),
        ("name", "GB82 WEST 1234 5698 7654 32", "looks like the number of a card or an account"),
        ("option", "no such", "This option is not there any more."),
    ],
)
def test_what_cannot_go_is_told_and_kept(client, notebook, name, value, said):
    offer = make_offer(notebook)
    offer.options.create(name="CD by post", value="cd")
    answer = client.post(BUY, form(offer, 3, **TYPED | {name: value}))
    assert answer.status_code == 200
    assert said in words(answer)
    fields = Tags(main_of(answer)).fields()
    assert fields["quantity"] == "3"
    assert fields["postal_code"] == TYPED["postal_code"]
    assert not AuditEvent.objects.exists()


def test_where_a_countrys_code_is_wanted_its_name_is_refused(client, notebook):
    offer = make_offer(notebook, "lemonsqueezy")
    assert "two letters, such as IE" in words(client.post(BUY, form(offer, country="Ireland")))
    assert ("checkout[billing_address][country]", "IE") in shown(review(client, offer, country="IE"))


def test_more_than_an_address_holds_is_told(client, notebook):
    answer = client.post(BUY, form(make_offer(notebook, "shareit"), company="ÿ" * 200, first_name="ÿ" * 200, last_name="ÿ" * 200))
    assert "This is more than the partner’s address can hold" in words(answer).replace("'", "’")


def test_an_option_goes_by_the_partners_word(client, notebook):
    offer = make_offer(notebook)
    cd = offer.options.create(name="CD by post", value="cd")
    assert ("option", "cd") in shown(review(client, offer, option=str(cd.pk)))
    assert "option" not in dict(shown(review(client, offer)))


def test_somebody_elses_option_is_none(client, notebook):
    other = make_offer(notebook, code="OTHER").options.create(name="x", value="x")
    offer = make_offer(notebook)
    offer.options.create(name="CD by post", value="cd")
    assert "This option is not there any more." in words(client.post(BUY, form(offer, option=str(other.pk))))

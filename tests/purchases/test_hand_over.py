"""Buying without being known: the choice, the page that shows what goes, and the hand-over. What is typed goes to the partner alone."""

import logging

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from downloads.models import Edition, Product
from purchases.models import Offer
from tests.customer import log_in
from tests.pages import Tags, words_of
from tests.purchases.handing import BUY, STORES, address_shown, arrived, directive, form, go, main_of, make_offer, review, shown

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shops")]
TYPED = {"email": "carol+x@example.com", "name": "Carol O’Hara <&>", "company": "Müller & Söhne", "postal_code": "H91 XR5A"}
EVERYBODY = sorted({*STORES, "plimus", "shareit", "stripe"})


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
        assert f'value="{offer.pk}" id="offer-{offer.pk}" required checked' in main_of(answer)
        assert 'id="sent"' not in main_of(answer)
    assert not AuditEvent.objects.exists()


def test_an_offer_for_many_says_from_when(client, notebook):
    offer = make_offer(notebook, least=10, most=50)
    assert "From 10 on." in words(client.get(BUY))
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


# Exactly what goes


@pytest.mark.parametrize("partner", EVERYBODY)
def test_what_the_page_shows_is_byte_for_byte_what_goes(client, notebook, partner):
    offer = make_offer(notebook, partner)
    typed = TYPED | {"country": "IE", "first_name": "Carol", "last_name": "O’Hara", "telephone": "+353 91 555 012"}
    reviewed = review(client, offer, 3, **typed)
    answer = go(client, reviewed)
    address, sent = arrived(answer)
    assert sent == shown(reviewed)
    assert address_shown(reviewed) == (answer["Location"] if answer.status_code == 303 else address)
    assert address.startswith("https://")


def test_a_page_names_the_partner_and_links_its_policy(client, notebook):
    reviewed = review(client, make_offer(notebook))
    assert "What goes to Example Shop" in words(reviewed)
    links = [attributes for tag, attributes in Tags(main_of(reviewed)).found if attributes.get("href", "").startswith("https://")]
    assert [(link["href"], link["rel"]) for link in links] == [("https://shop.example/privacy", "noreferrer")]


@pytest.mark.parametrize("partner", EVERYBODY)
def test_where_a_form_may_lead_is_exactly_the_partner_and_for_one_page(client, notebook, partner):
    offer = make_offer(notebook, partner)
    assert directive(client.get(BUY), "form-action") == ["'self'"]
    reviewed = review(client, offer, **TYPED)
    answer = go(client, reviewed)
    address, _sent = arrived(answer)
    host = "/".join(address.split("/")[:3])
    further = {"gumroad": ["https://gumroad.com", "https://app.gumroad.com"]}.get(partner, [])
    if answer.status_code == 303:
        assert directive(reviewed, "form-action") == ["'self'", host, *further]
    else:
        assert directive(reviewed, "form-action") == ["'self'"]
        assert directive(answer, "form-action") == [host]
        assert directive(answer, "script-src") == ["'self'"]
    assert directive(client.get(BUY), "form-action") == ["'self'"]


@pytest.mark.parametrize("partner", ["gumroad", "standard-webhooks"])
def test_nothing_else_goes(client, notebook, partner):
    reviewed = review(client, make_offer(notebook, partner), **TYPED)
    answer = go(client, reviewed)
    assert answer["Referrer-Policy"] == "no-referrer"
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]
    assert "no-store" in reviewed["Cache-Control"]
    forms = [attributes for tag, attributes in Tags(main_of(answer)).found if tag == "form"]
    assert [form["rel"] for form in forms] == ["noreferrer"] * (partner == "standard-webhooks")


def test_without_a_script_a_button_does_it(client, notebook):
    answer = go(client, review(client, make_offer(notebook)))
    assert "<button" in main_of(answer)
    assert [a["src"] for tag, a in Tags(answer.content.decode()).found if tag == "script" and "hand-over" in a["src"]] == [
        "/static/hand-over.js"
    ]


# What cannot be changed


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": "4"},
        {"email": "mallory@example.net"},
        {"seal": ""},
        {"seal": "x" * 64},
        {"seal": "é"},
        {"country": "FR"},
    ],
)
def test_what_differs_from_what_was_seen_is_shown_again_and_does_not_go(client, notebook, changes):
    reviewed = review(client, make_offer(notebook), 3, **TYPED)
    answer = go(client, reviewed, **changes)
    assert answer.status_code == 200
    assert "Something has changed since you saw this page." in words(answer)
    assert not AuditEvent.objects.exists()
    assert arrived(go(client, answer))[1] == shown(answer), "and goes, once it was seen"


@pytest.mark.parametrize(
    "changes",
    [
        {"address": "https://evil.example"},
        {"partner": "gumroad", "host": "evil.example", "store": "evil"},
        {"next": "//evil.example", "code": "FREE", "price": "0", "product_code": "FREE"},
        {"checkout[discount_code]": "FREE", "vp": "0.01", "overridePrice": "0.01"},
    ],
)
def test_fields_of_ones_own_go_nowhere(client, notebook, changes):
    reviewed = review(client, make_offer(notebook), 3, **TYPED)
    address, sent = arrived(go(client, reviewed, **changes))
    assert address == "https://shop.example/order"
    assert sent == shown(reviewed)
    assert dict(sent)["product_code"] == "NOTEBOOK"


def test_an_offer_that_staff_changed_meanwhile_is_shown_again(client, notebook):
    offer = make_offer(notebook)
    reviewed = review(client, offer, **TYPED)
    Offer.objects.update(code="OTHER")
    answer = go(client, reviewed)
    assert "Something has changed since you saw this page." in words(answer)
    assert ("product_code", "OTHER") in shown(answer)


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}]
)
def test_another_site_cannot_send_its_form_here(client, notebook, headers):
    reviewed = review(client, make_offer(notebook), **TYPED)
    answer = client.post(BUY, Tags(main_of(reviewed)).fields() | {"step": "go"}, headers=headers)
    assert answer.status_code == 403
    assert "Another site sent this form." in words(answer)
    assert not AuditEvent.objects.exists()


def test_our_own_pages_can(browser_client, notebook):
    offer = make_offer(notebook)
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}, {}):
        assert browser_client.post(BUY, form(offer), headers=headers).status_code == 200


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_other_methods_do_nothing(client, notebook, method):
    make_offer(notebook)
    assert getattr(client, method)(BUY).status_code == 405


# What stays


def test_the_record_has_names_and_no_values(client, notebook):
    offer = make_offer(notebook)
    go(client, review(client, offer, 3, **TYPED))
    event = AuditEvent.objects.get()
    assert (event.kind, event.user, event.actor, event.ip) == ("purchase.handed_over", None, None, "127.0.0.1")
    assert event.detail == {
        "partner": "standard-webhooks",
        "product": "NOTEBOOK",
        "offer": "new",
        "quantity": 3,
        "data": ["product", "quantity", "email", "name", "company", "postal_code"],
    }


def test_pressing_twice_does_no_harm(client, notebook):
    reviewed = review(client, make_offer(notebook), **TYPED)
    assert arrived(go(client, reviewed)) == arrived(go(client, reviewed))
    assert AuditEvent.objects.count() == 2


def test_looking_records_nothing(client, notebook):
    offer = make_offer(notebook)
    client.get(BUY)
    client.get(BUY, {"offer": offer.pk, "quantity": 1})
    reviewed = review(client, offer, **TYPED)
    client.post(BUY, Tags(main_of(reviewed)).fields() | {"step": "change"})
    assert not AuditEvent.objects.exists()
    assert not Session.objects.exists()


def test_whoever_wants_to_change_something_finds_it_as_it_was(client, notebook):
    reviewed = review(client, make_offer(notebook), 3, **TYPED)
    answer = client.post(BUY, Tags(main_of(reviewed)).fields() | {"step": "change"})
    fields = Tags(main_of(answer)).fields()
    assert {name: fields[name] for name in TYPED} == TYPED
    assert 'id="sent"' not in main_of(answer)


def test_nothing_of_what_was_typed_is_kept_or_logged(client, notebook, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    go(client, review(client, make_offer(notebook), **TYPED))
    go(client, review(client, make_offer(notebook, "gumroad"), **TYPED))
    kept = [caplog.text.partition("Location")[0], *(file.read_text(errors="replace") for file in tmp_path.rglob("*") if file.is_file())]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            kept.append(str(cursor.fetchall()))
    for value in TYPED.values():
        assert value not in "\n".join(kept)


def test_no_address_of_ours_holds_what_was_typed(client, notebook):
    reviewed = review(client, make_offer(notebook), **TYPED)
    targets = [attributes.get("action", "") for tag, attributes in Tags(main_of(reviewed)).found if tag == "form"]
    assert targets == [""]
    assert not [link for link in Tags(main_of(reviewed)).links() if "carol" in link.lower()]


def test_one_network_cannot_fill_the_record(client, notebook):
    reviewed = review(client, make_offer(notebook))
    for _press in range(60):
        assert go(client, reviewed).status_code == 200
    answer = go(client, reviewed)
    assert answer.status_code == 429
    assert "Please wait 10 seconds" in words(answer)
    assert AuditEvent.objects.count() == 60


def test_the_ribbon_says_what_was_recorded(client, notebook):
    reviewed = review(client, make_offer(notebook))
    assert "that you began a purchase" not in reviewed.content.decode()
    answer = go(client, reviewed)
    assert "that you began a purchase: the partner, the product" in answer.content.decode()


def test_a_customer_is_nobody_here(alice, client, notebook):
    offer = make_offer(notebook)
    browser = log_in(alice)
    assert "alice" not in main_of(browser.get(BUY, {"offer": offer.pk, "quantity": 1})).lower()
    go(browser, review(Client(), offer))
    assert AuditEvent.objects.get(kind="purchase.handed_over").user is None

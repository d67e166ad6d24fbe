"""Buying without being known: the page that shows what goes, and the hand-over. What is typed goes to the partner alone."""

import logging

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from audit.models import AuditEvent
from purchases.models import Offer
from tests.customer import log_in
from tests.pages import Tags, words_of
from tests.purchases.handing import BUY, STORES, address_shown, arrived, directive, form, go, main_of, make_offer, review, shown

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shops")]
TYPED = {"email": "carol+x@example.com", "name": "Carol O’Hara <&>", "company": "Müller & Söhne", "postal_code": "H91 XR5A"}
EVERYBODY = sorted({*STORES, "plimus", "shareit", "stripe"})


def words(answer) -> str:
    return words_of(main_of(answer))


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

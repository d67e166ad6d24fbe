"""What Gumroad sends, what its own records say of it, and what becomes of both."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from downloads.models import Entitlement
from purchases.models import PartnerSecret, ProductCode, Purchase, WebhookEvent
from purchases.partners.base import Notice
from purchases.partners.registry import PARTNERS
from purchases.reception import MOST_BYTES
from purchases.tasks import fulfil_due_events
from tests.purchases import fuzz
from tests.purchases.sides import gumroad as side

pytestmark = pytest.mark.django_db
GUMROAD = PARTNERS["gumroad"]


@pytest.fixture
def gumroad(settings, notebook) -> dict[str, Any]:
    """Gumroad is open, its API answers on this machine, and it calls Notebook by a number and the variant."""
    ProductCode.objects.create(partner="gumroad", code=side.CODE, product=notebook)
    with side.opened(settings):
        yield settings.PARTNERS["gumroad"]


@pytest.fixture
def without_read_back(gumroad):
    gumroad |= {"access_token": "", "without_read_back": True}


@pytest.fixture
def say(client: Client, gumroad):
    """Send a ping, and work on what is due; the row."""

    def tell(form: dict[str, str] | bytes) -> WebhookEvent:
        assert side.posted(form).post(client).status_code == 200
        fulfil_due_events()
        return WebhookEvent.objects.latest("pk")

    return tell


def try_again_and_again() -> None:
    for _time in range(10):
        WebhookEvent.objects.filter(state="waiting").update(next_try_at="2020-01-01T00:00:00Z")
        fulfil_due_events()


def units_left() -> int:
    return sum(owned.units_left for owned in Entitlement.objects.all())


def test_a_sale_becomes_a_purchase(say):
    side.records.know()
    assert say(side.ping()).state == "fulfilled"
    bought = Purchase.objects.get()
    assert (bought.order_reference, bought.currency, bought.total) == (side.SALE, "USD", Decimal("39.80"))
    assert bought.purchased_at == datetime(2025, 1, 3, 5, 6, 7, tzinfo=UTC)
    assert (bought.email, bought.name) == ("Alice@example.com", "Alice Archer")
    assert bought.postal_address == "12 Quay Street\nH91 XR5A Galway\nConnacht\nIE"
    item = bought.items.get()
    assert (item.product_code, item.product_name, item.quantity, item.unit_price) == (side.CODE, "Notebook", 2, Decimal("19.90"))
    assert side.records.api.asked[0][1]["Authorization"] == f"Bearer {side.TOKEN}"


def test_what_the_records_say_counts_and_not_the_ping(say):
    side.records.know(quantity=1, purchase_email="bob@example.org", price=1990, full_name="Bob Baker")
    say(side.ping(quantity="500", email="mallory@example.net", price="1", full_name="Mallory"))
    bought = Purchase.objects.get()
    assert (bought.email, bought.name, bought.total, units_left()) == ("bob@example.org", "Bob Baker", Decimal("19.90"), 1)


def test_a_product_that_the_records_do_not_tell_of_is_not_granted(say):
    side.records.know(variants={"Version": "Version 1"})
    assert say(side.ping()).unknown_code == f"{side.PRODUCT}:Version 1"
    assert not Purchase.objects.exists()


def test_a_sale_that_the_records_do_not_know_fails_and_is_not_granted(say):
    event = say(side.ping())
    assert (event.state, event.state_reason) == ("waiting", "Gumroad's own records know no such sale.")
    try_again_and_again()
    event.refresh_from_db()
    assert (event.state, event.state_reason) == ("failed", "Gumroad's own records know no such sale.")
    assert not Purchase.objects.exists()
    side.records.know()
    WebhookEvent.objects.replay()
    fulfil_due_events()
    assert units_left() == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"seller_id": "another"}, "Gumroad's own records say that another sold it."),
        ({"id": "another"}, "Gumroad's own records know no such sale."),
    ],
    ids=str,
)
def test_a_sale_of_another_is_not_granted(say, changes, reason):
    side.records.know(**changes)
    assert say(side.ping()).state_reason == reason
    assert not Purchase.objects.exists()


def test_without_an_answer_it_is_asked_again(say):
    path = f"/v2/sales/{side.SALE.replace('=', '%3D')}"
    side.records.api.answer(path, status=503)
    assert say(side.ping()).state_reason.startswith("The partner's own records could not be asked: ")
    side.records.know()
    try_again_and_again()
    assert units_left() == 2


def test_an_answer_is_kept_without_card_data_and_asked_for_once(say, client):
    side.records.know(full_name="4111 1111 1111 1111")
    event = say(side.ping())
    side.posted(side.ping()).post(client)
    fulfil_due_events()
    assert len(side.records.api.asked) == 1
    kept = json.dumps([event.payload, event.read_back])
    assert "4111" not in kept
    assert "card" not in kept


@pytest.mark.parametrize(
    ("changes", "state"), [({"refunded": True}, "refund"), ({"chargedback": True, "disputed": True}, "chargeback")], ids=str
)
def test_a_sale_that_was_returned_since_ends_without_units(say, changes, state):
    """Gumroad's plain ping tells of sales alone, and may come late."""
    side.records.know(**changes)
    assert say(side.ping()).state == "fulfilled"
    assert (Purchase.objects.count(), units_left()) == (1, 0)
    assert Purchase.objects.get().items.get().reversals.get().kind == state


# What is believed


@pytest.mark.parametrize("secret", ["", "another-address-0123456789", "é", side.SECRET + "x", side.SECRET[:-1]])
def test_another_address_is_not_found(client, gumroad, secret):
    path = f"/partners/gumroad/notify/{secret}/" if secret else "/partners/gumroad/notify/"
    assert client.post(path, urlencode(side.ping()), content_type=side.FORM).status_code == 404
    assert not WebhookEvent.objects.exists()


def test_secrets_rotate_and_may_come_from_the_staff_area(client, gumroad):
    gumroad["secrets"] = []
    row = PartnerSecret(partner="gumroad")
    row.seal(side.OTHER_SECRET)
    row.save()
    assert side.posted(side.ping(), side.OTHER_SECRET).post(client).status_code == 200
    assert side.posted(side.ping(), side.SECRET).post(client).status_code == 404


@pytest.mark.parametrize("seller", ["", "another", "é"])
@pytest.mark.parametrize("resource", ["sale", "refund", "dispute", "dispute_won"])
def test_another_seller_is_not_believed(client, gumroad, seller, resource):
    assert side.posted(side.ping(seller_id=seller, resource_name=resource)).post(client).status_code == 401
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize(
    ("configured", "said"),
    [
        ({"secrets": []}, "GUMROAD_SECRETS is empty"),
        ({"secrets": ["short"]}, "GUMROAD_SECRETS: secret number 1 is not"),
        ({"secrets": [side.SECRET + "/x"]}, "GUMROAD_SECRETS: secret number 1 is not"),
        ({"seller_id": ""}, "GUMROAD_SELLER_ID is empty"),
        ({"access_token": ""}, "GUMROAD_WITHOUT_READ_BACK=1"),
        ({"without_read_back": True}, "are both set"),
    ],
    ids=str,
)
def test_bad_settings_close_it_and_are_named(client, gumroad, configured, said):
    gumroad |= configured
    assert said in " ".join(GUMROAD.problems(GUMROAD.secrets))
    assert side.posted(side.ping()).post(client).status_code == 404


def test_without_read_back_the_ping_is_believed_if_the_operator_says_so(say, without_read_back):
    assert say(side.ping()).state == "fulfilled"
    bought = Purchase.objects.get()
    assert (bought.email, bought.name, bought.total, units_left()) == ("Alice@example.com", "Alice Archer", Decimal("39.80"), 2)
    assert side.records.api.asked == []
    say(side.ping(resource_name="refund", refunded="true"))
    assert units_left() == 0


def test_a_sale_that_was_kept_without_read_back_is_asked_for_once_the_operator_says_so(client, gumroad, without_read_back):
    side.posted(side.ping()).post(client)
    gumroad |= {"access_token": side.TOKEN, "without_read_back": False}
    fulfil_due_events()
    assert WebhookEvent.objects.get().state_reason == "Gumroad's own records know no such sale."


def test_a_test_grants_nothing_and_is_not_asked_for(say):
    assert say(side.ping(test="true")).state == "ignored"
    assert side.records.api.asked == []


# Refunds and disputes


def test_a_refund_takes_all_back(say):
    side.sold()
    say(side.ping())
    side.refunded()
    assert say(side.ping(resource_name="refund", refunded="true")).state == "fulfilled"
    assert units_left() == 0


def test_a_refund_of_a_part_is_for_staff_and_the_rest_that_follows_is_not(say):
    side.sold()
    say(side.ping())
    side.records.know(partially_refunded=True)
    part = say(side.ping(resource_name="refund"))
    assert (part.state, units_left()) == ("failed", 2)
    assert "staff decide" in part.state_reason
    side.records.know(refunded=True)
    say(side.ping(resource_name="refund", refunded="true"))
    assert units_left() == 0


@pytest.mark.parametrize("resource", ["refund", "dispute", "dispute_won"])
def test_what_the_records_do_not_bear_out_takes_nothing(say, resource):
    side.sold()
    say(side.ping())
    event = say(side.ping(resource_name=resource, refunded="true", disputed="true", dispute_won="true"))
    assert (event.state_reason, units_left()) == (f"Gumroad's own records do not tell of the {resource}.", 2)
    try_again_and_again()
    event.refresh_from_db()
    assert (event.state, units_left()) == ("failed", 2)


def test_a_dispute_takes_back_and_one_that_was_won_gives_back(say):
    side.sold()
    say(side.ping())
    side.disputed()
    say(side.ping(resource_name="dispute", disputed="true"))
    assert units_left() == 0
    side.dispute_won()
    say(side.ping(resource_name="dispute_won", disputed="true", dispute_won="true"))
    assert units_left() == 2


# Memberships


def test_a_charge_renews_the_first_sale_and_may_come_before_it(say, notebook):
    notebook.upgrade_months = 12
    notebook.save()
    side.renewed()
    again = side.ping(sale_id=side.RENEWAL, is_recurring_charge="true", sale_timestamp="2025-03-03T05:06:07Z")
    assert say(again).state == "waiting"
    side.sold()
    say(side.ping())
    fulfil_due_events()
    renewal = Purchase.objects.exclude(renews=None).get()
    assert (renewal.order_reference, renewal.renews.order_reference) == (side.RENEWAL, side.SALE)
    owned = Entitlement.objects.get()
    assert owned.upgrades_until > owned.granted_until
    side.records.know(side.RENEWAL, refunded=True)
    say(again | {"resource_name": "refund", "refunded": "true"})
    owned.refresh_from_db()
    assert (owned.upgrades_until, owned.units_left) == (owned.granted_until, 2)


def test_a_charge_that_the_ping_calls_a_first_sale_grants_no_further_units(say):
    side.sold()
    say(side.ping())
    side.records.know(side.RENEWAL, recurring_charge=True)
    say(side.ping(sale_id=side.RENEWAL))
    assert (Purchase.objects.count(), units_left()) == (2, 2)


def test_a_preorder_is_not_paid_yet(say):
    side.records.know(is_preorder_authorization=True)
    assert say(side.ping(is_preorder_authorization="true")).state_reason == "Nothing was paid, so there is nothing to grant."


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        ("cancellation", "subscription_cancelled"),
        ("subscription_ended", "subscription_cancelled"),
        ("subscription_updated", "subscription_changed"),
        ("subscription_restarted", "subscription_changed"),
        ("payout", "ignored"),
    ],
)
def test_what_is_no_sale_grants_nothing_and_says_so(say, resource, kind):
    """These have neither a sale nor a seller."""
    form = {"subscription_id": side.MEMBERSHIP, "purchase_ids[]": "1", "created_at": "2025-01-03T05:06:07Z", "resource_name": resource}
    event = say(urlencode([*form.items(), ("purchase_ids[]", "2")]).encode())
    assert (event.kind, event.state) == (kind, "ignored")
    assert event.state_reason


# Forms


@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
@pytest.mark.parametrize("escaped", [True, False])
def test_letters_are_read_in_either_charset(say, without_read_back, charset, escaped):
    form = urlencode(side.ping(full_name="Zoë Åström"), encoding=charset).encode()
    plain = urlencode(side.ping(full_name="NAME")).encode().replace(b"NAME", "Zoë Åström".encode(charset))
    say(form if escaped else plain)
    assert Purchase.objects.get().name == "Zoë Åström"


def test_the_seller_may_have_chosen_json(client, gumroad, without_read_back):
    ping = {name: value for name, value in side.PING.items() if "[" not in name}
    ping |= {"variants": {"Version": "Version 2"}, "quantity": 2, "price": 3980, "refunded": False}
    path = side.URL.format(side.SECRET)
    assert client.post(path, json.dumps(ping), content_type="application/json; charset=utf-8").status_code == 200
    fulfil_due_events()
    assert units_left() == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"sale_id": ""},
        {"sale_id": "é"},
        {"sale_id": "s" * 71},
        {"sale_timestamp": ""},
        {"sale_timestamp": "yesterday"},
        {"sale_timestamp": "2099-01-01T00:00:00Z"},
        {"product_id": ""},
        {"variants[Version]": "v" * 101},
        {"quantity": "0"},
        {"quantity": "-2"},
        {"quantity": "two"},
        {"quantity": "1.5"},
        {"quantity": "10001"},
        {"price": "free"},
        {"price": "-1"},
        {"price": "9" * 13},
        {"email": ""},
        {"email": "nobody"},
        {"email": "a@b.example\r\nBcc: c@d.example"},
        {"subscription_id": "", "is_recurring_charge": "true"},
        {"resource_name": "r" * 101},
        {"variants": "Version 2"},
    ],
    ids=lambda changes: str(changes)[:60],
)
def test_a_ping_that_cannot_be_read_is_refused(client, gumroad, changes):
    answer = side.posted(side.ping(**changes)).post(client)
    assert (answer.status_code, answer.content) == (400, b"")
    assert not WebhookEvent.objects.exists()


def test_a_name_that_says_two_things_is_refused(client, gumroad):
    twice = [*side.PING.items(), ("quantity", "200")]
    assert side.posted(urlencode(twice).encode()).post(client).status_code == 400
    assert side.posted(urlencode([*side.PING.items(), *side.PING.items()]).encode()).post(client).status_code == 200


def test_what_is_too_much_is_refused(client, gumroad):
    assert side.posted(side.PING | {f"x{number}": "" for number in range(600)}).post(client).status_code == 400
    assert side.posted(side.PING | {"full_name": "x" * 1_000_000}).post(client).status_code == 413
    assert side.posted(side.PING | {"full_name": "x" * (MOST_BYTES - 2000)}).post(client).status_code == 200


# Whatever is sent

PINGS = [side.PING | {"resource_name": resource} for resource in ("sale", "refund", "dispute", "dispute_won", "cancellation")]
WORDS = st.sampled_from([value for value in fuzz.ABSURD if isinstance(value, str)]) | st.text(max_size=30)
SALES = [side.sale(), side.sale(recurring_charge=True), side.sale(refunded=True, disputed=True, dispute_won=True)]


@fuzz.reading
@given(form=fuzz.changed(PINGS, WORDS), charset=st.sampled_from(["utf-8", "latin-1", "utf-16"]), sale=fuzz.changed(SALES))
def test_any_ping_and_any_answer_is_read_or_refused(gumroad, form, charset, sale):
    body = urlencode(form, encoding=charset, errors="replace").encode()
    for kept in fuzz.taken(lambda: GUMROAD.receive(Notice(body, {}, None)).notifications):
        fuzz.check_fits(kept.event)
        GUMROAD.wants_read_back(kept.payload)
        for event in fuzz.taken(lambda kept=kept: (GUMROAD.event_of(kept.payload, kept.event.event_key, sale),)):
            fuzz.check_fits(event)


@fuzz.whole_way
@given(form=fuzz.changed(PINGS, WORDS), sale=fuzz.changed(SALES))
def test_any_ping_and_any_answer_goes_the_whole_way(gumroad, form, sale):
    side.records.api.answer(f"/v2/sales/{side.SALE.replace('=', '%3D')}", {"success": True, "sale": sale})
    with transaction.atomic():
        assert side.posted(form).post(Client()).status_code in (200, 400, 401)
        fulfil_due_events()
        fuzz.check_nothing_by_halves()
        transaction.set_rollback(True)


@fuzz.whole_way
@given(body=st.binary(max_size=300))
def test_any_bytes_are_answered(gumroad, body):
    assert side.posted(body).post(Client()).status_code in (400, 401)

"""Each partner by whatever can happen to one order: the same outcome, whoever sells (tests/purchases/sides/)."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from downloads.models import Entitlement, UnlockCode
from mailroom.models import OutgoingMail
from purchases.models import ProductCode, Purchase, WebhookEvent
from purchases.partners.registry import PARTNERS
from purchases.reception import MOST_BYTES
from purchases.tasks import fulfil_due_events
from tests.purchases import sides
from tests.purchases.sides import Message, Side

pytestmark = pytest.mark.django_db
SIDES: list[Side] = [
    importlib.import_module(f"tests.purchases.sides.{module.name}").SIDE for module in pkgutil.iter_modules(sides.__path__)
]
OPTIONAL = ("refund", "chargeback", "chargeback_reversed", "test_event", "stale", "renewal")


@pytest.fixture(params=SIDES, ids=lambda side: side.slug)
def side(request, settings, notebook) -> Iterator[Side]:
    """A partner whose endpoint is open, and which calls Notebook by a code of its own."""
    ProductCode.objects.create(partner=request.param.slug, code=request.param.product_code, product=notebook)
    with request.param.opened(settings):
        yield request.param


@pytest.fixture
def say(client: Client) -> Callable[..., list[int]]:
    """Send what the partner sends, and work on what is due; the answers' numbers. Skips with the partner's reason what it does not have."""

    def tell(side: Side, *names: str) -> list[int]:
        statuses = []
        for name in names:
            messages: Callable[[], list[Message]] | None = getattr(side, name)
            if messages is None:
                pytest.skip(f"{side.slug}: {side.missing[name]}")
            statuses += [message.post(client).status_code for message in messages()]
        work_on_everything()
        return statuses

    return tell


def work_on_everything() -> None:
    """Whatever waits is looked at too, as it is later."""
    for _time in range(4):
        fulfil_due_events()
        WebhookEvent.objects.filter(state="waiting").update(next_try_at="2020-01-01T00:00:00Z")


def owned() -> tuple[int, int, int]:
    """Purchases, units that are the customer's, valid codes."""
    units = sum(row.units_left for row in Entitlement.objects.all())
    return Purchase.objects.count(), units, UnlockCode.objects.filter(revoked_at=None).count()


def test_every_partner_has_a_side_and_says_what_it_lacks():
    assert {side.slug for side in SIDES} == set(PARTNERS)
    for side in SIDES:
        assert {name for name in OPTIONAL if getattr(side, name) is None} == set(side.missing), side.slug


def test_a_purchase_is_granted(side, say):
    assert set(say(side, "purchase")) == {200}
    assert owned() == (1, 2, 2)
    purchase = Purchase.objects.get()
    assert (purchase.partner, purchase.user.email) == (side.slug, "Alice@example.com")
    assert OutgoingMail.objects.get().to == "Alice@example.com"


def test_a_duplicate_grants_nothing_more(side, say):
    assert set(say(side, "purchase", "purchase")) == {200}
    say(side, "purchase")
    assert (owned(), OutgoingMail.objects.count()) == ((1, 2, 2), 1)


def test_a_refund_takes_back(side, say):
    say(side, "purchase")
    assert set(say(side, "refund")) == {200}
    assert owned() == (1, 0, 0)
    say(side, "refund")
    assert (owned(), OutgoingMail.objects.count()) == ((1, 0, 0), 2)


def test_a_refund_before_its_purchase_is_joined(side, say):
    assert set(say(side, "refund")) == {200}
    assert owned() == (0, 0, 0)
    say(side, "purchase")
    assert owned() == (1, 0, 0)


def test_a_chargeback_takes_back(side, say):
    say(side, "purchase")
    assert set(say(side, "chargeback")) == {200}
    assert owned() == (1, 0, 0)


@pytest.mark.parametrize(
    "order",
    [
        ("purchase", "chargeback", "chargeback_reversed"),
        ("chargeback", "purchase", "chargeback_reversed"),
        ("chargeback_reversed", "chargeback", "purchase"),
    ],
    ids=" ".join,
)
def test_a_reversed_chargeback_gives_back(side, say, order):
    codes = set()
    for name in order:
        say(side, name)
        codes |= set(UnlockCode.objects.values_list("code", flat=True))
    assert owned() == (1, 2, 2)
    assert set(UnlockCode.objects.filter(revoked_at=None).values_list("code", flat=True)) == codes


def test_a_renewal_extends_and_its_purchase_may_come_later(side, say, notebook):
    notebook.upgrade_months = 12
    notebook.save()
    say(side, "renewal", "purchase")
    entitlement = Entitlement.objects.get()
    assert (Purchase.objects.count(), entitlement.units_left) == (2, 2)
    assert entitlement.upgrades_until > entitlement.granted_until
    assert entitlement.downloads_allowed == 20


def test_a_trial_grants_nothing(side, say):
    assert set(say(side, "test_event")) == {200}
    assert owned() == (0, 0, 0)


def test_what_nobody_vouches_for_is_not_kept(side, say):
    assert set(say(side, "forged")) <= {401, 404}
    assert not WebhookEvent.objects.exists()


def test_what_was_signed_long_ago_is_not_kept(side, say):
    assert set(say(side, "stale")) == {401}
    assert not WebhookEvent.objects.exists()


def test_what_cannot_be_read_grants_nothing(side, say):
    assert set(say(side, "malformed")) <= {400}
    assert owned() == (0, 0, 0)


def test_what_is_huge_is_not_read(side, client):
    (*_before, message) = side.purchase()
    huge = Message(message.path, message.body + b" " * MOST_BYTES, message.headers, "POST", message.content_type, message.ip)
    assert huge.post(client).status_code == 413
    assert not WebhookEvent.objects.exists()

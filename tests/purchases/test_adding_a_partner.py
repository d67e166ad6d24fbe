"""The partner that docs/adding-a-partner.md shows works as it stands there."""

import hashlib
import hmac
import json
import re
from types import ModuleType

import pytest
from django.conf import settings as site
from django.core.management import CommandError, call_command
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from downloads.models import Entitlement
from purchases.hand_over.contents import hand_over
from purchases.models import Offer, Purchase, WebhookEvent
from purchases.partners.checkouts import CHECKOUTS
from purchases.partners.registry import PARTNERS
from purchases.tasks import fulfil_due_events

pytestmark = pytest.mark.django_db
SECRET = "a secret of the tests, 32 characters and more"
ORDER = {
    "id": "evt_1",
    "type": "order.paid",
    "at": "2026-01-02T03:04:05Z",
    "order": "A-1",
    "product": "NOTEBOOK",
    "quantity": 2,
    "email": "alice@example.com",
}


@pytest.fixture(autouse=True)
def acme(settings, monkeypatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (site.BASE_DIR / "docs" / "adding-a-partner.md").read_text(), re.DOTALL)
    module = ModuleType("acme")
    exec(compile(code, "acme.py", "exec"), module.__dict__)
    monkeypatch.setitem(PARTNERS, "acme", module.Acme())
    monkeypatch.setitem(CHECKOUTS, "acme", module.Acme.checkout)
    settings.PARTNERS["acme"] = {"secrets": [SECRET]}
    settings.CHECKOUT_STORES = {"acme": "vendor"}


def post(payload: object, secret: str = SECRET) -> int:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    status = (
        Client().post("/partners/acme/notify/", body, content_type="application/json", headers={"X-Acme-Signature": signature}).status_code
    )
    fulfil_due_events()
    return status


def test_an_order_is_granted_once_and_a_refund_takes_it_back(notebook):
    assert (post(ORDER), post(ORDER), Purchase.objects.count()) == (200, 200, 1)
    assert Entitlement.objects.get().units_left == 2
    assert post(ORDER | {"id": "evt_2", "type": "order.refunded"}) == 200
    assert Entitlement.objects.get().units_left == 0


def test_a_purchase_begun_here_is_handed_over(notebook):
    offer = Offer(partner="acme", product=notebook, code="notebook")
    offer.full_clean()
    made = hand_over(offer, 2, None, {"email": "alice@example.com", "name": "Alice"})
    assert made.location == "https://vendor.acme.example/buy/notebook?qty=2&email=alice%40example.com"


def test_its_export_is_reconciled(notebook, tmp_path):
    post(ORDER)
    export = tmp_path / "acme.csv"
    export.write_text("Order,Date,E-Mail,Product,Qty\nA-1,2026-01-02 03:04,alice@example.com,NOTEBOOK,2\n")
    call_command("reconcile", "acme", str(export))
    export.write_text("Order,Date,E-Mail,Product,Qty\nA-1,2026-01-02 03:04,alice@example.com,NOTEBOOK,3\n")
    with pytest.raises(CommandError, match="different: 1"):
        call_command("reconcile", "acme", str(export))


def test_a_stranger_is_refused(notebook):
    assert post(ORDER, "another secret, 32 characters and more") == 401
    assert not WebhookEvent.objects.exists()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.dictionaries(
        st.sampled_from([*ORDER, "test"]), st.none() | st.booleans() | st.integers() | st.text(max_size=80) | st.lists(st.text())
    ),
)
def test_whatever_it_says_is_answered(notebook, changes):
    assert post(ORDER | changes) in (200, 400)
    assert not WebhookEvent.objects.filter(failures__gt=0).exists()


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff", b"[" * 5000, b'{"a": NaN}', b'{"id": 4111111111111111}'])
def test_what_cannot_be_read_is_refused(body):
    assert post(body) == 400

"""What is timed at each size: pages of the area, what people do, what staff do, sweeps, and which rows are due. Names are the same at every size."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.test import Client
from django.utils import timezone
from django.utils.module_loading import import_string
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from standardwebhooks import Webhook

from accounts.models import User
from bench import stage
from bench.population.filling import PASSWORD
from downloads.models import Entitlement, UnlockCode
from infacta.schedule import SWEEPS
from privacy.retention.due import NoClock, governed
from purchases.models import Purchase, WebhookEvent
from purchases.tasks import fulfil_event

Deed = Callable[[], Any]
Named = Iterator[tuple[str, Deed]]

TYPICAL, HEAVY = "customer5001@example.com", "heavy@example.com"
AREA = (
    *("", "activity/", "activity/log-ins/", "activity/downloads/", "activity/staff/", "activity/changes/"),
    *("account/", "account/contact/", "account/preferences/", "account/address/", "account/security/", "account/announcements/"),
    *("support/", "support/new/", "feedback/", "your-data/", "your-data/objection/", "your-data/corrections/", "cookies/", "buy/scale-1/"),
)
PUBLIC = ("/", "/products/", "/products/scale-1/", "/privacy/", "/announcements/", "/promotions/", "/promotions/offer-10/", "/support/")
STAFF = (
    *(
        "",
        "home/",
        "customers/find/",
        "desk/",
        "desk/?state=closed",
        "desk/figures/",
        "register/",
        "promotions-live/",
        "promotions-live/10/",
    ),
    *("retention/", "promises/"),
)


class Refused(Exception):
    """A page that was not answered well would measure something else."""


def getting(client: Client, path: str) -> Deed:
    def get() -> Any:
        response = client.get(path)
        if response.status_code != 200:
            raise Refused(f"{path} was answered with {response.status_code}")
        return response

    return get


def posting(client: Client, path: str, values: Callable[[], dict[str, Any]], status: int = 200) -> Deed:
    def post() -> Any:
        response = client.post(path, values())
        if response.status_code != status:
            raise Refused(f"{path} was answered with {response.status_code}")
        return response

    return post


def log_in(email: str) -> Client:
    client = Client()
    posting(client, "/resources/log-in/", lambda: {"email": email, "password": PASSWORD}, 302)()
    return client


def staff_log_in() -> Client:
    """The administrator, with both factors."""
    user, client = User.objects.get(email="administration@example.com"), Client()
    device = TOTPDevice.objects.get(user=user)
    TOTPDevice.objects.filter(pk=device.pk).update(last_t=-1)
    client.post("/staff/login/", {"email": user.email, "password": PASSWORD})
    token = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift).token()
    posting(client, "/staff/second-factor/", lambda: {"token": f"{token:06d}"}, 302)()
    return client


def area() -> Named:
    """Every page of customer resources, of a customer as most are and of one with 10,000 downloads."""
    for kind, email in (("typical", TYPICAL), ("heavy", HEAVY)):
        client = log_in(email)
        owned = Entitlement.objects.filter(user__email=email).latest("pk").pk
        for path in (*AREA, f"products/{owned}/", f"products/{owned}/allowance/"):
            yield f"area, {kind}: /resources/{path.replace(str(owned), 'N')}", getting(client, f"/resources/{path}")


def public() -> Named:
    for path in PUBLIC:
        yield f"public: {path}", getting(Client(), path)


def deeds() -> Named:
    """A log-in, a notification with what comes of it, a check of an unlock code."""
    yield "deed: log-in", lambda: log_in(TYPICAL)
    yield "deed: a partner's notification", notify
    yield "deed: a notification and its fulfilment", lambda: fulfil_event(notify())
    code = UnlockCode.objects.get(entitlement_id=5001).code
    yield "deed: unlock code checked", lambda: Client().post("/downloads/check/", {"code": code}, content_type="application/json").content


def notify() -> int:
    """One order of a new customer; the number of its row."""
    key = uuid.uuid4().hex
    body = json.dumps(
        {
            "type": "purchase.completed",
            "timestamp": "2026-01-02T03:04:05Z",
            "data": {
                "order_reference": f"S-{key}",
                "purchased_at": "2026-01-02T03:04:05Z",
                "buyer": {"name": "Buyer", "email": f"buyer{key}@example.com"},
                "lines": [{"line_number": 1, "product_code": "SCALE-1", "quantity": 1}],
            },
        }
    )
    now = datetime.now(UTC)
    headers = {
        "webhook-id": key,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(stage.SECRET).sign(key, now, body),
    }
    response = Client(headers=headers).post("/partners/standard-webhooks/notify/", body, content_type="application/json")
    if response.status_code != 200:
        raise Refused(f"the notification was answered with {response.status_code}")
    return WebhookEvent.objects.latest("pk").pk


def staff() -> Named:
    """The pages of staff, and the search for a customer by all that it knows."""
    client = staff_log_in()
    for path in STAFF:
        if client.get(f"/staff/{path}").status_code == 200:
            yield f"staff: /staff/{path}", getting(client, f"/staff/{path}")
    order, code = Purchase.objects.get(pk=5001).order_reference, UnlockCode.objects.get(entitlement_id=5001).code
    for by, typed in (("address", TYPICAL), ("order", order), ("unlock code", code)):
        yield f"staff: find a customer by {by}", found(client, typed)
    yield "staff: a customer's page", getting(client, "/staff/accounts/user/5001/change/")
    yield from lists(client)


def found(client: Client, typed: str) -> Deed:
    """The search, free of its limit of so many a minute."""
    from accounts.models import Throttle

    def find() -> None:
        Throttle.objects.all()._raw_delete("default")
        posting(client, "/staff/customers/find/", lambda: {"typed": typed})()

    return find


def lists(client: Client) -> Named:
    """Each list of the staff area: as it opens, its second page, one person's rows, found by an address, and by each filter's choices."""
    for model in admin.site._registry:
        address = f"/staff/{model._meta.app_label}/{model._meta.model_name}/"
        name, shown = f"list: {model._meta.label}", client.get(address).context_data["cl"]
        yield name, getting(client, address)
        if shown.multi_page:
            yield f"{name}, page 2", getting(client, f"{address}?p=2")
        if shown.search_fields:
            yield f"{name}, search", getting(client, f"{address}?q={TYPICAL}")
        for spec in shown.filter_specs:
            for choice in [one for one in spec.choices(shown) if not one["selected"]][:2]:
                yield f"{name}, {spec.title}: {choice['display']}", getting(client, address + choice["query_string"])


def sweeps() -> Named:
    """Every sweep with nothing to do: what is due was done when it was warmed up."""
    for sweep in SWEEPS:
        if sweep.task != "privacy.tasks.execute_retention":  # each of its parts stands below
            yield f"sweep: {sweep.task}", import_string(sweep.task)


def retention() -> Named:
    """What a destroyer asks for: with nothing due, and a hundred rows of a day ahead."""
    for one in governed():
        try:
            one.due(timezone.now())
        except NoClock:
            continue
        name = f"{one.retention.slug} of {one.name}"
        yield f"due now: {name}", lambda one=one: first_due(one, timezone.now())
        yield f"due tomorrow: {name}", lambda one=one: first_due(one, timezone.now() + timedelta(days=1))


def first_due(one: Any, at: datetime) -> list[int]:
    return list(one.due(at).order_by().values_list("pk", flat=True)[:100])


def everything() -> Named:
    for part in (area, public, deeds, staff, sweeps, retention):
        yield from part()


def seconds_of(deed: Deed) -> float:
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began

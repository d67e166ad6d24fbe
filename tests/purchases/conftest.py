"""Both partners are open; a fixture posts, works on what is due, and gives back the notification's row."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.authentication import log_in
from accounts.models import User
from purchases.models import WebhookEvent
from purchases.tasks import fulfil_due_events
from tests.purchases import plimus_side
from tests.purchases.handing import STORES
from tests.purchases.partner_side import SECRET, post
from tests.purchases.plimus_side import KEY, NETWORKS, order


@pytest.fixture(autouse=True)
def standard_webhooks(own_partners, settings):
    """The endpoint of our own format is open, and work waits for the sweep: no broker hears."""
    settings.PARTNERS["standard-webhooks"]["secrets"] = [SECRET]
    settings.CELERY_BROKER_URL = ""
    return settings.PARTNERS["standard-webhooks"]


@pytest.fixture
def plimus(settings) -> dict[str, Any]:
    """Plimus's settings, closed until a test says how it authenticates."""
    settings.PARTNERS["plimus"] |= {"authentication": "", "secrets": [], "networks": [], "tolerance": timedelta(days=1)}
    return settings.PARTNERS["plimus"]


@pytest.fixture
def told(client: Client, db) -> Callable[..., WebhookEvent]:
    """Post a notification, work on what is due, and look at its row."""

    def tell(payload: Any, event_id: str = "") -> WebhookEvent:
        assert post(client, payload, event_id).status_code == 200
        fulfil_due_events()
        return WebhookEvent.objects.latest("pk")

    return tell


@pytest.fixture
def an_hour_later(db) -> Callable[[], int]:
    """Whatever waits is due, as it is an hour later; work on it."""

    def work() -> int:
        WebhookEvent.objects.filter(state="waiting").update(next_try_at=timezone.now())
        return fulfil_due_events()

    return work


@pytest.fixture
def adas_browser(ada: User) -> Client:
    """Ada is logged in to the staff area, with her second factor."""
    browser, request = Client(), RequestFactory().post("/staff/login/")
    device = TOTPDevice.objects.create(user=ada, name="phone")
    request.session, request.login_session = SessionStore(), None
    response = HttpResponse()
    log_in(request, response, ada, otp_device=device)
    request.session.save()
    browser.cookies.update(response.cookies)
    browser.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key
    return browser


@pytest.fixture
def by_network(plimus):
    plimus |= {"authentication": "networks", "networks": NETWORKS}
    return plimus


@pytest.fixture
def by_key(plimus):
    plimus |= {"authentication": "auth-key", "networks": NETWORKS, "secrets": [KEY]}
    return plimus


@pytest.fixture
def by_signature(plimus):
    plimus |= {"authentication": "signature", "secrets": [KEY]}
    return plimus


@pytest.fixture
def plimus_told(client, by_network):
    def tell(**changes: str) -> WebhookEvent:
        assert plimus_side.post(client, order(**changes)).status_code == 200
        fulfil_due_events()
        return WebhookEvent.objects.latest("pk")

    return tell


@pytest.fixture
def shops(settings) -> None:
    """Every partner's checkout is configured, and the operator has named who takes our own format."""
    settings.CHECKOUT_STORES = STORES
    settings.PARTNERS["standard-webhooks"] |= {"name": "Example Shop", "policy_url": "https://shop.example/privacy"}

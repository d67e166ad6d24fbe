"""A partner whose records hang holds up nobody else's orders."""

from datetime import timedelta

import pytest
from django.utils import timezone

from purchases.intake import handling
from purchases.models import WebhookEvent
from purchases.partners.gumroad import Gumroad
from purchases.partners.json_api import NoAnswer
from purchases.tasks import fulfil_due_events
from tests.purchases.sides import gumroad

pytestmark = pytest.mark.django_db


def test_records_that_hang_are_asked_once_and_then_left_alone_for_a_while(client, settings, monkeypatch):
    asked = []

    def hang(self: Gumroad, payload: object) -> None:
        asked.append(payload)
        raise NoAnswer("no connection")

    monkeypatch.setattr(Gumroad, "read_back", hang)
    monkeypatch.setattr(handling, "HANGS", timedelta(0))
    monkeypatch.setattr(handling, "hanging_until", {})
    with gumroad.opened(settings):
        for number in range(3):
            assert gumroad.posted(gumroad.ping(sale_id=f"sale-{number}")).post(client).status_code == 200
        fulfil_due_events()
    assert len(asked) == 1
    left_alone = WebhookEvent.objects.filter(state="received")
    assert left_alone.count() == 2, "which is no failure of theirs"
    assert all(row.next_try_at > timezone.now() + timedelta(seconds=30) for row in left_alone)

"""G6: the partners are named, each with a link to its privacy policy: Plimus, Emetrix, RegSoft, and those of today."""

from urllib.parse import urlsplit

import pytest
from django.core.validators import URLValidator

from privacy.registry import registry
from purchases import personal_data
from purchases.partners.registry import PARTNERS


@pytest.mark.parametrize("name", ["Plimus", "Emetrix", "RegSoft"])
def test_g06_each_is_named_with_a_link(name):
    (recipient,) = [recipient for recipient in registry.recipients if name in recipient.name]
    URLValidator(schemes=["https"])(recipient.policy_url)
    assert urlsplit(recipient.policy_url).hostname
    assert str(recipient.role)


def test_g06_what_comes_from_partners_says_so():
    for model in ("Purchase", "PurchaseItem", "WebhookEvent", "Reversal"):
        recipients = registry.models[f"purchases.{model}"].recipients
        assert {"plimus", "emetrix", "regsoft"} <= {recipient.slug for recipient in recipients}


def test_g06_the_partner_of_today_is_named_as_soon_as_it_is_open(settings, monkeypatch):
    monkeypatch.setattr(registry, "recipients", [])
    assert personal_data.partner_of_today() == ()
    today = {"secrets": ["whsec_…"], "name": "Example Shop", "policy_url": "https://shop.example/privacy"}
    settings.PARTNERS = settings.PARTNERS | {"standard-webhooks": today}
    (recipient,) = personal_data.partner_of_today()
    assert registry.recipients == [recipient]
    assert (recipient.name, recipient.policy_url) == ("Example Shop", "https://shop.example/privacy")


def test_g06_no_partner_can_notify_without_being_accounted_for():
    """A new partner's module needs a declaration: by its slug, or by the operator's word for our own format (purchases.W001)."""
    assert PARTNERS.keys() - {"standard-webhooks"} <= {recipient.slug for recipient in registry.recipients}

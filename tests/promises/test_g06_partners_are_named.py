"""G6: the partners are named, each with a link to its privacy policy: Plimus, Emetrix, RegSoft, and those of today."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.validators import URLValidator

from privacy.registry import registry
from purchases.models import Offer
from purchases.partners import policies
from purchases.partners.checkouts import CHECKOUTS
from purchases.partners.policies import OWN, POLICIES
from purchases.partners.registry import PARTNERS
from tests.pages import Tags, words_of

pytestmark = pytest.mark.django_db


ROOT = Path(__file__).resolve().parents[2]


def half_a_minute_passes() -> None:
    """What is kept of who the partners are is kept no longer."""
    policies.kept.clear()


def policy(client, path: str = "/privacy/") -> str:
    return client.get(path).content.decode()


@pytest.mark.parametrize("name", ["Plimus", "Emetrix", "RegSoft"])
def test_g06_each_is_named_with_a_link(client, name):
    (recipient,) = [recipient for recipient in registry.recipients if name in recipient.name]
    URLValidator(schemes=["https"])(recipient.policy_url)
    assert urlsplit(recipient.policy_url).hostname
    for path in ("/privacy/", "/privacy/resources/"):
        assert f"{recipient.name}: took orders and payments for us in earlier years" in words_of(policy(client, path))
        assert recipient.policy_url in Tags(policy(client, path)).links()


def test_g06_what_comes_from_partners_says_so():
    for model in ("Purchase", "PurchaseItem", "WebhookEvent", "Reversal"):
        recipients = registry.models[f"purchases.{model}"].recipients_now
        assert {"plimus", "emetrix", "regsoft"} <= {recipient.slug for recipient in recipients}


def test_g06_the_partner_of_today_is_named_as_soon_as_it_is_open(client, settings):
    assert "Partners of today" not in policy(client)
    ours = {"secrets": ["whsec_" + "A" * 40], "name": "Example Shop", "policy_url": "https://shop.example/privacy"}
    settings.PARTNERS = settings.PARTNERS | {OWN: settings.PARTNERS[OWN] | ours}
    half_a_minute_passes()
    html = policy(client)
    today = words_of(html.partition("Partners of today")[2].partition("Former partners")[0])
    assert today.startswith("Example Shop: takes your order and your payment, and tells us who bought what.")
    assert "https://shop.example/privacy" in Tags(html).links()


def test_g06_whoever_has_an_offer_on_sale_is_a_partner_of_today_and_nobody_else(client, notebook):
    Offer.objects.create(partner="gumroad", product=notebook, code="notebook")
    assert "Gumroad" not in words_of(policy(client))
    Offer.objects.update(is_on_sale=True)
    half_a_minute_passes()
    html = policy(client)
    assert "Partners of today Gumroad: takes your order" in words_of(html)
    assert "https://gumroad.com/privacy" in Tags(html).links()
    assert "Paddle" not in words_of(html)


def test_g06_a_former_partner_that_sells_again_is_named_once_among_those_of_today(client, notebook):
    Offer.objects.create(partner="plimus", product=notebook, code="1", is_on_sale=True)
    page = words_of(policy(client))
    assert "Partners of today Plimus (today BlueSnap): takes your order" in page
    assert page.count("Plimus (today BlueSnap):") == 1


@pytest.mark.parametrize("slug", sorted({*PARTNERS, *CHECKOUTS} - {OWN}))
def test_g06_every_partner_that_notifies_or_sells_has_its_entry_in_the_one_table(slug):
    """The operator names whoever sends in our own format (purchases.W001)."""
    assert POLICIES[slug].name
    URLValidator(schemes=["https"])(POLICIES[slug].policy_url)
    assert slug in {recipient.slug for recipient in registry.recipients}


def test_g06_no_other_module_names_a_policy_of_a_partner():
    """The addresses stand in one place."""
    for file in [*ROOT.glob("purchases/**/*.py"), *ROOT.glob("templates/**/*.html"), *ROOT.glob("privacy/*.py")]:
        if file.name != "policies.py":
            for entry in POLICIES.values():
                assert entry.policy_url not in file.read_text(), file

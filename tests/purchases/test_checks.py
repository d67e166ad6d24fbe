"""The operator hears at the start what is wrong with the partners' settings."""

import pytest

from purchases.checks import partners_are_configured_well, partners_of_today_are_named
from tests.purchases.partner_side import SECRET

pytestmark = pytest.mark.django_db


def test_good_settings_are_silent(plimus):
    plimus |= {"authentication": "signature", "secrets": ["key"]}
    assert partners_are_configured_well(None) == []


@pytest.mark.parametrize(
    ("configured", "said"),
    [
        ({"authentication": "md5"}, "PLIMUS_AUTHENTICATION is 'md5'"),
        ({"authentication": "networks"}, "PLIMUS_NETWORKS is empty"),
        ({"authentication": "networks", "networks": ["everywhere"]}, "'everywhere' does not appear to be"),
        ({"authentication": "auth-key", "networks": ["10.0.0.0/8"]}, "PLIMUS_SECRETS is empty"),
    ],
)
def test_what_is_missing_is_named(plimus, configured, said):
    plimus |= configured
    assert any(said in message.msg for message in partners_are_configured_well(None))


@pytest.mark.parametrize("secret", ["whsec_", "whsec_c2hvcnQ=", "whsec_***", "plain"])
def test_a_bad_secret_is_named_by_its_number_alone(standard_webhooks, secret):
    standard_webhooks["secrets"] = [SECRET, secret]
    (message,) = partners_are_configured_well(None)
    assert "secret number 2" in message.msg
    assert secret not in message.msg.replace("whsec_ and", "")


def test_in_production_a_partner_without_a_name_is_reported(standard_webhooks, settings):
    assert partners_of_today_are_named(None) == []
    settings.PRODUCTION = True
    assert [message.id for message in partners_of_today_are_named(None)] == ["purchases.W001"]
    standard_webhooks |= {"name": "Shop", "policy_url": "https://shop.example/privacy"}
    assert partners_of_today_are_named(None) == []

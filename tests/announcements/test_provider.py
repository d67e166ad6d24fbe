"""Where a provider mails for the vendor, visitors are told so: in the policy, and where they join (promise G3)."""

import pytest
from django.test import Client

from mailroom.provider import PROVIDERS
from tests.pages import words_of

pytestmark = pytest.mark.django_db


def test_addresses_go_to_nobody_where_a_relay_of_our_own_mails():
    assert "Your address goes to nobody else." in words_of(Client().get("/announcements/join/").content.decode())
    policy = Client().get("/privacy/").content.decode()
    assert not [one.name for one in PROVIDERS.values() if one.name in policy]


@pytest.mark.parametrize("esp", sorted(PROVIDERS))
def test_a_provider_is_named_where_it_learns_addresses(settings, esp):
    settings.ANYMAIL_ESP = esp
    provider = PROVIDERS[esp]
    assert f"Your address goes to nobody but {provider.name}, which sends our mails." in words_of(
        Client().get("/announcements/join/").content.decode()
    )
    policy = Client().get("/privacy/").content.decode()
    assert provider.policy_url in policy


def test_every_provider_that_can_be_chosen_is_known(settings):
    assert set(PROVIDERS) == set(settings.ESP_NEEDS)

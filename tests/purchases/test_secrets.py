"""Secrets from the environment and from the staff area count alike, several at once, and lie sealed in the database."""

import json

import pytest
from django.test import Client

from infacta import web_log
from purchases.models import PartnerSecret
from purchases.partners.registry import PARTNERS
from tests.purchases.partner_side import OTHER_SECRET, SECRET, URL, post, purchase, signed

pytestmark = pytest.mark.django_db


def add(secret: str, partner: str = "standard-webhooks") -> PartnerSecret:
    row = PartnerSecret(partner=partner, label="of the tests")
    row.seal(secret)
    row.save()
    return row


def post_signed_with(secret: str) -> int:
    body = json.dumps(purchase()).encode()
    return Client().post(URL, body, content_type="application/json", headers=signed(body, secret=secret)).status_code


def test_one_from_the_staff_area_opens_the_endpoint(standard_webhooks):
    standard_webhooks["secrets"] = []
    assert post_signed_with(SECRET) == 404
    row = add(SECRET)
    assert post_signed_with(SECRET) == 200
    row.delete()
    assert post_signed_with(SECRET) == 404


def test_both_count_while_one_is_changed_for_another(client):
    add(OTHER_SECRET)
    assert [post_signed_with(SECRET), post_signed_with(OTHER_SECRET)] == [200, 200]


def test_one_of_another_partner_does_not_count():
    add(OTHER_SECRET, "plimus")
    assert post_signed_with(OTHER_SECRET) == 401


def test_it_lies_sealed():
    row = add(OTHER_SECRET)
    row.refresh_from_db()
    assert OTHER_SECRET not in str(vars(row))
    assert OTHER_SECRET[6:] not in str(vars(row))


def test_one_that_was_sealed_with_a_lost_key_counts_no_more(settings):
    add(OTHER_SECRET)
    settings.SECRET_KEY = "another key altogether" * 5
    assert post_signed_with(OTHER_SECRET) == 401
    assert post_signed_with(SECRET) == 200


def test_a_secret_in_the_address_is_in_no_log():
    assert web_log.shown("/partners/swreg/notify/s3cret/?o_no=1&name=Alice") == "/partners/swreg/notify/(secret)/"
    assert web_log.shown("//partners//swreg/notify//s3cret/") == "//partners//swreg/notify//(secret)/"
    assert web_log.shown("/partners/swreg/notify/?o_no=1&name=Alice") == "/partners/swreg/notify/?(query)"
    assert web_log.shown("/partners/plimus/notify/") == "/partners/plimus/notify/"


@pytest.mark.parametrize("slug", [slug for slug, partner in PARTNERS.items() if not partner.has_secret_address])
def test_a_partner_that_signs_has_no_other_address(client, slug):
    assert client.post(f"/partners/{slug}/notify/anything/").status_code == 404


def test_the_notification_itself_is_taken_at_its_own_address(client, notebook):
    assert post(client, purchase()).status_code == 200

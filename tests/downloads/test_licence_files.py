"""Licence files: what a customer fetches for an unlock code, and who gets none."""

import json
from base64 import b64decode
from uuid import UUID

import pytest

from accounts import holds
from audit.models import AuditEvent
from downloads.models import Edition, Entitlement, Product, PublicKey, UnlockCode
from downloads.signing import LICENCES, fits, present_key
from downloads.unlock_code_format import digest_of
from tests import cast
from tests.customer import log_in
from tests.downloads.signed import BAD_KEYS, LICENCE_ED25519, pem_of

QUERIES = 6
pytestmark = pytest.mark.django_db


def address(owned: Entitlement, code: UnlockCode | None = None) -> str:
    return f"/resources/products/{owned.pk}/codes/{(code or owned.unlock_codes.get()).pk}.licence"


def payload_of(content: bytes) -> dict:
    """What is signed, if the signature fits the published key."""
    envelope = json.loads(content)
    assert fits(envelope["signature"], f"{envelope['format']}.{envelope['payload']}", PublicKey.objects.get(pk=envelope["key"]).pem)
    return json.loads(b64decode(envelope["payload"]))


def test_the_customer_fetches_a_licence_file_for_the_code(alice, alices):
    code = alices.unlock_codes.get()
    response = log_in(alice).get(address(alices))
    assert response.status_code == 200
    assert response["Content-Disposition"] == f'attachment; filename="notebook-{code.licence_id.hex[:8]}.licence"'
    payload = payload_of(response.content)
    assert code.code not in b64decode(json.loads(response.content)["payload"]).decode()
    assert UUID(payload.pop("licence")) == code.licence_id
    assert payload.pop("issued_at")
    assert payload.pop("signed_at")
    assert payload == {
        "product": {"code": "NOTEBOOK", "name": "Notebook"},
        "edition": None,
        "seats": 1,
        "upgrades_until": None,
        "code_sha256": digest_of(code.code),
        "licensee": {"name": "Alice Archer", "company": "Archer & Daughters"},
    }
    assert PublicKey.objects.get(pk=json.loads(response.content)["key"]).purpose == "licences"
    assert not AuditEvent.objects.filter(kind="download.taken").exists()


def test_the_page_links_each_code_to_its_licence(alice, alices):
    page = log_in(alice).get(f"/resources/products/{alices.pk}/").content.decode()
    assert f'href="{address(alices)}"' in page


def test_a_licence_names_nobody_who_has_no_name(bob, bobs):
    type(bob).objects.filter(pk=bob.pk).update(name="", company="")
    assert payload_of(log_in(bob).get(address(bobs)).content)["licensee"] == {}


def test_seats_are_those_of_the_day_of_the_purchase(alices, notebook):
    Product.objects.update(seats_per_unit=25)
    later = cast.buy(cast.ALICE, Product.objects.get(pk=notebook.pk), order="A-2").entitlements[0]
    client = log_in(alices.user)
    assert payload_of(client.get(address(alices)).content)["seats"] == 1
    assert payload_of(client.get(address(later)).content)["seats"] == 25
    assert "for 25 seats" in client.get(f"/resources/products/{later.pk}/").content.decode()


def test_edition_and_upgrade_date_are_those_of_the_purchase(alice, notebook):
    team = Edition.objects.create(product=notebook, code="NB-TEAM", name="Team")
    Product.objects.update(upgrade_months=12)
    owned = cast.buy(cast.ALICE, Product.objects.get(pk=notebook.pk), order="A-2", edition=team).entitlements[0]
    payload = payload_of(log_in(alice).get(address(owned)).content)
    assert payload["edition"] == {"code": "NB-TEAM", "name": "Team"}
    assert payload["upgrades_until"] == owned.upgrades_until.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_nobody_elses_code_has_a_licence(alices, mallory, bob, bobs):
    assert log_in(mallory).get(address(alices)).status_code == 404
    assert log_in(bob).get(address(bobs, alices.unlock_codes.get())).status_code == 404
    assert log_in(bob).get(f"/resources/products/{bobs.pk}/codes/999999999.licence").status_code == 404


@pytest.mark.parametrize(
    "path", ["/resources/products/1/codes/9999999999999999999999.licence", "/resources/products/99999999999999999999/codes/1.licence"]
)
def test_numbers_that_no_row_has_are_not_found(alice, path):
    assert log_in(alice).get(path).status_code == 404


def test_a_revoked_code_has_none(alice, alices):
    old = alices.unlock_codes.get()
    old.reissue()
    response = log_in(alice).get(address(alices, old))
    assert response.status_code == 410
    assert "was replaced or taken back" in response.content.decode()


def test_a_refunded_purchase_has_none(alice, alices):
    alices.revoke(1)
    response = log_in(alice).get(address(alices))
    assert response.status_code == 403
    assert "was refunded" in response.content.decode()


def test_of_a_purchase_refunded_in_part_only_what_is_left_has_one(alice, alices, notebook):
    owned = cast.buy(cast.ALICE, notebook, units=2, order="A-2").entitlements[0]
    owned.revoke(1)
    first, second = owned.unlock_codes.order_by("unit")
    client = log_in(alice)
    assert client.get(address(owned, first)).status_code == 200
    assert client.get(address(owned, second)).status_code == 410


def test_on_hold_there_is_none(alice, alices, ada):
    client = log_in(alice)
    holds.place(alice, reason="shared", text="Please write to us.", by=ada)
    assert client.get(address(alices)).status_code == 302, "the log-in has ended"


def test_after_a_change_of_keys_a_licence_is_signed_by_the_new_one_and_the_old_one_stays_published(alice, alices, settings):
    client = log_in(alice)
    before = client.get(address(alices)).content
    settings.LICENCE_KEY = pem_of(LICENCE_ED25519)
    after = client.get(address(alices)).content
    assert json.loads(after)["key"] == present_key(LICENCES).id != json.loads(before)["key"]
    old, new = payload_of(before), payload_of(after)
    assert (old["licence"], old["code_sha256"]) == (new["licence"], new["code_sha256"])
    page = client.get("/signatures/").content.decode()
    assert json.loads(before)["key"] in page
    assert json.loads(after)["key"] in page


def test_without_a_good_key_the_page_says_so(alice, alices, settings):
    settings.LICENCE_KEY = BAD_KEYS["holds a public key"]
    response = log_in(alice).get(address(alices))
    assert response.status_code == 503
    assert "cannot be made at the moment" in response.content.decode()


def test_a_licence_costs_the_same_queries_however_many_codes_there_are(alice, notebook, django_assert_num_queries):
    few = cast.buy(cast.ALICE, notebook, units=1, order="A-2").entitlements[0]
    many = cast.buy(cast.ALICE, notebook, units=60, order="A-3").entitlements[0]
    addresses = [address(owned, owned.unlock_codes.first()) for owned in (few, many)]
    client = log_in(alice)
    client.get(addresses[0])
    for path in addresses:
        with django_assert_num_queries(QUERIES):
            client.get(path)

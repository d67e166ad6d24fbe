"""The public list of revoked codes: signed, digests alone, whole and in parts, and not sent twice to whoever has it."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from downloads.models import UnlockCode
from tests import cast
from tests.downloads.signed import BAD_KEYS, LICENCE_ED25519, pem_of
from tests.downloads.test_licence_files import payload_of

pytestmark = pytest.mark.django_db
WHOLE = "/downloads/revoked-codes.json"


def part(digest: str) -> str:
    return f"/downloads/revoked-codes/{digest[:2]}.json"


def revoked_by(client, path: str = WHOLE) -> dict:
    response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    return payload_of(response.content)


def test_before_anything_is_revoked_the_list_is_empty_and_signed(client, alices):
    payload = revoked_by(client)
    assert (payload["number"], payload["prefix"], payload["codes"]) == (0, "", [])


def test_it_holds_digests_of_what_was_replaced_and_refunded_and_never_a_code(client, alices, bobs):
    replaced, refunded = alices.unlock_codes.get(), bobs.unlock_codes.get()
    replaced.reissue()
    bobs.revoke(1)
    payload = revoked_by(client)
    assert payload["codes"] == sorted([replaced.digest, refunded.digest])
    assert payload["number"] == 2
    content = client.get(WHOLE).content.decode()
    assert replaced.code not in content
    bobs.refresh_from_db()
    bobs.restore(1)
    assert revoked_by(client)["codes"] == [replaced.digest]
    assert revoked_by(client)["number"] == 3


def test_the_part_of_a_code_holds_what_begins_as_it_does(client, notebook):
    owned = cast.buy(cast.ALICE, notebook, units=300).entitlements[0]
    owned.revoke(300)
    digests = list(UnlockCode.objects.values_list("digest", flat=True))
    for prefix in {digest[:2] for digest in digests} | {"00", "ff"}:
        payload = revoked_by(client, part(prefix))
        assert payload["prefix"] == prefix
        assert payload["codes"] == sorted(digest for digest in digests if digest.startswith(prefix))
    assert revoked_by(client)["codes"] == sorted(digests)


@pytest.mark.parametrize("prefix", ["0", "000", "gg", "A7", "-_", "0" * 64])
def test_what_is_no_prefix_is_not_found(client, prefix):
    assert client.get(f"/downloads/revoked-codes/{prefix}.json").status_code == 404


@pytest.mark.parametrize("path", [WHOLE, part("a7")])
def test_whoever_has_the_list_is_not_sent_it_again(client, alices, path):
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert again["Cache-Control"] == "public, max-age=300"
    alices.revoke(1)
    changed = client.get(path, headers={"If-None-Match": first["ETag"]})
    assert (changed.status_code, payload_of(changed.content)["number"]) == (200, 1)
    assert not changed.cookies


def test_each_day_it_is_made_anew_and_says_when_to_ask_again(client, alices, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 5, 3, 23, 59, tzinfo=UTC))
    first = client.get(WHOLE)
    payload = payload_of(first.content)
    assert (payload["valid_from"], payload["next_update"]) == ("2026-05-03T00:00:00Z", "2026-05-05T00:00:00Z")
    assert client.get(WHOLE).content == first.content
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 5, 4, 0, 1, tzinfo=UTC))
    assert client.get(WHOLE, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_another_key_is_another_list(client, alices, settings):
    before = client.get(WHOLE)
    settings.LICENCE_KEY = pem_of(LICENCE_ED25519)
    after = client.get(WHOLE, headers={"If-None-Match": before["ETag"]})
    assert after.status_code == 200
    assert payload_of(after.content)["codes"] == []


def test_without_a_good_key_it_says_so(client, settings):
    settings.LICENCE_KEY = BAD_KEYS["holds a public key"]
    response = client.get(WHOLE)
    assert (response.status_code, response.json()["error"]) == (503, "not_signed")


def test_it_is_only_read(client):
    assert client.head(WHOLE).status_code == 200
    assert client.post(WHOLE).status_code == 405


def test_it_costs_the_same_queries_however_long_it_is(client, alices, notebook):
    counts = []
    for units in (1, 200):
        cast.buy(cast.ALICE, notebook, units=units, order=f"A-{units}").entitlements[0].revoke(units)
        for path, headers in ((WHOLE, {}), (WHOLE, {}), (part("a7"), {}), (part("a7"), {"If-None-Match": client.get(part("a7"))["ETag"]})):
            with CaptureQueriesContext(connection) as queries:
                client.get(path, headers=headers)
            counts.append(len(queries))
    assert counts[:4] == counts[4:] == [3, 1, 3, 1]

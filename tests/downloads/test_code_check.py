"""POST /downloads/check/: a product asks whether an unlock code is good. Explicit states, no enumeration, and no trace of good codes."""

import json
import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from accounts import holds
from accounts.models import MisuseFinding, Throttle
from accounts.tasks import detect_misuse
from audit.models import AuditEvent
from downloads.codes.states import State
from downloads.models import Edition, Entitlement, Product, Release
from downloads.unlock_code_format import new_code
from downloads.views.code_check import SCHEMA
from tests import cast
from tests.server import ask as ask_server
from tests.server import served

pytestmark = pytest.mark.django_db
PATH = "/downloads/check/"
DOCUMENT = json.loads(SCHEMA.read_text())
QUERIES_OF_A_GOOD_CODE, QUERIES_OF_AN_UNKNOWN_ONE = 2, 4  # the limit and the code; the other limit and the record


def post(body: object, client: Client | None = None, content_type: str = "application/json", **headers: str):
    text = body if isinstance(body, bytes | str) else json.dumps(body)
    return (client or Client(enforce_csrf_checks=True)).post(PATH, text, content_type=content_type, **headers)


def told(body: object, **headers: str) -> dict:
    """The answer, which the published schema describes."""
    response = post(body, **headers)
    assert (response.status_code, response["Content-Type"]) == (200, "application/json"), response.content
    Draft202012Validator(DOCUMENT | {"$ref": "#/$defs/answer"}).validate(response.json())
    return response.json()


def code_of(owned: Entitlement) -> str:
    return owned.unlock_codes.valid().get().code


def test_a_good_code_is_told_with_what_it_is_for_and_never_whose_it_is(alices):
    answer = told({"code": code_of(alices)})
    product = {"code": "NOTEBOOK", "name": "Notebook"}
    assert answer == {"state": "active", "product": product, "edition": None, "seats": 1, "upgrades_until": None}


def test_typing_is_forgiven(alices):
    code = code_of(alices)
    for typed in (code.lower(), code.replace("-", " "), code.replace("0", "O").replace("1", "l"), f"  {code}\n"):
        assert told({"code": typed})["state"] == "active"


def test_edition_and_seats_are_told(notebook):
    Product.objects.update(seats_per_unit=25)
    team = Edition.objects.create(product=notebook, code="NB-TEAM", name="Team")
    owned = cast.buy(cast.ALICE, Product.objects.get(pk=notebook.pk), edition=team).entitlements[0]
    answer = told({"code": code_of(owned)})
    assert (answer["edition"], answer["seats"]) == ({"code": "NB-TEAM", "name": "Team"}, 25)


def test_a_code_of_an_account_on_hold(alice, alices, ada):
    hold = holds.place(alice, reason="shared", text="Please write to us.", by=ada)
    assert told({"code": code_of(alices)})["state"] == "on_hold"
    holds.lift(hold, by=ada, reason="cleared")
    assert told({"code": code_of(alices)})["state"] == "active"


def test_a_refunded_code_and_the_end_of_the_refund(alices):
    code = code_of(alices)
    alices.revoke(1)
    assert told({"code": code})["state"] == "refunded"
    alices.refresh_from_db()
    alices.restore(1)
    assert told({"code": code})["state"] == "active"


def test_a_replaced_code(alices):
    old = alices.unlock_codes.get()
    new = old.reissue()
    assert told({"code": old.code})["state"] == "revoked"
    assert told({"code": new.code})["state"] == "active"


def test_a_version_after_the_end_of_the_upgrades(alices, notebook):
    now = timezone.now()
    for version, days in (("1.0", -20), ("2.0", -5), ("3.0", 5)):
        cast.make_file(notebook, version)
        Release.objects.filter(version=version).update(published_at=now + timedelta(days=days))
    Entitlement.objects.update(upgrades_until=now - timedelta(days=10))
    code = code_of(alices)
    states = {version: told({"code": code, "version": version})["state"] for version in ("1.0", "1.0.0", "2.0", "3.0", "9.9", "no version")}
    ended = {version for version, state in states.items() if state == "upgrade_ended"}
    assert ended == {"2.0"}, "the same release in other words is in time; nothing is said of what is not published"
    Release.objects.filter(version="2.0").update(backdated_to=now - timedelta(days=11))
    assert told({"code": code, "version": "2.0"})["state"] == "active"


def test_a_code_of_another_product(alices, bobs):
    assert told({"code": code_of(alices), "product": "MAILER"})["state"] == "other_product"
    assert told({"code": code_of(alices), "product": "NOTEBOOK"})["state"] == "active"


def test_unknown_codes_are_answered_alike_whatever_they_look_like(alices, django_assert_num_queries):
    answers = []
    for code in (new_code("NTE"), new_code("ZZZ"), "NTE-00000-00000-00000-00000", "hello", "🂡"):
        with django_assert_num_queries(QUERIES_OF_AN_UNKNOWN_ONE):
            answers.append(post({"code": code}).content)
    assert set(answers) == {b'{"state": "unknown"}'}


# What is recorded


def test_an_unknown_code_is_in_the_audit_log_without_the_code(alices):
    told({"code": "NTE-AAAAA-AAAAA-AAAAA-AAAAA"}, REMOTE_ADDR="203.0.113.9")
    event = AuditEvent.objects.get(kind="unlock_code.refused")
    assert (event.user, event.ip, event.detail) == (None, "203.0.113.9", {"reason": "unknown"})


def test_of_a_good_code_nothing_is_recorded_and_no_cookie_is_set(alices):
    before = AuditEvent.objects.count()
    response = post({"code": code_of(alices)})
    assert response.json()["state"] == "active"
    assert AuditEvent.objects.count() == before
    assert not response.cookies


def test_probing_is_found_by_the_detector_that_waits_for_it(alices):
    for _number in range(12):
        post({"code": new_code("NTE")}, REMOTE_ADDR="203.0.113.9")
    detect_misuse()
    assert MisuseFinding.objects.filter(detector="probing_network").exists()


# Documentation


def test_the_page_names_every_state_and_every_error():
    page = (SCHEMA.parent / "unlock-code-check.md").read_text()
    assert set(re.findall(r"^\| `(\w+)` \| .* \| .* \|$", page, re.MULTILINE)) == {"state"} | set(State.values)
    assert set(DOCUMENT["$defs"]["answer"]["properties"]["state"]["enum"]) == set(State.values)
    assert set(re.findall(r"^\| \d+ \| `(\w+)` \|", page, re.MULTILINE)) == set(DOCUMENT["$defs"]["error"]["properties"]["error"]["enum"])


# Probing


def test_whoever_tries_unknown_codes_is_slowed_and_nobody_else_of_that_network(alices):
    answers = [post({"code": new_code("NTE")}, REMOTE_ADDR="203.0.113.9").status_code for _number in range(22)]
    assert answers == [200] * 20 + [429] * 2
    refused = post({"code": new_code("NTE")}, REMOTE_ADDR="203.0.113.9")
    assert (refused.status_code, refused.json()["error"], refused["Retry-After"]) == (429, "too_many_tries", "60")
    assert AuditEvent.objects.filter(kind="unlock_code.refused").count() == 20
    assert post({"code": code_of(alices)}, REMOTE_ADDR="203.0.113.9").json()["state"] == "active"


def test_unknown_codes_that_are_refused_count_as_questions_too(alices, monkeypatch):
    """Else whoever tries codes would only need to go on, and be told 429 in vain."""
    monkeypatch.setattr("accounts.models.throttle.time", SimpleNamespace(time=lambda: 1_800_000_000.0))
    answers = [post({"code": new_code("NTE")}).status_code for _number in range(120)]
    assert answers == [200] * 20 + [429] * 100
    assert post({"code": code_of(alices)}).status_code == 429


def test_a_net_of_ipv6_is_one_network(alices):
    for number in range(21):
        last = post({"code": "x"}, REMOTE_ADDR=f"2001:db8:1:1::{number + 1:x}")
    assert last.status_code == 429


def test_good_codes_are_not_counted_as_unknown_ones_but_as_checks(alices, monkeypatch):
    monkeypatch.setattr("accounts.models.throttle.time", SimpleNamespace(time=lambda: 1_800_000_000.0))
    code = code_of(alices)
    answers = [post({"code": code}).status_code for _number in range(125)]
    assert answers == [200] * 120 + [429] * 5


# Bad input


def test_only_post_is_answered(client):
    for method in ("get", "head", "put", "delete", "patch", "options"):
        response = getattr(client, method)(PATH)
        assert (response.status_code, response["Allow"]) == (405, "POST")
    assert client.get(PATH).json()["error"] == "method_not_allowed"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])
def test_what_is_not_declared_as_json_is_refused(content_type):
    response = post({"code": "x"}, content_type=content_type)
    assert (response.status_code, response.json()["error"]) == (415, "unsupported_media_type")


def test_a_charset_beside_the_type_is_no_fault():
    assert post({"code": "x"}, content_type="application/json; charset=utf-8").status_code == 200


BAD = [
    b"{",
    b"null",
    b"[]",
    b"\xff\xfe",
    b"[" * 4000,
    b'{"code": 5}',
    b'{"code": ""}',
    b'{"code": null}',
    b'{"codes": "x"}',
    b'{"code": "x", "version": 2}',
    b'{"code": "x", "version": "1\\u0000"}',
    b'{"code": "x", "product": ["x"]}',
    json.dumps({"code": "x" * 201}).encode(),
]


@pytest.mark.parametrize("body", BAD)
def test_what_is_no_question_is_told_so(body):
    response = post(body)
    assert (response.status_code, response.json()["error"]) == (400, "malformed")
    Draft202012Validator(DOCUMENT | {"$ref": "#/$defs/error"}).validate(response.json())


def test_what_is_missing_is_named():
    assert post(b"{}").json()["message"] == "'code' is a required property."


def test_what_is_too_long_is_not_read():
    response = post(b'{"code": "' + b"x" * 5000 + b'"}')
    assert (response.status_code, response.json()["error"]) == (413, "too_large")
    assert post(b" " * 2_000_000).status_code == 413


def test_further_fields_are_allowed():
    assert told({"code": "x", "machine": {"name": "quay"}}) == {"state": "unknown"}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda deeper: st.lists(deeper) | st.dictionaries(st.sampled_from(["code", "product", "version"]) | st.text(max_size=5), deeper),
        max_leaves=8,
    )
)
@example({"code": "\ud800"})
@example({"code": "\u0000"})
@example({"code": "x", "product": "\u0000\ud800"})
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_is_sent_breaks_it(body):
    Throttle.objects.all().delete()
    assert post(json.dumps(body)).status_code in (200, 400)


def test_a_question_costs_the_same_queries_however_many_codes_there_are(alice, notebook, django_assert_num_queries):
    for units in (1, 300):
        owned = cast.buy(cast.ALICE, notebook, units=units, order=f"A-{units}").entitlements[0]
        code = owned.unlock_codes.last().code
        with django_assert_num_queries(QUERIES_OF_A_GOOD_CODE):
            post({"code": code})


def test_a_real_server_answers_a_chunked_question_and_survives_a_broken_one(tmp_path):
    with served(tmp_path) as port:
        answer = ask_server(port, PATH, "POST", '{"code": "x"}', Content_Type="application/json")
        assert (answer.status, answer.text) == (200, '{"state": "unknown"}')
        answer = ask_server(port, PATH, "POST", iter([b'{"code":', b' "x"}']), Content_Type="application/json")
        assert (answer.status, answer.text) == (200, '{"state": "unknown"}')
        assert answer.getheader("Set-Cookie") is None

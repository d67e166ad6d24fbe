"""Passkeys: what the site accepts of them, with a key in software; tests/browser/test_passkeys.py has a browser's."""

import json
import time

import pytest
from django.http import HttpResponse
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp_webauthn.models import WebAuthnCredential

from accounts import passkeys
from accounts.models import LoginSession, User
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from tests.authenticator import Authenticator
from tests.cast import PASSWORD
from tests.customer import log_in, mail_to, try_log_in
from tests.staff import code_of, enrolled, forget_last_code, give_password
from tests.threads import at_once

pytestmark = pytest.mark.django_db
SECURITY, STEP = "/resources/account/security/", "/resources/log-in/second-factor/"
ADD = f"{SECURITY}passkeys/add/"


@pytest.fixture
def inside(alice) -> Client:
    """Alice, logged in with the code of her app."""
    return in_with_code(alice)


def in_with_code(user: User) -> Client:
    client, device = Client(), enrolled(user)
    forget_last_code(device)
    try_log_in(user.email, PASSWORD, client)
    assert client.post(STEP, {"token": code_of(device)}).status_code == 302
    return client


def add(client: Client, key: Authenticator, name: str = "Blue key", **changes: object) -> HttpResponse:
    options = client.get(ADD).context["form"].passkey_options
    return client.post(ADD, {"name": name, "passkey": key.answer_to(options, **changes)})


@pytest.fixture
def key(inside) -> Authenticator:
    """Alice's passkey."""
    key = Authenticator()
    assert add(inside, key)["Location"] == SECURITY
    return key


def question_for(user: User, client: Client) -> str:
    assert try_log_in(user.email, PASSWORD, client)["Location"] == STEP
    return str(client.get(STEP).context["form"].passkey_options)


def give(client: Client, answer: str) -> HttpResponse:
    return client.post(STEP, {"passkey": answer})


def test_a_passkey_is_a_second_factor(alice, inside, key):
    client = Client()
    answer = key.answer_to(question_for(alice, client))
    assert give(client, answer)["Location"] == "/resources/"
    assert client.get(SECURITY).status_code == 200
    passkey = WebAuthnCredential.objects.get()
    assert LoginSession.objects.latest("pk").otp_device == passkey.persistent_id
    assert (passkey.name, passkey.user) == ("Blue key", alice)
    assert "Blue key" in mail_to(alice.email).text


def test_it_never_stands_in_for_the_password(alice, key):
    answer = key.answer_to(question_for(alice, Client()))
    assert give(Client(), answer)["Location"] == "/resources/log-in/"
    assert Client().post("/resources/log-in/", {"email": alice.email, "passkey": answer}).status_code == 200


def test_an_answer_is_good_once(alice, key):
    client = Client()
    answer = key.answer_to(question_for(alice, client))
    session = client.session
    kept = dict(session.items())
    assert give(client, answer).status_code == 302
    other = Client()
    question_for(alice, other)
    session = other.session
    session[passkeys.QUESTION] = kept[passkeys.QUESTION]
    session.save()
    assert give(other, answer).status_code == 200, "the challenge is spent, whatever a session says"


def test_a_question_lapses(alice, key, monkeypatch):
    client = Client()
    answer, now = key.answer_to(question_for(alice, client)), time.time()
    monkeypatch.setattr("accounts.candidates.LIFE", 10 * passkeys.LIFE)
    monkeypatch.setattr("accounts.passkeys.time.time", lambda: now + passkeys.LIFE + 1)
    assert give(client, answer).status_code == 200


@pytest.mark.parametrize(
    "forger",
    [Authenticator(), Authenticator(origin="https://evil.example"), Authenticator(site="evil.example")],
    ids=["another key", "another page", "another site"],
)
def test_what_is_signed_elsewhere_is_refused(alice, key, forger):
    if forger.origin != key.origin or forger.site != key.site:
        forger.key = key.key
    forger.id, client = key.id, Client()
    assert "not accepted" in give(client, forger.answer_to(question_for(alice, client))).content.decode()
    assert AuditEvent.objects.filter(kind="second_factor.failed", user=alice).count() == 1


def test_a_key_that_counts_backwards_is_refused(alice, key):
    """It may be a copy (WebAuthn 3, 6.1.1)."""
    for count, status in ((7, 302), (7, 200), (8, 302)):
        client, key.count = Client(), count
        assert give(client, key.answer_to(question_for(alice, client))).status_code == status


def test_somebody_elses_passkey_is_refused(alice, key, bob):
    own = Authenticator()
    add(in_with_code(bob), own)
    client = Client()
    assert give(client, own.answer_to(question_for(alice, client))).status_code == 200


def test_a_key_that_is_known_already_is_not_added_for_another_account(alice, key, bob):
    """Whoever learned its number might want to shadow it."""
    client = in_with_code(bob)
    assert "No passkey was added" in add(client, key).content.decode()
    assert WebAuthnCredential.objects.get().user == alice


def test_what_somebody_else_began_in_this_browser_is_not_taken(alice, inside, bob):
    """Bob opened the page in Alice's browser, and left; his key must not become hers."""
    request = inside.get(SECURITY).wsgi_request
    answer = Authenticator().answer_to(passkeys.invitation(request, bob))
    assert not passkeys.add(request, alice, "Key", answer)
    assert passkeys.add(request, alice, "Key", Authenticator().answer_to(passkeys.invitation(request, alice)))


def test_none_is_added_once_the_app_is_gone(alice, inside):
    request = inside.get(SECURITY).wsgi_request
    answer = Authenticator().answer_to(passkeys.invitation(request, alice))
    TOTPDevice.objects.all().delete()
    assert not passkeys.add(request, alice, "Key", answer)


HOSTILE = [
    "",
    "x",
    "null",
    "[]",
    "{}",
    "1",
    '"text"',
    "[" * 20_000,
    "[" * 19_000,
    "9" * 15_000,
    "1" * 50_000,
    "\x00",
    json.dumps({"id": "\ud800", "rawId": "x", "type": "public-key", "response": {}}),
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": None}),
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "AA", "attestationObject": "n4QBAgM"}}),
    json.dumps(
        {
            "id": "AA",
            "rawId": "AA",
            "type": "public-key",
            "response": {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA"},
        }
    ),
    json.dumps({"id": 1, "rawId": [], "type": {}, "response": [1]}),
]


@pytest.mark.parametrize("answer", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_answers_are_answered_kindly(alice, inside, key, answer):
    client = Client()
    question_for(alice, client)
    assert give(client, answer).status_code == 200
    inside.get(ADD)
    assert inside.post(ADD, {"name": "Key", "passkey": answer}).status_code == 200
    assert WebAuthnCredential.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"clientExtensionResults": None},
        {"clientExtensionResults": {"credProps": None}},
        {"clientExtensionResults": {"credProps": {"rk": "x" * 1000}}},
        {"type": "password"},
        {"rawId": "AAAA"},
        {"response": {}},
    ],
    ids=str,
)
def test_new_keys_with_odd_parts_are_answered_kindly(inside, changes):
    assert add(inside, Authenticator(), **changes).status_code in (200, 302)


@pytest.mark.parametrize(
    "name", ["see https://evil.example", "write to mallory@evil.example", "Key”.\nCall +44 555", "\u202eyek", "\x00", "x" * 61]
)
def test_a_name_is_a_line_without_links_for_our_mails_repeat_it(inside, name):
    """Whoever took the account over would else write to its owner in our words."""
    answer = add(inside, Authenticator(), name)
    assert 'class="errorlist"' in answer.content.decode()
    assert not WebAuthnCredential.objects.exists()
    assert not OutgoingMail.objects.filter(cause__startswith="accounts/passkey_added").exists()


def test_a_count_that_fits_no_column_is_answered_kindly(inside):
    key = Authenticator()
    key.count = 2**32 - 1
    assert add(inside, key).status_code in (200, 302)


def test_passkeys_stand_beside_an_app_and_never_alone(alice, inside, key, mallory):
    assert log_in(mallory).get(ADD)["Location"] == SECURITY
    assert inside.post(f"{SECURITY}remove/").status_code == 302
    assert not WebAuthnCredential.objects.exists()
    log_in(alice)


def test_there_are_ten_at_most(inside, key):
    for number in range(passkeys.MOST - 1):
        assert add(inside, Authenticator(), f"Key {number}").status_code == 302
    assert "No passkey was added" in add(inside, Authenticator()).content.decode()
    assert "more are not possible" in inside.get(SECURITY).content.decode()
    assert WebAuthnCredential.objects.count() == passkeys.MOST


def test_removing_one_ends_the_log_ins_that_rest_on_it(alice, inside, key):
    by_key = Client()
    give(by_key, key.answer_to(question_for(alice, by_key)))
    path = f"{SECURITY}passkeys/{WebAuthnCredential.objects.get().pk}/remove/"
    assert inside.get(path).status_code == 200
    assert WebAuthnCredential.objects.exists(), "the page alone removes nothing"
    assert inside.post(path)["Location"] == SECURITY
    assert by_key.get(SECURITY).status_code == 302
    assert inside.get(SECURITY).status_code == 200
    assert "was removed" in mail_to(alice.email).text
    assert AuditEvent.objects.filter(kind="second_factor.removed").get().detail == {"device": "passkey"}


def test_whoever_removes_the_passkey_that_they_logged_in_with_stays(alice, inside, key):
    client = Client()
    give(client, key.answer_to(question_for(alice, client)))
    assert client.post(f"{SECURITY}passkeys/{WebAuthnCredential.objects.get().pk}/remove/").status_code == 302
    assert client.get(SECURITY).status_code == 200
    assert LoginSession.objects.get(ended_at=None).otp_device == TOTPDevice.objects.get().persistent_id


def test_somebody_elses_passkey_is_not_there(alice, key, bob):
    client, pk = in_with_code(bob), WebAuthnCredential.objects.get().pk
    for path in (f"{SECURITY}passkeys/{pk}/remove/", f"{SECURITY}passkeys/{2**70}/remove/"):
        assert client.get(path).status_code == 404
        assert client.post(path).status_code == 404
    assert "Blue key" not in client.get(SECURITY).content.decode()


def test_the_staff_area_takes_codes_alone(ada):
    client, key = in_with_code(ada), Authenticator()
    add(client, key)
    staff, step = Client(), "/staff/second-factor/"
    give_password(ada, staff)
    assert "passkey" not in staff.get(step).content.decode()
    assert staff.post(step, {"passkey": key.answer_to(question_for(ada, Client()))}).status_code == 200
    assert staff.get("/staff/").status_code == 302


def test_administration_takes_it_away_with_the_app(alice, inside, key, ada):
    from tests.staff import staff_log_in

    staff = staff_log_in(ada)
    assert staff.get("/staff/django_otp_webauthn/webauthncredential/").status_code == 200
    staff.post(f"/staff/otp_totp/totpdevice/{enrolled(alice).pk}/delete/", {"post": "yes"})
    assert not WebAuthnCredential.objects.exists()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_one_answer_ten_times_at_once_admits_once(alice, key):
    """Ten requests of one browser read the same session before any of them has spent the challenge."""
    client = Client()
    answer = key.answer_to(question_for(alice, client))

    def act(_number: int) -> int:
        other = Client()
        other.cookies["session"] = client.cookies["session"].value
        return give(other, answer).status_code

    before = LoginSession.objects.count()
    statuses = at_once(act, range(10))
    assert LoginSession.objects.count() == before + 1, statuses
    assert OutgoingMail.objects.filter(cause__startswith="accounts/passkey_added").count() == 1

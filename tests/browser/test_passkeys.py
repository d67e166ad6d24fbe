"""Passkeys with a real authenticator, which Chromium simulates: added, given at the log-in and at the confirmation, removed."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_otp_webauthn.models import WebAuthnAttestation, WebAuthnCredential, WebAuthnUserHandle
from playwright.sync_api import CDPSession, Page, expect

from accounts.models import LoginSession, User
from audit.models import AuditEvent
from tests import cast
from tests.customer import mail_to
from tests.staff import code_of, enrolled, forget_last_code

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
KEY = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}


@pytest.fixture
def site(live_server, settings) -> str:
    settings.SITE_URL = live_server.url
    return live_server.url


@pytest.fixture
def key(page: Page) -> CDPSession:
    """A security key that says yes by itself."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY | {"automaticPresenceSimulation": True}})
    return devtools


def fill_in(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.fill(f"[name={name}]", value)
    page.click("main button.button >> nth=0")


def log_in_with_code(page: Page, site: str, user: User) -> None:
    device = enrolled(user)
    forget_last_code(device)
    page.goto(f"{site}/resources/log-in/")
    fill_in(page, email=user.email, password=cast.PASSWORD)
    fill_in(page, token=code_of(device))
    expect(page.locator("h1")).to_have_text("Your downloads")


def add_passkey(page: Page, site: str, name: str = "Blue key") -> None:
    page.goto(f"{site}/resources/account/security/")
    page.click("text=Add a passkey")
    fill_in(page, name=name)
    expect(page.locator("main")).to_contain_text("The passkey is added")


def test_a_passkey_is_added_used_and_removed(page: Page, site, key, alice):
    log_in_with_code(page, site, alice)
    add_passkey(page, site)
    expect(page.locator("main")).to_contain_text("Blue key")
    assert "Blue key" in mail_to(alice.email).text
    assert not WebAuthnAttestation.objects.exists(), "nothing is kept of who made the key"
    assert not WebAuthnUserHandle.objects.exists()

    page.click("text=Log out")
    fill_in(page, email=alice.email, password=cast.PASSWORD)
    expect(page.locator("h1")).to_have_text("Second step")
    page.click("text=Use a passkey")
    expect(page.locator("h1")).to_have_text("Your downloads")
    passkey = WebAuthnCredential.objects.get(user=alice)
    assert LoginSession.objects.latest("pk").otp_device == passkey.persistent_id
    assert passkey.last_used_at

    LoginSession.objects.update(confirmed_at=timezone.now() - timedelta(minutes=11))
    page.goto(f"{site}/resources/account/security/")
    page.click("main a:has-text('Remove')")
    expect(page.locator("h1")).to_have_text("Confirm who you are")
    page.fill("[name=password]", cast.PASSWORD)
    page.click("text=Use a passkey")
    expect(page.locator("h1")).to_have_text("Remove a passkey")
    page.click("text=Remove it")
    expect(page.locator("main")).to_contain_text("The passkey is removed")
    assert not WebAuthnCredential.objects.exists()
    assert "was removed" in mail_to(alice.email).text
    page.goto(f"{site}/resources/account/")
    expect(page.locator("h1")).to_have_text("Your account")
    assert list(AuditEvent.objects.filter(detail__device="passkey").order_by("pk").values_list("kind", flat=True)) == [
        "second_factor.enrolled",
        "second_factor.removed",
    ]


def test_the_same_key_is_not_added_twice(page: Page, site, key, alice):
    log_in_with_code(page, site, alice)
    add_passkey(page, site)
    page.goto(f"{site}/resources/account/security/passkeys/add/")
    fill_in(page, name="Once more")
    expect(page.locator("[role=alert]")).to_contain_text("made no passkey")
    assert WebAuthnCredential.objects.count() == 1


def test_a_key_of_somebody_else_does_not_log_in(page: Page, site, key, alice, bob):
    log_in_with_code(page, site, alice)
    add_passkey(page, site)
    question = challenge_for(page, site, alice)
    WebAuthnCredential.objects.update(user=bob)
    page.evaluate("(answer) => { const form = document.querySelector('main form'); form.passkey.value = answer; form.submit(); }", question)
    expect(page.locator("main")).to_contain_text("not accepted")
    assert AuditEvent.objects.filter(kind="second_factor.failed", user=alice).exists()


def challenge_for(page: Page, site: str, user: User) -> str:
    """The second step is open, and the key has answered its question: what the form would send."""
    page.click("text=Log out")
    fill_in(page, email=user.email, password=cast.PASSWORD)
    expect(page.locator("button[data-passkey]")).to_be_visible()
    return page.evaluate(
        """async () => JSON.stringify(await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(
            JSON.parse(document.querySelector('main form').dataset.question)) }))"""
    )


def test_an_answer_works_once_and_in_its_own_session(page: Page, site, key, alice):
    log_in_with_code(page, site, alice)
    add_passkey(page, site)
    answer = challenge_for(page, site, alice)
    thief = Client()
    thief.post("/resources/log-in/", {"email": alice.email, "password": cast.PASSWORD})
    thief.get("/resources/log-in/second-factor/")
    assert thief.post("/resources/log-in/second-factor/", {"passkey": answer}).status_code == 200, "its challenge is another session's"
    ours = Client()
    ours.cookies["session"] = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "session")
    assert ours.post("/resources/log-in/second-factor/", {"passkey": answer}).status_code == 302
    again = Client()
    again.post("/resources/log-in/", {"email": alice.email, "password": cast.PASSWORD})
    assert again.post("/resources/log-in/second-factor/", {"passkey": answer}).status_code == 200


def test_a_key_that_says_no_leaves_the_code(page: Page, site, key, alice):
    log_in_with_code(page, site, alice)
    add_passkey(page, site)
    page.click("text=Log out")
    fill_in(page, email=alice.email, password=cast.PASSWORD)
    page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new Error('refused')); }")
    page.click("text=Use a passkey")
    expect(page.locator("[role=alert]")).to_contain_text("gave no answer")
    forget_last_code(enrolled(alice))
    fill_in(page, token=code_of(enrolled(alice)))
    expect(page.locator("h1")).to_have_text("Your downloads")


def test_without_javascript_codes_are_the_way(chromium, site, alice):
    device = enrolled(alice)
    WebAuthnCredential.objects.create(user=alice, name="Key", credential_id=b"1", public_key=b"2")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/resources/log-in/")
    fill_in(page, email=alice.email, password=cast.PASSWORD)
    expect(page.locator("button[data-passkey]")).to_be_hidden()
    fill_in(page, token=code_of(device))
    expect(page.locator("h1")).to_have_text("Your downloads")
    page.goto(f"{site}/resources/account/security/passkeys/add/")
    expect(page.locator("main")).to_contain_text("needs JavaScript")
    context.close()

"""C16: customers see their recent login sessions and the downloads they took; each their own, and nobody another's."""

import pytest
from django.test import Client
from django.utils.formats import date_format

from accounts.models import LoginSession
from audit.kinds import Kind
from audit.log import record
from audit.models import AuditEvent
from tests import cast
from tests.activity import FIREFOX, HOME, SAFARI, browser, said
from tests.customer import log_in
from tests.pages import addresses

pytestmark = pytest.mark.django_db
LISTS = [HOME, f"{HOME}log-ins/", f"{HOME}downloads/", f"{HOME}staff/", f"{HOME}changes/"]


@pytest.fixture(autouse=True)
def behind_a_proxy(settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]


@pytest.fixture
def alices_browser(alice, alices, notebook_file) -> Client:
    """Alice logged in from a telephone, and then from her desk, where she took a download."""
    log_in(alice, browser("192.0.2.1", SAFARI))
    client = log_in(alice, browser("203.0.113.1", FIREFOX))
    client.post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk})
    return client


@pytest.fixture
def bobs_browser(bob, bobs, mailer) -> Client:
    client = log_in(bob, browser("198.51.100.200", "curl/8"))
    client.post(f"/resources/downloads/{bobs.pk}/", {"file": cast.make_file(mailer).pk})
    return client


def when(at) -> str:
    return date_format(at, "DATETIME_FORMAT")


def test_c16_alice_sees_her_login_sessions_with_time_address_and_browser_in_words(alice, alices_browser):
    page = said(alices_browser)
    for session, address, device in zip(
        LoginSession.objects.filter(user=alice).order_by("pk"),
        ("192.0.2.1", "203.0.113.1"),
        ("Mobile Safari on iOS", "Firefox on Windows"),
        strict=True,
    ):
        line = page.partition(f"{when(session.started_at)} last seen")[2].partition(
            " End" if device.startswith("Mobile") else "this log-in"
        )[0]
        assert line, "when"
        assert f"{address} " in line
        assert device in line
    assert "Firefox on Windows this log-in" in page
    assert "Mobile Safari on iOS open" in page


def test_c16_alice_sees_the_downloads_she_took_with_time_address_product_and_file(alice, alices_browser):
    event = AuditEvent.objects.get(kind="download.taken", user=alice)
    for path in (HOME, f"{HOME}downloads/"):
        assert f"{when(event.at)} notebook-1.0.zip NOTEBOOK 203.0.113.1 This was not me" in said(alices_browser, path)


def test_c16_what_is_bobs_is_seen_by_bob_alone(alices_browser, bobs_browser):
    for path in LISTS:
        assert "198.51.100.200" not in said(alices_browser, path)
        assert "mailer" not in said(alices_browser, path).lower()
        assert "203.0.113.1" not in said(bobs_browser, path)
        assert "notebook" not in said(bobs_browser, path).lower()
    assert "mailer-1.0.zip MAILER 198.51.100.200" in said(bobs_browser)


def test_c16_mallory_sees_herself_alone_and_a_stranger_nothing(alices_browser, bobs_browser, mallory, alice):
    client = log_in(mallory, browser("192.0.2.66", FIREFOX))
    for path in LISTS:
        page = said(client, path)
        assert not any(other in page for other in ("203.0.113.1", "198.51.100.200", "192.0.2.1 ", "Alice", "Bob", ".zip"))
        assert Client().get(path)["Location"] == f"/resources/log-in/?next={path}"
    event, session = AuditEvent.objects.get(kind="download.taken", user=alice), LoginSession.objects.filter(user=alice).first()
    named = {
        path
        for row in (event, session)
        for path in addresses(
            pk=row.pk,
            slug="x",
            file=1,
            key="x",
            key_id="x",
            uid="x",
            token="x",
            name="x",
            code=1,
            prefix="00",
            secret="x",
            access="x",
            area="general",
            digest="0" * 12,
            number="x",
            reference="x",
        )
        if f"/{row.pk}/" in path
    }
    mine = {path for path in named if path.startswith(HOME)}
    assert len(mine) >= 5
    assert {client.post(path).status_code for path in mine} == {404}


def test_c16_when_staff_open_or_change_the_record_the_customer_sees_when_in_which_role_and_what_for(
    alice, alices_browser, bobs_browser, sam
):
    opened = record(Kind.RECORD_OPENED, user=alice, actor=sam, role="Support", reason="case 123: a lost code", model="accounts.user")
    changed = record(Kind.RECORD_CHANGED, user=alice, actor=sam, role="Administration", reason="a wrong name", fields=["name"])
    for path in (HOME, f"{HOME}staff/"):
        page = said(alices_browser, path)
        assert f"{when(opened.at)} Record opened by staff Support case 123: a lost code" in page
        assert f"{when(changed.at)} Record changed by staff Administration a wrong name" in page
        assert sam.email not in page
        assert "Sam" not in page
        assert "case 123" not in said(bobs_browser, path)


def test_c16_what_the_customer_does_not_know_can_be_ended_and_reported_there(alice, alices_browser):
    session = LoginSession.objects.get(ip="192.0.2.1")
    page = alices_browser.get(HOME).content.decode()
    assert f"{HOME}sessions/{session.pk}/end/" in page
    assert f"{HOME}sessions/{session.pk}/report/" in page
    alices_browser.post(f"{HOME}sessions/{session.pk}/report/")
    session.refresh_from_db()
    assert session.end_reason == "reported"

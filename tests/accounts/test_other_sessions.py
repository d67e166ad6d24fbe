"""Ending log-ins from another browser."""

import pytest
from django.test import Client

from accounts.models import LoginSession, MisuseFinding, User
from audit.models import AuditEvent
from tests.activity import HOME, OTHERS, browser, end_of, is_in, latest, report_of, said, taken_by
from tests.cast import PASSWORD
from tests.customer import log_in
from tests.pages import words_of
from tests.second_factor import log_in_with_code
from tests.staff import staff_log_in
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def behind_a_proxy(settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]


def test_ending_one_acts_at_once_and_ends_no_other(alice):
    here, there, third = log_in(alice, browser()), log_in(alice, browser("198.51.100.9")), log_in(alice, browser("198.51.100.10"))
    session = LoginSession.objects.get(ip="198.51.100.9")
    answer = here.post(end_of(session), follow=True)
    assert "That log-in is ended." in words_of(answer.content.decode())
    assert (is_in(here), is_in(there), is_in(third)) == (True, False, True)
    assert there.get("/resources/")["Location"].startswith("/resources/log-in/")
    session.refresh_from_db()
    assert session.end_reason == "ended_by_customer"
    event = AuditEvent.objects.get(kind="login.ended")
    assert (event.user, event.actor, event.detail["login_session"], event.detail["reason"]) == (
        alice,
        None,
        session.pk,
        "ended_by_customer",
    )


def test_ending_one_that_is_over_does_nothing(alice):
    client, gone = log_in(alice, browser()), log_in(alice, browser("198.51.100.9"))
    gone.post("/resources/log-out/")
    before = AuditEvent.objects.count()
    answer = client.post(end_of(latest(alice)), follow=True)
    assert "That log-in was over already." in words_of(answer.content.decode())
    assert latest(alice).end_reason == "logged_out"
    assert AuditEvent.objects.count() == before


def test_the_log_in_in_use_is_ended_by_logging_out(alice):
    client = log_in(alice, browser())
    answer = client.post(end_of(latest(alice)), follow=True)
    assert "To end it, log out." in words_of(answer.content.decode())
    assert is_in(client)


def test_ending_all_others_leaves_this_one_alone(alice, bob):
    here, there, third, bobs = (log_in(user, browser(f"198.51.100.{n}")) for n, user in enumerate((alice, alice, alice, bob)))
    answer = here.post(OTHERS, follow=True)
    assert "All other log-ins are ended." in words_of(answer.content.decode())
    assert (is_in(here), is_in(there), is_in(third), is_in(bobs)) == (True, False, False, True)
    event = AuditEvent.objects.get(kind="login.ended")
    assert sorted(event.detail["login_sessions"]) == sorted(
        LoginSession.objects.filter(ended_at__isnull=False).values_list("pk", flat=True)
    )
    answer = here.post(OTHERS, follow=True)
    assert "There was no other log-in to end." in words_of(answer.content.decode())
    assert AuditEvent.objects.filter(kind="login.ended").count() == 1


def test_staff_see_their_log_ins_of_the_staff_area_too_and_can_end_them(sam):
    staff, client = staff_log_in(sam), log_in_with_code(sam, browser())
    assert "in the staff area" in said(client)
    client.post(end_of(LoginSession.objects.get(area="staff")))
    assert staff.get("/staff/").status_code == 302


def test_looking_ends_and_reports_nothing(alice):
    here, there = log_in(alice, browser()), log_in(alice, browser("198.51.100.9"))
    session, event = latest(alice), taken_by(alice)
    assert [here.get(path).status_code for path in (OTHERS, end_of(session), report_of(session), report_of(event))] == [405, 405, 200, 200]
    assert is_in(there)
    assert not MisuseFinding.objects.exists()


def test_whoever_comes_without_the_forms_token_ends_nothing(alice, browser_client):
    """A page of somebody else's that posts here."""
    there = log_in(alice)
    page = browser_client.get("/resources/log-in/", follow=True)
    browser_client.post(
        "/resources/log-in/", {"email": alice.email, "password": PASSWORD, "csrfmiddlewaretoken": str(page.context["csrf_token"])}
    )
    for path in (OTHERS, end_of(LoginSession.objects.earliest("pk")), report_of(LoginSession.objects.earliest("pk"))):
        assert browser_client.post(path).status_code == 403
    assert is_in(there)


@pytest.fixture
def everything_of_alice(alice) -> list[tuple[str, str]]:
    """Each address that names something of Alice's, and the methods it is asked with."""
    log_in(alice, browser("198.51.100.9"))
    session, download = latest(alice), taken_by(alice)
    return [
        ("post", end_of(session)),
        ("get", report_of(session)),
        ("post", report_of(session)),
        ("get", report_of(download)),
        ("post", report_of(download)),
    ]


def test_what_is_anothers_is_not_there(everything_of_alice, bob, mallory, sam, alice):
    found = {
        (user.email, method, path): getattr(client, method)(path).status_code
        for user in (bob, mallory, sam)
        for client in [log_in(user, browser())]
        for method, path in everything_of_alice
    }
    assert set(found.values()) == {404}, found
    assert latest(alice).is_open
    assert not MisuseFinding.objects.exists()
    strangers = {getattr(Client(), method)(path)["Location"].split("?")[0] for method, path in everything_of_alice}
    assert strangers == {"/resources/log-in/"}


@pytest.mark.parametrize("number", ["0", "9" * 18, "9" * 40, "-1", "1.5", "x", "%00", "１", "1'--"])
def test_numbers_of_nothing_are_not_there(alice, number):
    client = log_in(alice)
    for path in (f"sessions/{number}/end/", f"sessions/{number}/report/", f"downloads/{number}/report/"):
        assert client.post(f"{HOME}{path}").status_code in (400, 404), path


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["end-others", "report"])
def test_of_browsers_that_end_each_other_at_once_exactly_one_stays(way):
    """The first one wins; the others are strangers before their turn comes, and end nobody."""
    alice = User.objects.create_user("alice@example.com", PASSWORD)
    clients = [log_in(alice, browser(f"198.51.100.{number}")) for number in range(6)]
    path = OTHERS if way == "end-others" else report_of(taken_by(alice))
    assert set(at_once(lambda client: client.post(path).status_code, clients)) == {302}
    assert [is_in(client) for client in clients].count(True) == 1
    ended = AuditEvent.objects.get(kind="login.ended").detail["login_sessions"]
    assert len(ended) == len(set(ended)) == 5
    assert AuditEvent.objects.filter(kind="login.reported").count() == MisuseFinding.objects.count() == (way == "report")


def test_the_button_for_all_others_is_there_while_another_is_open(alice):
    log_in(alice, browser()).post("/resources/log-out/")
    client = log_in(alice, browser())
    assert "End all other log-ins" not in said(client)
    log_in(alice, browser("198.51.100.9"))
    assert "End all other log-ins" in said(client)

"""One browser, several people: what one began is not there for the next (ASVS 7.2.4, 14.3.1)."""

import re

import pytest
from django.test import Client

from accounts import holds
from accounts.models import LoginSession
from accounts.models.login_session import EndReason
from tests.accounts import address_side
from tests.cast import PASSWORD
from tests.customer import Browser, link_in, log_in, mail_to, try_log_in
from tests.second_factor import STEP, log_in_with_code
from tests.staff import enrolled, staff_log_in

pytestmark = pytest.mark.django_db
SET, APP, OUT = "/resources/password/set/", "/resources/account/security/app/", "/resources/log-out/"
HELD = "/resources/log-in/held/"


def link_to_set(email: str) -> str:
    Client().post("/resources/password/forgotten/", {"email": email})
    return link_in(mail_to(email))


def secret_on(client: Client) -> str:
    found = re.search(r"<code[^>]*>([A-Z2-7 ]{32,})</code>", client.get(APP).content.decode())
    assert found
    return found[1]


def test_logging_out_puts_away_links_that_were_opened_and_not_used(alice):
    old, _new = address_side.links_of(alice)
    client = address_side.follow(old, log_in(alice))
    client.get(link_to_set(alice.email))
    assert [client.get(page).status_code for page in (SET, address_side.CONFIRM)] == [200, 200]
    client.post(OUT)
    assert [client.get(page).status_code for page in (SET, address_side.CONFIRM)] == [404, 404]


def test_logging_out_of_one_area_leaves_the_other(sam):
    client = staff_log_in(sam, log_in_with_code(sam, Browser()))
    client.post(OUT)
    assert client.get("/resources/").status_code == 302
    assert client.get("/staff/").status_code == 200


@pytest.mark.parametrize("how", ["logged out", "ended by itself"])
def test_the_secret_of_an_app_that_was_shown_before_is_not_offered_again(alice, how):
    client = log_in(alice)
    shown = secret_on(client)
    assert secret_on(client) == shown
    if how == "logged out":
        client.post(OUT)
    else:
        LoginSession.objects.all().end(EndReason.ENDED_BY_STAFF)
    assert secret_on(log_in(alice, client)) != shown


@pytest.mark.parametrize("page", [HELD, STEP])
def test_whoever_logs_in_does_not_see_how_far_somebody_else_got(alice, bob, ada, page):
    """Why an account is on hold, and its question to a passkey, are nobody else's."""
    if page == HELD:
        holds.place(alice, reason="sharing", text="We saw …", by=ada)
    else:
        enrolled(alice)
    client = Browser()
    assert try_log_in(alice.email, PASSWORD, client)["Location"] == page
    assert client.get(page).status_code == 200
    log_in(bob, client)
    assert client.get(page)["Location"] == "/resources/log-in/"


@pytest.mark.parametrize("page", [SET, address_side.CONFIRM])
def test_whoever_knew_the_session_before_a_link_was_opened_in_it_is_outside(alice, page):
    """Session fixation: a number that was planted in somebody's browser is not the one that the link is kept under."""
    link = link_to_set(alice.email) if page == SET else address_side.links_of(alice)[1]
    victim = Client()
    victim.get("/resources/log-in/", follow=True)
    planted = victim.cookies["session"].value
    victim.get(link)
    assert victim.get(page).status_code == 200
    intruder = Client()
    intruder.cookies["session"] = planted
    assert intruder.get(page).status_code == 404

"""Having everything erased, in the area: preview, fresh confirmation, tick, second thoughts, and the link of the mail."""

import re
from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from accounts.models import Hold, LoginSession
from mailroom.models import OutgoingMail
from rights.erasure.asking import LINKS, remind
from rights.erasure.working import work_off
from rights.models import Erasure, State, SubjectRequest
from tests.cast import PASSWORD
from tests.customer import log_in, mail_to
from tests.pages import words_of
from tests.rights.asked import settle

pytestmark = pytest.mark.django_db
PAGE = "/resources/your-data/erasure/"


def asked(client: Client) -> SubjectRequest:
    assert client.post(f"{PAGE}confirm/", {"sure": "on"})["Location"] == PAGE
    return SubjectRequest.objects.latest("pk")


def read(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, response
    return words_of(response.content.decode())


def cancel_link(mail: OutgoingMail) -> str:
    found = re.search(r"http://localhost:\d+(/privacy/erasure/cancel/\S+/)", mail.text)
    assert found, mail.text
    return found[1]


def test_the_preview_says_what_goes_and_what_stays_and_why(alice):
    page = read(log_in(alice), PAGE)
    assert "Your account" in page
    assert "Your login sessions 1 erased" in page
    assert "Record of log-ins, downloads and changes" in page
    assert "cannot be cut without breaking the proof that it is whole" in page


def test_the_preview_asks_no_more_queries_for_more_rows(alice, django_assert_max_num_queries):
    client = log_in(alice)
    with django_assert_max_num_queries(200) as few:
        client.get(PAGE)
    for number in range(20):
        LoginSession.objects.create(user=alice, area="resources", token_hash=f"{number}", binding_hash="", credentials_hash="")
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get(PAGE)


def test_nothing_is_asked_without_the_tick_or_a_fresh_confirmation(alice):
    client = log_in(alice)
    assert "required" in client.post(f"{PAGE}confirm/", {}).content.decode()
    LoginSession.objects.update(confirmed_at=timezone.now() - timedelta(hours=1))
    response = client.post(f"{PAGE}confirm/", {"sure": "on"})
    assert response["Location"].startswith("/resources/confirm/")
    assert not SubjectRequest.objects.exists()


def test_asked_it_waits_and_the_account_says_so(alice, settings):
    client = log_in(alice)
    request = asked(client)
    assert (request.state, request.user_id) == (State.WAITING, alice.pk)
    assert request.begins_at - timezone.now() > timedelta(days=settings.ERASURE_COOLING_DAYS - 1)
    for page in (PAGE, "/resources/account/", "/resources/your-data/"):
        assert "You asked us to erase everything. We begin on" in read(client, page)
    assert "You asked us to erase everything" not in read(log_in(alice, Client()), "/resources/your-data/corrections/")
    work_off()
    assert not Erasure.objects.exists(), "it is not due"
    assert client.post(f"{PAGE}confirm/", {"sure": "on"})["Location"] == PAGE
    assert SubjectRequest.objects.count() == 1
    assert OutgoingMail.objects.filter(cause__startswith="erasure-asked:").count() == 1


def test_one_button_cancels_it(alice):
    client = log_in(alice)
    request = asked(client)
    client.post(f"{PAGE}cancel/")
    request.refresh_from_db()
    assert (request.state, request.email) == (State.CANCELLED, "")
    assert "You asked us to erase everything." not in read(client, PAGE)
    assert "is cancelled" in mail_to(alice.email).text


def test_the_link_of_the_mail_cancels_it_without_a_log_in(alice):
    request = asked(log_in(alice))
    link = cancel_link(mail_to(alice.email))
    stranger = Client()
    assert "everything stays as it is" in read(stranger, link)
    request.refresh_from_db()
    assert request.state == State.WAITING, "opening the page cancels nothing"
    assert "It is cancelled" in stranger.post(link).content.decode()
    request.refresh_from_db()
    assert request.state == State.CANCELLED
    assert "It is cancelled" in read(stranger, link)


@pytest.mark.parametrize("token", ["x-y", "ABCDEFGHJKMN.forged", "%00", "a" * 300])
def test_a_link_that_is_none_of_ours_leads_nowhere(db, token):
    assert Client().get(f"/privacy/erasure/cancel/{token}/").status_code == 404
    assert Client().get(f"/privacy/erasure/{token}/").status_code == 404


def test_a_link_for_somebody_elses_purpose_is_none_of_ours(alice):
    request = asked(log_in(alice))
    other = signing.Signer(salt="announcements.joining", sep=".").sign(request.number)
    assert Client().get(f"/privacy/erasure/cancel/{other}/").status_code == 404
    assert Client().get(f"/privacy/erasure/cancel/{LINKS.sign('ABCDEFGHJKMN')}/").status_code == 404


def test_what_has_begun_cannot_be_cancelled(alice):
    client = log_in(alice)
    request = asked(client)
    link = cancel_link(mail_to(alice.email))
    SubjectRequest.objects.update(begins_at=timezone.now())
    work_off()
    assert "cannot be cancelled any more" in Client().post(link).content.decode()
    settle()
    work_off()
    request.refresh_from_db()
    assert request.state == State.DONE
    assert client.get(PAGE).status_code == 302, "nobody is logged in any more"


def test_a_day_before_one_mail_says_so_once_more(alice):
    request = asked(log_in(alice))
    assert remind(timezone.now()) == 0
    soon = request.begins_at - timedelta(hours=20)
    assert (remind(soon), remind(soon)) == (1, 0)
    assert cancel_link(mail_to(alice.email))


def test_staff_are_told_what_to_do(sam):
    client = log_in(sam)
    assert "Ask administration to take your rights away first" in read(client, PAGE)
    client.post(f"{PAGE}confirm/", {"sure": "on"})
    assert not SubjectRequest.objects.exists()


def test_an_account_on_hold_has_the_same_right(alice):
    Hold.objects.create(user=alice, reason="shared", text="We saw log-ins from many places.")
    client = Client()
    client.post("/resources/log-in/", {"email": alice.email, "password": PASSWORD})
    page = f"{PAGE}on-hold/"
    assert "needed to defend against claims and misuse" in read(client, page)
    client.post(page, {"sure": "on"})
    request = SubjectRequest.objects.get(user=alice)
    assert request.state == State.WAITING
    assert "You asked us to erase everything" in read(client, page)
    SubjectRequest.objects.update(begins_at=timezone.now())
    work_off()
    settle()
    work_off()
    assert Erasure.objects.get().is_done
    assert Hold.objects.filter(user=alice.pk).count() == 1, "what is needed for claims is kept"


@pytest.mark.parametrize("path", ["", "confirm/", "cancel/"])
def test_strangers_are_led_to_the_log_in(db, path):
    response = Client().post(f"{PAGE}{path}") if path == "cancel/" else Client().get(f"{PAGE}{path}")
    assert response["Location"].startswith("/resources/log-in/")
    assert Client().get(f"{PAGE}on-hold/")["Location"].startswith("/resources/log-in/")


def test_mallory_sees_and_cancels_nothing_of_alices(alice, mallory):
    request = asked(log_in(alice))
    other = log_in(mallory)
    assert "You asked us" not in read(other, PAGE)
    other.post(f"{PAGE}cancel/")
    request.refresh_from_db()
    assert request.state == State.WAITING

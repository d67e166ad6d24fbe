"""Writing to support from the page of a hold (promise C19)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import holds
from accounts.models import Appeal, Hold
from accounts.tasks import purge_appeals
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from tests.accounts.test_holds import HELD, page_of_hold, put_on_hold
from tests.cast import PASSWORD
from tests.customer import mail_to
from tests.pages import words_of
from tests.threads import at_once

pytestmark = pytest.mark.django_db
WORDS = "My sister and I share one computer; she lives in Lima since May."


@pytest.fixture
def hold(alice) -> Hold:
    return put_on_hold(alice)


@pytest.fixture
def client(alice, hold) -> Client:
    """The browser in which Alice has given her password."""
    browser = Client()
    page_of_hold(alice, browser)
    return browser


def test_an_appeal_is_kept_confirmed_and_shown_to_have_come(client, alice, hold):
    answer = client.post(HELD, {"text": WORDS})
    assert answer["Location"] == HELD
    page = words_of(client.get(HELD).content.decode())
    assert "Your message has reached us" in page
    assert "You have written to us, and we have it" in page
    assert Appeal.objects.get().words == WORDS
    event = AuditEvent.objects.get(kind="hold.appealed")
    assert (event.user, event.detail) == (alice, {"hold": hold.pk, "appeal": Appeal.objects.get().pk})


def test_what_was_written_is_not_shown_to_whoever_else_has_the_password(client):
    client.post(HELD, {"text": WORDS})
    assert WORDS not in client.get(HELD).content.decode()


def test_support_learns_that_there_is_one_and_not_whose(client, alice, hold, settings):
    client.post(HELD, {"text": WORDS})
    mail = mail_to(settings.SUPPORT_EMAIL)
    for body in (mail.text, mail.html):
        assert f"http://localhost:8000/staff/accounts/hold/{hold.pk}/change/" in body
    for secret in (WORDS, alice.name, alice.email, alice.email_key, "sister"):
        assert secret not in mail.subject + mail.text + mail.html
    assert mail.user is None


def test_the_customer_gets_a_confirmation_without_the_words(client, alice):
    client.post(HELD, {"text": WORDS})
    mail = mail_to(alice.email)
    assert mail.subject == "Your message about your account at Infacta"
    assert "Your message has reached us" in mail.text
    assert WORDS not in mail.text + mail.html


def test_sent_twice_it_counts_once(client):
    for _time in range(4):
        assert client.post(HELD, {"text": WORDS})["Location"] == HELD
    assert (Appeal.objects.count(), AuditEvent.objects.filter(kind="hold.appealed").count()) == (1, 1)
    assert OutgoingMail.objects.filter(cause__startswith="appeal").count() == 2
    for number in range(2):
        assert client.post(HELD, {"text": f"{WORDS} {number}"}).status_code == 302, "nor does it use up the tries"


def test_after_a_few_a_day_the_text_comes_back_with_a_kind_word(client, alice):
    for number in range(3):
        assert client.post(HELD, {"text": f"{number}"}).status_code == 302
    answer = client.post(HELD, {"text": WORDS})
    assert (answer.status_code, answer["Retry-After"]) == (429, "28800")
    assert "once more in 8 hours; your text is still here" in words_of(answer.content.decode())
    assert WORDS in answer.content.decode()
    assert Appeal.objects.count() == 3
    other = Client()
    page_of_hold(alice, other)
    assert other.post(HELD, {"text": WORDS}).status_code == 429, "the account counts, not the browser"


@pytest.mark.parametrize(
    ("text", "said"), [("", "This field is required"), (" \n ", "This field is required"), ("x" * 4001, "4001 characters")]
)
def test_what_cannot_be_taken_is_said_and_nothing_is_lost(client, text, said):
    answer = client.post(HELD, {"text": text})
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert text in answer.content.decode()
    assert not Appeal.objects.exists()


def test_line_breaks_count_once(client):
    assert client.post(HELD, {"text": "\r\n".join(["x" * 39] * 100)}).status_code == 302
    assert len(Appeal.objects.get().words) == 3999


@pytest.mark.parametrize("body", [{}, {"text": "\x00"}, {"text": ["a", "b"]}, {"hold": "7"}, {"text": "x" * 900_000}])
def test_hostile_forms_are_answered_kindly(client, body):
    assert client.post(HELD, body).status_code in (200, 302)


def test_it_takes_a_token_against_forged_forms(alice, hold):
    browser = Client(enforce_csrf_checks=True)
    token = str(browser.get("/resources/log-in/", follow=True).context["csrf_token"])
    browser.post("/resources/log-in/", {"email": alice.email, "password": PASSWORD, "csrfmiddlewaretoken": token})
    assert browser.post(HELD, {"text": WORDS}).status_code == 403
    token = str(browser.get(HELD).context["csrf_token"])
    assert browser.post(HELD, {"text": WORDS, "csrfmiddlewaretoken": token}).status_code == 302
    assert Appeal.objects.count() == 1


def test_what_others_write_into_a_text_is_text(client, hold):
    Hold.objects.update(text="<script>alert(1)</script>")
    assert "<script>alert" not in client.get(HELD).content.decode()


def test_the_words_are_destroyed_when_the_hold_ends_and_that_they_were_there_stays(client, hold, ada):
    client.post(HELD, {"text": WORDS})
    holds.lift(hold, by=ada, reason="cleared up")
    appeal = Appeal.objects.get()
    assert appeal.words == ""
    assert appeal.destroyed_at


def test_the_words_are_destroyed_when_the_account_is_closed_and_one_may_write_again(client, hold, ada):
    client.post(HELD, {"text": WORDS})
    holds.close(hold, by=ada, reason="no", text="We have closed it.")
    assert Appeal.objects.get().words == ""
    assert "dealt with, and destroyed" in client.get(HELD).content.decode()
    assert client.post(HELD, {"text": WORDS}).status_code == 302
    assert [appeal.words for appeal in Appeal.objects.order_by("pk")] == ["", WORDS]


def test_after_a_year_the_words_go_anyway(client):
    client.post(HELD, {"text": WORDS})
    Appeal.objects.update(written_at=timezone.now() - timedelta(days=364))
    assert purge_appeals() == 0
    Appeal.objects.update(written_at=timezone.now() - timedelta(days=366))
    assert (purge_appeals(), purge_appeals()) == (1, 0)
    assert Appeal.objects.get().words == ""


def test_the_page_takes_so_many_queries_however_much_was_written(client, hold, django_assert_num_queries):
    with django_assert_num_queries(4):
        client.get(HELD)
    Appeal.objects.bulk_create(Appeal(hold=hold, text=str(number)) for number in range(50))
    with django_assert_num_queries(4):
        client.get(HELD)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_same_appeal_at_the_same_time_is_one(alice):
    put_on_hold(alice)
    browsers = [Client() for _number in range(6)]
    for browser in browsers:
        page_of_hold(alice, browser)

    assert at_once(lambda browser: browser.post(HELD, {"text": WORDS}).status_code, browsers) == [302] * 6
    assert Appeal.objects.count() == 1
    assert OutgoingMail.objects.filter(cause__startswith="appeal-to-support").count() == 1

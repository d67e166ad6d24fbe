"""Feedback: given with a name or without, once, kept; sorted and exported by staff."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Throttle
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from support.models import Feedback
from tests.audit.hands import tamper
from tests.customer import log_in
from tests.pages import words_of
from tests.support.store import WORDS, written
from tests.threads import at_once

pytestmark = pytest.mark.django_db
PAGE = "/resources/feedback/"


def number_on(client: Client) -> str:
    """The number of the form that the page shows."""
    return str(client.get(PAGE).context["form"]["form_number"].value())


def give(client: Client, text: str = WORDS, **values: str):
    return client.post(PAGE, {"text": text, "form_number": number_on(client)} | values, follow=True)


@pytest.fixture
def customer(alice) -> Client:
    return log_in(alice)


def test_a_suggestion_is_kept_thanked_for_and_shown(customer, alice, notebook):
    answer = give(customer, product=str(notebook.pk), may_we_answer="on")
    page = words_of(answer.content.decode())
    assert "Your suggestion is in our store of ideas" in page
    assert WORDS in page
    assert "We may write to you about it." in page
    kept = Feedback.objects.get()
    assert (kept.user, kept.product, kept.text, kept.may_we_answer) == (alice, notebook, WORDS, True)
    event = AuditEvent.objects.get(kind="feedback.given")
    assert (event.user, event.ip, event.detail) == (alice, "127.0.0.1", {})
    assert not OutgoingMail.objects.filter(user=alice, subject__icontains="feedback").exists()


def test_the_page_says_how_long_it_is_kept_and_that_nobody_need_sign(customer):
    page = words_of(customer.get(PAGE).content.decode())
    assert "We keep suggestions without limit , as a store of ideas" in page
    assert "You need not sign" in page


def test_without_a_name_nothing_names_the_person(customer, alice):
    page = give(customer, anonymous="on").content.decode()
    assert WORDS not in page
    kept = Feedback.objects.get()
    assert (kept.user, kept.may_we_answer) == (None, False)
    written_at = timezone.localtime(kept.written_at)
    assert (written_at.hour, written_at.minute, written_at.second, written_at.microsecond) == (0, 0, 0, 0)
    event = AuditEvent.objects.get(kind="feedback.given")
    assert (event.user, event.actor, event.ip, event.detail) == (None, None, None, {})


def test_without_a_name_there_is_no_answer(customer):
    answer = give(customer, anonymous="on", may_we_answer="on")
    assert "Without your name we cannot answer you" in words_of(answer.content.decode())
    assert WORDS in answer.content.decode()
    assert not Feedback.objects.exists()


def test_a_form_that_is_sent_twice_counts_once(customer):
    number = number_on(customer)
    for _time in range(15):
        answer = customer.post(PAGE, {"text": WORDS, "form_number": number}, follow=True)
        assert "store of ideas" in answer.content.decode()
    assert (Feedback.objects.count(), AuditEvent.objects.filter(kind="feedback.given").count()) == (1, 1)


def test_other_words_from_the_same_form_and_the_same_words_of_others_are_not_lost(customer, bob):
    number = number_on(customer)
    for text in (WORDS, WORDS + " And in colour."):
        customer.post(PAGE, {"text": text, "form_number": number})
    give(log_in(bob))
    customer.post(PAGE, {"text": WORDS})
    assert Feedback.objects.count() == 4


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"text": ""}, "This field is required"),
        ({"text": "\r\n  "}, "This field is required"),
        ({"text": "x" * 5001}, "This text has 5001 characters; 5000 are the most that we can take. Nothing is lost"),
        ({"text": "\x00"}, "Null characters"),
        ({"product": "x"}, "Select a valid choice"),
        ({"product": "9" * 40}, "Select a valid choice"),
        ({"product": "\x00"}, "Null characters"),
    ],
)
def test_what_cannot_be_taken_is_said_and_nothing_is_lost(customer, values, said):
    answer = customer.post(PAGE, {"text": WORDS} | values)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert said in page
    assert values.get("text", WORDS).strip("\r\n\0 ") in page
    assert not Feedback.objects.exists()


def test_the_longest_text_fits_whatever_its_line_breaks(customer):
    give(customer, "\r\n".join(["ü" * 49] * 100) + "!")
    assert len(Feedback.objects.get().text) == 5000


def test_the_browser_is_not_asked_to_cut_what_is_pasted(customer):
    assert "maxlength" not in customer.get(PAGE).content.decode()


def test_products_to_choose_are_the_customers_own(customer, alice, notebook, mailer):
    page = customer.get(PAGE).content.decode()
    assert f'value="{notebook.pk}"' in page
    assert "Mailer" not in page
    assert "Select a valid choice" in give(customer, product=str(mailer.pk)).content.decode()


def test_nobody_sees_what_others_wrote(customer, bob):
    give(customer)
    assert WORDS not in log_in(bob).get(PAGE).content.decode()
    assert Client().get(PAGE)["Location"].startswith("/resources/log-in/")
    assert Client().post(PAGE, {"text": WORDS})["Location"].startswith("/resources/log-in/")


def test_too_much_in_a_day_comes_back_whole(customer):
    for number in range(10):
        give(customer, f"idea {number}")
    answer = give(customer, "the eleventh")
    assert (answer.status_code, answer["Retry-After"]) == (429, "3600")
    assert "your text is still here" in answer.content.decode()
    assert "the eleventh" in answer.content.decode()
    assert Feedback.objects.count() == 10
    Throttle.objects.all().delete()
    assert give(customer, "the eleventh").status_code == 200


def test_it_takes_a_token_against_forged_forms(alice):
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = log_in(alice).cookies
    assert browser.post(PAGE, {"text": WORDS}).status_code == 403
    assert not Feedback.objects.exists()


def test_what_is_written_is_text(customer):
    page = give(customer, "<script>alert(1)</script>").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_many_are_on_pages_and_the_queries_do_not_grow(customer, alice, notebook):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert customer.get(PAGE).status_code == 200
        return len(captured)

    written(user=alice, product=notebook)
    before = queries()
    for number in range(25):
        written(f"idea {number:02}", user=alice, product=notebook, written_at=timezone.now() - timedelta(days=number + 1))
    assert queries() == before == 4
    first, third = (customer.get(PAGE, {"page": number}).content.decode() for number in (1, 3))
    assert ("idea 08" in first, "idea 09" in first) == (True, False)
    assert "idea 24" in third


def test_it_stays_when_the_account_goes(mallory):
    give(log_in(mallory))
    tamper("DELETE FROM audit_auditevent")
    Throttle.objects.all().delete()
    mallory.delete()
    assert (Feedback.objects.get().user, Feedback.objects.get().text) == (None, WORDS)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_same_form_at_the_same_time_counts_once(alice):
    browser = log_in(alice)
    number = number_on(browser)

    def send(_thread: int) -> int:
        client = Client()
        client.cookies = browser.cookies
        return client.post(PAGE, {"text": WORDS, "form_number": number}).status_code

    assert at_once(send, range(6)) == [302] * 6
    assert Feedback.objects.count() == AuditEvent.objects.filter(kind="feedback.given").count() == 1

"""Asking support: by the public form, by the link of a product, and as a customer."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Throttle
from audit.models import AuditEvent
from downloads.models import Product
from mailroom.models import OutgoingMail
from support.models import Case, Channel, Life, State
from support.vault import keyring
from tests.customer import log_in
from tests.pages import fields_on, footer_of, words_of
from tests.support.cases import make_case
from tests.support.pages import ASKED, CASES, CUSTOMERS_NEW, FIREFOX, NEW, ask, place_of, upload
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def text_of(answer) -> str:
    return words_of(answer.content.decode())


# The public form


def test_help_leads_everywhere(client):
    page = client.get("/support/").content.decode()
    for link in (NEW, CUSTOMERS_NEW, "/resources/password/forgotten/", "mailto:support@localhost"):
        assert f'href="{link}"' in page
    for path in ("/contact/", "/", "/resources/log-in/"):
        assert 'href="/support/"' in client.get(path, follow=True).content.decode()


def test_a_visitor_asks_and_the_link_goes_by_mail_alone(notebook):
    answer = ask(product="notebook", version="1.0", system="Windows 11", attachments=[upload("../../shot.png"), upload("log.txt")])
    case = Case.objects.get()
    assert case.reference in text_of(answer)
    assert case.access not in answer.content.decode()
    assert not answer.cookies
    assert "what you told support, sealed" in footer_of(answer.content.decode())
    assert answer["Cache-Control"] == "no-store"
    assert (case.channel, case.user, case.product, case.is_priority) == (Channel.FORM, None, notebook, False)
    assert (case.details.name, case.details.email, case.details.subject) == ("Vera Visitor", "visitor@example.net", "It stops")
    assert (case.details.version, case.details.circumstances) == ("1.0", {"system": "Windows 11"})
    assert [(file.name, b"".join(file.content())) for file in case.files.all()] == [
        ("shot.png", b"all is lost\n" * 10),
        ("log.txt", b"all is lost\n" * 10),
    ]
    mail = OutgoingMail.objects.get()
    assert (mail.to, case.access in mail.text) == ("visitor@example.net", True)


def test_the_answer_is_the_same_whether_or_not_the_address_has_an_account(alice):
    answers = [ask(email=address) for address in ("alice@example.com", "ghost@example.com")]
    same = {
        text_of(answer).replace(case.reference, "N").replace(case.details.email, "A")
        for answer, case in zip(answers, Case.objects.order_by("pk"), strict=True)
    }
    assert len(same) == 1
    assert not Case.objects.filter(user__isnull=False).exists()


def test_a_product_links_the_form_filled_in(client, notebook):
    path = f"{NEW}?product=notebook&version=2.1&system=Windows+10.0.19045"
    fields = fields_on(client, path)
    assert (fields["product"], fields["version"], fields["system"]) == ("notebook", "2.1", "Windows 10.0.19045")
    client.post(NEW, fields | ASKED)
    assert Case.objects.get().channel == Channel.PRODUCT


@pytest.mark.parametrize(
    "query", ["product=none&version=1", "product=%ff%fe", "product=" + "x" * 5000, "version=1", "product=notebook&version=%0a%07"]
)
def test_what_a_link_says_that_means_nothing_is_left_out(client, notebook, query):
    answer = client.get(f"{NEW}?{query}")
    assert answer.status_code == 200
    assert not answer.context["form"].errors
    assert "version" not in answer.context["form"].initial or not answer.context["form"].initial["version"]


def test_a_product_that_is_not_public_is_not_named(client, notebook):
    Product.objects.update(is_public=False)
    assert "Notebook" not in client.get(f"{NEW}?product=notebook").content.decode()


def test_the_same_form_twice_is_one_case_and_counts_once(client):
    fields = fields_on(client, NEW) | ASKED
    numbers = {client.post(NEW, fields).context["case"].reference for _time in range(12)}
    assert len(numbers) == Case.objects.count() == OutgoingMail.objects.count() == 1


def test_another_sites_form_opens_nothing(client):
    answer = client.post(NEW, ASKED, HTTP_SEC_FETCH_SITE="cross-site")
    assert answer.status_code == 403
    assert ASKED["text"] in answer.content.decode()
    assert not Case.objects.exists()


def test_many_cases_from_one_network_or_to_one_address_wait_and_the_text_stays():
    for number in range(5):
        ask(text=f"Case {number}")
    answer = ask(text="One too many", REMOTE_ADDR="10.9.8.7")
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert "One too many" in answer.content.decode()
    for number in range(5, 10):
        ask(email=f"v{number}@example.net")
    assert ask(email="v11@example.net").status_code == 429
    assert Case.objects.count() == 10 == AuditEvent.objects.filter(kind="case.opened").count()


BAD = [
    {"email": "nobody"},
    {"email": "\x00@example.net"},
    {"text": ""},
    {"text": "\x00"},
    {"text": "x" * 20_001},
    {"subject": "x" * 151},
    {"subject": None},
    {"product": "none"},
    {"product": "\x00"},
    {"form_number": "x" * 101},
    {"email": "a@" + "b" * 300 + ".example"},
]


@pytest.mark.parametrize("values", BAD)
def test_what_cannot_be_sent_comes_back_with_the_reason(values):
    answer = ask(**values)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not Case.objects.exists()


def test_doubled_and_missing_fields_break_nothing(client):
    for sent in ({}, {"text": ["a", "b"], "email": ["x@example.net", "y@example.net"], "subject": ["s", "t"]}, {"attachments": "no file"}):
        assert client.post(NEW, sent).status_code == 200
    body = "text=a&email=b@example.net&subject=c&attachments=d"
    assert client.post(NEW, body, content_type="application/x-www-form-urlencoded").status_code == 200
    assert client.post(NEW, b"\xff\x00", content_type="application/json").status_code == 200


# Customers


def test_a_customer_asks_and_is_not_asked_who_they_are(alice, notebook, mailer):
    customer = log_in(alice)
    page = customer.get(CUSTOMERS_NEW)
    assert not {"name", "email"} & set(page.context["form"].fields)
    assert [product.name for product in page.context["form"].fields["product"].queryset] == ["Notebook", "Mailer"]
    answer = ask(customer, CUSTOMERS_NEW, product="mailer", name=None, email=None)
    case = Case.objects.get()
    assert answer["Location"] == place_of(case)
    assert (case.user, case.channel, case.details.email, case.details.name) == (alice, Channel.AREA, alice.email, alice.name)
    assert "It stops at the second page." in customer.get(answer["Location"]).content.decode()


def test_what_others_may_not_see_a_customer_may_ask_about(alice, notebook):
    Product.objects.update(is_public=False)
    ask(log_in(alice), CUSTOMERS_NEW, product="notebook")
    assert Case.objects.get().product == notebook


def test_the_list_tells_how_each_case_stands(alice, bob, sam):
    now = timezone.now()
    make_case(subject="First", user=alice)
    case = make_case(subject="Second", user=alice)
    Case.objects.filter(pk=case.pk).update(state=State.CLOSED, first_answered_at=now, closed_at=now, destroy_at=now + timedelta(days=14))
    make_case(subject="Bob's", user=bob)
    page = text_of(log_in(alice).get(CASES))
    assert "First" in page
    assert "waits for our answer" in page
    assert f"on {now + timedelta(days=14):%-d %b %Y}" in page
    assert "Bob's" not in page


def test_the_list_has_pages_and_costs_the_same_however_long_it_is(alice, notebook, django_assert_num_queries):
    customer = log_in(alice)
    make_case(user=alice, product=notebook)
    customer.get(CASES)
    with django_assert_num_queries(3):
        customer.get(CASES)
    for number in range(24):
        make_case(user=alice, product=notebook, subject=f"Number {number}")
    with django_assert_num_queries(3):
        assert len(customer.get(CASES).context["page"].rows) == 20
    assert len(customer.get(f"{CASES}?page=2").context["page"].rows) == 5


def test_the_forms_cost_what_they_cost(alice, client, notebook, django_assert_num_queries):
    client.get("/")
    with django_assert_num_queries(1):
        client.get(NEW)
    customer = log_in(alice)
    with django_assert_num_queries(4):
        customer.get(CUSTOMERS_NEW)


# Who sees what

PAGES = ["", "held/", "destroy/"]
BUTTONS = ["close/", "reopen/", "destroy/"]


def test_who_may_see_what(alice, bob, mallory, sam):
    """Of each person at each address: Alice's case is Alice's, and its link's; to others it does not exist, and strangers are led to the log-in."""
    case = make_case(user=alice, files=[])
    place, link = place_of(case), f"/support/cases/{case.access}/"
    people = {"alice": log_in(alice), "bob": log_in(bob), "mallory": log_in(mallory), "stranger": Client(), "sam": Client()}
    seen = {name: [client.get(place + page).status_code for page in PAGES] for name, client in people.items()}
    assert seen == {"alice": [200] * 3, "bob": [404] * 3, "mallory": [404] * 3, "stranger": [302] * 3, "sam": [302] * 3}
    assert {client.get(link + page).status_code for client in people.values() for page in PAGES} == {200}
    for wrong in (link[:-2] + "x/", f"/support/cases/{case.reference.lower()}/", "/support/cases/x/", "/support/cases/" + "0" * 500 + "/"):
        assert {Client().get(wrong + page).status_code for page in PAGES} == {404}
    for name in ("bob", "mallory"):
        assert {people[name].post(place + button).status_code for button in BUTTONS} == {404}
    assert {people["stranger"].post(place + button).status_code for button in BUTTONS} == {302}
    assert {people["alice"].get(place + button).status_code for button in ("close/", "reopen/")} == {405}
    case.refresh_from_db()
    assert (case.state, case.life) == (State.OPEN, Life.LIVE)
    general = [Client().get(path).status_code for path in ("/support/", NEW, CASES, CUSTOMERS_NEW)]
    assert general == [200, 200, 302, 302]


def test_pages_by_link_set_no_cookie_and_are_kept_nowhere():
    case = make_case()
    for page in PAGES:
        answer = Client().get(f"/support/cases/{case.access}/{page}")
        assert not answer.cookies
        assert (answer["Cache-Control"], answer["Referrer-Policy"], answer["X-Robots-Tag"]) == ("no-store", "no-referrer", "noindex")


def test_customers_forms_need_their_token(alice):
    case = make_case(user=alice)
    customer = log_in(alice, Client())
    customer.handler.enforce_csrf_checks = True
    answer = customer.post(place_of(case) + "destroy/")
    assert answer.status_code == 403
    assert customer.post(place_of(case), {"text": "x", "attachments": upload()}).status_code == 403
    assert Case.objects.get().life == Life.LIVE


# At once


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_same_form_at_once_is_one_case():
    fields = fields_on(Client(), NEW) | ASKED
    answers = at_once(lambda _number: Client().post(NEW, fields | {"attachments": upload()}), range(4))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.context["case"].reference for answer in answers}) == 1
    case = Case.objects.get()
    assert (case.messages.count(), case.files.count(), OutgoingMail.objects.count()) == (1, 1, 1)
    assert Throttle.objects.exists()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_same_reply_at_once_is_one_message():
    case = make_case()
    path = f"/support/cases/{case.access}/"
    fields = fields_on(Client(), path) | {"text": "It happened again."}
    answers = at_once(lambda _number: Client().post(path, fields | {"attachments": upload()}), range(4))
    assert {answer.status_code for answer in answers} == {302}
    assert (case.messages.count(), case.files.count()) == (2, 1)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", range(3))
def test_destroying_and_replying_at_once_is_one_after_the_other(number):
    case = make_case()
    path = f"/support/cases/{case.access}/"
    fields = fields_on(Client(), path) | {"text": "It happened again."}
    works = [lambda: Client().post(f"{path}destroy/"), lambda: Client().post(path, fields, HTTP_SEC_FETCH_SITE="same-origin")]
    destroyed, written = at_once(lambda work: work(), works)
    assert destroyed.status_code == 200
    assert Case.objects.get().life != Life.LIVE
    if written.status_code == 302:
        assert case.messages.count() in (2, 0)
    else:
        assert written.status_code == 404
        assert "It happened again." in written.content.decode()
        assert case.messages.count() in (1, 0)


def test_a_reply_again_in_another_case_is_a_message_there(client):
    first, second = make_case(), make_case()
    sent = {"text": "Hello", "form_number": "same"}
    for case in (first, second, first):
        assert client.post(f"/support/cases/{case.access}/", sent).status_code == 302
    assert [case.messages.count() for case in (first, second)] == [2, 2]


def test_the_browser_of_whoever_has_no_priority_is_not_recorded(client, mallory, notebook):
    for sender, path in ((Client(headers={"User-Agent": FIREFOX}), NEW), (log_in(mallory), CUSTOMERS_NEW)):
        assert "recorded with it but what you type" in text_of(sender.get(path)) or "but what you type" in text_of(sender.get(path))
        ask(sender, path, product="notebook")
    assert [case.details.circumstances for case in Case.objects.all()] == [None, None]


@pytest.mark.django_db
def test_where_no_key_can_be_written_the_words_come_back(own_disk):
    (own_disk / "case-keys").write_text("a file where the folder should be")
    answer = ask(text="My long story")
    assert answer.status_code == 503
    words = words_of(answer.content.decode())
    assert "cannot keep anything at the moment" in words
    assert "My long story" in words
    assert not Case.objects.exists()


@pytest.mark.django_db
def test_a_key_that_is_half_written_is_none(own_disk, monkeypatch):
    monkeypatch.setattr("support.vault.keyring.os.fsync", lambda descriptor: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        keyring.create("ab" * 16)
    assert not list(keyring.names())

"""Asking for another address tells nobody who has an account."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AddressChange, User
from mailroom.models import OutgoingMail
from tests.accounts.address_side import CONFIRM, NEW, OLD, PAGE, ask, follow, kinds, link, links_of, press
from tests.customer import log_in, mail_to

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("taken", ["bob@example.org", "BOB@Example.ORG", "bob@ｅxample.org"])
def test_a_taken_address_gets_a_mail_about_it_and_the_change_never_completes(alice, bob, taken):
    client = log_in(alice)
    ask(client, taken)
    mail = OutgoingMail.objects.get(cause__startswith="address-new:")
    assert (mail.to, mail.user) == ("bob@example.org", bob)
    assert "already" in mail.text
    assert "/address/" not in mail.text + mail.html
    assert OLD not in mail.text, "and Bob does not learn who it was"
    assert press(link(mail_to(OLD)))["Location"] == PAGE
    alice.refresh_from_db()
    bob.refresh_from_db()
    assert (alice.email, bob.email) == (OLD, "bob@example.org")


def test_answers_pages_mails_and_cost_are_the_same_for_a_free_and_for_a_taken_address(alice, bob):
    def shown(address: str) -> tuple[str, ...]:
        client = log_in(alice)
        with CaptureQueriesContext(connection) as captured:
            answer = ask(client, address)
        queries = " ".join(query["sql"].split()[0] for query in captured)
        page = client.get(PAGE).content.decode()
        press(link(mail_to(OLD)))
        after = client.get(PAGE).content.decode()
        texts = (page, after, OutgoingMail.objects.get(cause=f"address-old:{AddressChange.objects.latest('pk').pk}").text)
        varying = re.compile(r"/confirm/[\w-]{43}/|\d\d:\d\d|value=\"\w{64}\"")
        client.post(f"{PAGE}cancel/")
        return (str(answer.status_code), answer["Location"], queries, *(varying.sub("", text.replace(address, "")) for text in texts))

    shown("first@example.org")  # the first time fills caches
    assert shown("free@example.org") == shown("bob@example.org")


def test_the_mail_to_the_new_address_does_not_name_the_old_one(alice):
    """It may be mistyped, and then a stranger reads it."""
    old, new = links_of(alice)
    mail = mail_to(NEW)
    assert OLD not in mail.text + mail.html
    assert "Alice" not in mail.text + mail.html
    page = follow(new).get(CONFIRM).content.decode()
    assert OLD not in page
    assert NEW in page
    assert OLD in follow(old).get(CONFIRM).content.decode()


def test_who_was_first_to_the_address_keeps_it(alice, notebook):
    old, new = links_of(alice)
    press(old)
    other = User.objects.create_user(NEW.upper())
    answer = press(new)
    assert answer.status_code == 409
    assert "another account" in answer.content.decode()
    alice.refresh_from_db()
    other.refresh_from_db()
    assert (alice.email, other.email) == (OLD, NEW.upper())
    assert log_in(alice).get("/resources/").status_code == 200
    assert kinds(alice)[-1] == "address.change_cancelled"
    assert Client().get(new).status_code == 404
    assert not OutgoingMail.objects.filter(cause__startswith="address-changed").exists()

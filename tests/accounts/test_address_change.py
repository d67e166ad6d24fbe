"""Changing the e-mail address: confirmed at both addresses, by whoever has just proved who they are."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AddressChange, LoginSession, User
from accounts.tasks import purge_address_changes
from mailroom.models import OutgoingMail
from tests.accounts.address_side import CONFIRM, NEW, OLD, PAGE, ask, changed, follow, kinds, link, links_of, press
from tests.cast import PASSWORD
from tests.customer import Browser, link_in, log_in, mail_to, try_log_in
from tests.pages import read, words_of

pytestmark = pytest.mark.django_db


# The way through


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_address_changes_when_both_have_confirmed(alice, order):
    links = links_of(alice)
    elsewhere = log_in(alice)
    first = press(links[order[0]])
    assert first["Location"] == PAGE
    alice.refresh_from_db()
    assert alice.email == OLD
    assert elsewhere.get("/resources/").status_code == 200
    second = press(links[order[1]])
    assert second["Location"] == "/resources/log-in/"
    alice.refresh_from_db()
    assert (alice.email, alice.email_key) == (NEW, NEW)
    assert elsewhere.get("/resources/").status_code == 302, "every log-in has ended"
    assert set(LoginSession.objects.filter(user=alice).values_list("end_reason", flat=True)) == {"address_changed"}
    assert try_log_in(OLD, PASSWORD).status_code == 200
    log_in(alice)
    assert kinds(alice) == ["address.change_asked", "address.change_confirmed", "address.change_confirmed", "address.changed"]
    assert "from Alice@example.com to alice.archer@example.net" in mail_to(OLD).text
    assert "log in with it" in mail_to(NEW).text


def test_the_page_shows_what_waits(alice):
    client = log_in(alice)
    assert "A change is waiting" not in client.get(PAGE).content.decode()
    assert "Two mails are on their way" in ask(client, follow=True).content.decode()
    page = words_of(client.get(PAGE).content.decode())
    assert "A change is waiting alice.archer@example.net" in page
    assert "Not yet confirmed at your present address. Not yet confirmed at the new address." in page
    press(link(mail_to(NEW)))
    page = words_of(client.get(PAGE).content.decode())
    assert "Not yet confirmed at your present address. Confirmed at the new address on" in page


def test_the_browser_that_confirms_is_logged_out_with_the_others_and_remembers_the_new_address(alice):
    client = log_in(alice, Browser(), remember="on")
    ask(client)
    press(link(mail_to(OLD)), client)
    assert press(link(mail_to(NEW)), client)["Location"] == "/resources/log-in/"
    assert "authentication" not in client.cookies
    page = read(client, "/resources/log-in/").content.decode()
    assert "The address is changed. Please log in with the new one." in page
    assert f'value="{NEW}"' in page


def test_another_customer_who_lends_a_browser_stays_logged_in(alice, bob):
    old, new = links_of(alice)
    press(old)
    client = log_in(bob)
    press(new, client)
    assert client.get("/resources/").status_code == 200


def test_set_password_links_to_the_old_address_die_with_it(alice):
    Client().post("/resources/password/forgotten/", {"email": OLD})
    path = link_in(mail_to(OLD))
    User.objects.filter(pk=alice.pk).update(last_login=None)
    Client().post("/resources/password/forgotten/", {"email": OLD})
    path = link_in(mail_to(OLD))
    assert Client().get(path).status_code == 302
    old, new = links_of_without_log_in(alice)
    press(old)
    press(new)
    assert Client().get(path).status_code == 404


def links_of_without_log_in(user: User) -> tuple[str, str]:
    """As `links_of`, and the time of the last log-in stays, with which set-password links die too."""
    client = log_in(user)
    User.objects.filter(pk=user.pk).update(last_login=None)
    ask(client)
    return link(mail_to(user.email)), link(mail_to(NEW))


# Who may ask


def test_only_who_has_just_proved_who_they_are_may_ask(alice):
    client = log_in(alice)
    LoginSession.objects.update(confirmed_at=timezone.now() - timedelta(minutes=11))
    assert client.get(PAGE)["Location"] == "/resources/confirm/?next=%2Fresources%2Faccount%2Faddress%2F"
    assert ask(client)["Location"] == "/resources/confirm/?next=%2Fresources%2Faccount%2Faddress%2F"
    assert not AddressChange.objects.exists()
    assert client.post(f"/resources/confirm/?next={PAGE}", {"password": PASSWORD, "next": PAGE})["Location"] == PAGE
    assert ask(client).status_code == 302
    assert AddressChange.objects.exists()


def test_staff_do_not_change_their_address_here(ada):
    client = log_in(ada)
    assert "belongs to a member of staff" in client.get(PAGE).content.decode()
    assert ask(client).status_code == 403
    assert not AddressChange.objects.exists()


def test_who_has_become_staff_meanwhile_keeps_the_address_too(alice):
    old, new = links_of(alice)
    press(old)
    client = follow(new)
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert client.get(CONFIRM).status_code == client.post(CONFIRM).status_code == 404
    alice.refresh_from_db()
    assert alice.email == OLD


@pytest.mark.parametrize(
    "address",
    [
        "",
        "x",
        "a@b@c.de",
        OLD,
        f" {OLD} ",
        "a\x00@example.com",
        "a\r\nBcc: b@example.com",
        '"a b"@example.com',
        "x" * 250 + "@example.com",
        "x" * 10_000,
        "аlice@example.com",  # a Cyrillic letter in the local part
        "a@exa mple.com",
    ],
)
def test_what_is_no_new_address_is_refused_with_a_reason(alice, address):
    answer = ask(log_in(alice), address)
    assert answer.status_code == 200
    assert 'class="errorlist"' in answer.content.decode()
    assert not AddressChange.objects.exists()


def test_an_address_of_look_alike_letters_shows_itself(alice):
    """Its two first letters are Cyrillic and look like Latin ones: the mail and the pages spell the domain out."""
    address = "alice@ехample.com"
    client = log_in(alice)
    ask(client, address)
    spelled = f"{address} ({'ехample.com'.encode('idna').decode()})"
    assert spelled in mail_to(OLD).text
    assert spelled in client.get(PAGE).content.decode()
    old, new = link(mail_to(OLD)), link(mail_to(address))
    assert spelled in follow(old).get(CONFIRM).content.decode()
    press(old)
    press(new)
    alice.refresh_from_db()
    assert alice.email == address
    assert alice.email_key != "alice@example.com"


def test_another_spelling_of_the_same_address_goes_the_same_way(alice):
    """Whether two spellings are one mailbox only the mailbox can tell."""
    ask(log_in(alice), "alice@EXAMPLE.com")
    for cause in ("address-old:", "address-new:"):
        press(link(OutgoingMail.objects.get(cause__startswith=cause)))
    alice.refresh_from_db()
    assert (alice.email, alice.email_key) == ("alice@EXAMPLE.com", "alice@example.com")


# Limits, cost, retention


def test_asking_is_limited_for_each_account(alice):
    client = log_in(alice)
    assert [ask(client, f"new{number}@example.net").status_code for number in range(6)] == [302] * 5 + [429]


def test_a_mailbox_cannot_be_flooded_through_many_accounts(alice, bob, mallory, ada):
    User.objects.filter(pk=ada.pk).update(is_staff=False)
    codes = [ask(log_in(user), "victim@example.net").status_code for user in (alice, bob, mallory, ada)]
    assert codes == [302, 302, 302, 429]


def test_an_address_whose_ascii_form_is_longer_than_any_may_be_is_refused_before_anything_is_mailed(alice):
    """Its key would not fit into its column, and the second confirmation would end in an error."""
    answer = ask(log_in(alice), "a@" + "ü." * 120 + "com")
    assert "Enter a valid e-mail address" in answer.content.decode()
    assert not AddressChange.objects.exists()


def test_the_page_costs_three_queries(alice):
    client = log_in(alice)
    for earlier in (0, 50):
        AddressChange.objects.bulk_create(
            AddressChange(
                user=alice, old_email=OLD, new_email=NEW, cancelled_at=timezone.now(), old_token_hash=f"o{n}", new_token_hash=f"n{n}"
            )
            for n in range(earlier)
        )
        with CaptureQueriesContext(connection) as captured:
            client.get(PAGE)
        assert len(captured) == 3, [query["sql"] for query in captured]


def test_changes_are_forgotten_after_ninety_days(alice):
    changed(alice)
    AddressChange.objects.update(asked_at=timezone.now() - timedelta(days=89))
    assert purge_address_changes() == 0
    AddressChange.objects.update(asked_at=timezone.now() - timedelta(days=91))
    assert purge_address_changes() == 1

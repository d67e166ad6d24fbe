"""Leaving: by the link of a mail, as programs press it (RFC 8058), by a mail, by the preferences; and what it outlives."""

from email.message import EmailMessage

import pytest
from django.test import Client
from django.test.client import encode_multipart

from accounts.contact import Contact
from accounts.models import MarketingChoice, Suppression, User
from accounts.models.suppression import digest_of
from announcements.group.leaving import leave
from announcements.models import Announcement, Delivery, Mailbox, Subscription
from audit.models import AuditEvent
from mailroom.incoming import take_in
from tests import cast
from tests.announcements.joining import EMAIL, join, path_of
from tests.customer import log_in
from tests.pages import fields_on, footer_of, words_of
from tests.threads import at_once

pytestmark = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
PREFERENCES = "/resources/account/preferences/"


@pytest.fixture
def carol() -> Mailbox:
    return join()


@pytest.fixture
def alices_mailbox(alice) -> Mailbox:
    mailbox = Mailbox.objects.at(alice.email)
    mailbox.user = alice
    mailbox.save()
    return mailbox


def is_out(email: str) -> bool:
    return Suppression.objects.of(email).wishes().exists()


def letter_to(mailbox: Mailbox, **headers: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "somebody-else@example.org", "unsubscribe"
    mail["To"] = headers.get("to", f"leave+{mailbox.token}@{headers.get('domain', 'example.com')}")
    mail.set_content("")
    return mail.as_bytes()


# The page


@pytest.mark.parametrize("method", ["get", "head", "options", "put"])
def test_nothing_but_a_post_writes(carol, method):
    """Programs that look for harmful links open every one of them."""
    before = (Suppression.objects.count(), AuditEvent.objects.count(), Mailbox.objects.values().get())
    for page in ("leave", "preferences"):
        answer = getattr(Client(), method)(path_of(carol, page))
        assert answer.status_code == (200 if method in ("get", "head") else 405)
    assert (Suppression.objects.count(), AuditEvent.objects.count(), Mailbox.objects.values().get()) == before
    assert Subscription.objects.get().state == "confirmed"


def test_the_page_shows_a_masked_address_and_a_button(carol, django_assert_num_queries):
    with django_assert_num_queries(2):
        answer = Client().get(path_of(carol))
    page = words_of(answer.content.decode())
    assert "C…@e….net" in page
    assert "Remove me from all mailings" in page
    assert EMAIL.lower() not in page.lower()
    assert (answer["Cache-Control"], answer["Referrer-Policy"], answer["X-Robots-Tag"]) == ("no-store", "no-referrer", "noindex")
    assert not answer.cookies


@pytest.mark.parametrize("page", ["leave", "preferences"])
@pytest.mark.parametrize("token", ["0" * 32, "x", "%00", "ü", "x" * 3000, "a.b"])
def test_an_unknown_token_is_404(page, token):
    for method in ("get", "post", "head"):
        assert getattr(Client(), method)(f"/announcements/{page}/{token}/").status_code == 404


BODIES = {
    "urlencoded": (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
    "multipart": (encode_multipart("xyz", ONE_CLICK), "multipart/form-data; boundary=xyz"),
    "empty": (b"", "application/x-www-form-urlencoded"),
    "nothing said": (b"", ""),
    "broken multipart": (b"--nonsense", "multipart/form-data"),
    "other": (b"\xff\x00{", "application/json"),
    "long": (b"a=" + b"x" * 3_000_000, "application/x-www-form-urlencoded"),
}


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "cross-site", "Origin": "https://mail.example", "Referer": "https://mail.example/"}]
)
def test_one_click_removes_at_once_whatever_the_body(carol, kind, headers):
    body, content_type = BODIES[kind]
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    for _time in range(2):
        answer = client.post(path_of(carol), body, content_type=content_type, headers=headers)
        assert answer.status_code == 200
        assert "You get no more announcements" in answer.content.decode()
        assert not answer.cookies
    assert is_out(EMAIL)
    subscription = Subscription.objects.get()
    assert (subscription.state, bool(subscription.left_at)) == ("left", True)
    assert AuditEvent.objects.filter(kind="group.left").count() == 1


def test_capitals_in_the_token_do_no_harm(carol):
    assert Client().post(f"/announcements/leave/{carol.token.upper()}/").status_code == 200
    assert is_out(EMAIL)


def test_many_from_one_network_are_all_heard():
    """Mail providers press the button for many people at once."""
    mailboxes = [Mailbox.objects.at(f"somebody{number}@example.org") for number in range(60)]
    assert {Client().post(path_of(mailbox)).status_code for mailbox in mailboxes} == {200}
    assert Suppression.objects.count() == 60


def test_the_page_tells_what_was_recorded(carol):
    said = words_of(footer_of(Client().post(path_of(carol)).content.decode()))
    assert "that you want no announcements: a digest of your address" in said
    assert "a digest of your address (" not in words_of(footer_of(Client().get(path_of(carol)).content.decode()))


def test_a_token_that_looks_like_a_card_number_is_read_too(carol, settings):
    settings.MAIL_DOMAIN = "example.com"
    carol.token = "4111111111111111" * 2
    carol.save()
    take_in(letter_to(carol))
    assert is_out(EMAIL)


def test_the_token_survives_a_change_of_the_key(carol, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key, " * 5, []
    assert Client().post(path_of(carol)).status_code == 200
    assert is_out(EMAIL)


# One fact, whichever way it is told


def test_a_customer_who_leaves_by_mail_sees_it_in_the_preferences(alice, alices_mailbox):
    Client().post(path_of(alices_mailbox))
    alice.refresh_from_db()
    assert alice.opted_out_at
    choice = MarketingChoice.objects.get()
    assert (choice.user, choice.opted_out, choice.origin) == (alice, True, "mail")
    client = log_in(alice)
    assert "announcements" not in fields_on(client, PREFERENCES)
    assert "by the link in a mail" in client.get(PREFERENCES).content.decode()


def test_a_customer_who_refuses_in_the_preferences_sees_it_behind_the_link(alice, alices_mailbox):
    client = log_in(alice)
    form = fields_on(client, PREFERENCES)
    client.post(PREFERENCES, {name: value for name, value in form.items() if name != "announcements"})
    assert "You get no more announcements" in Client().get(path_of(alices_mailbox)).content.decode()
    client.post(PREFERENCES, fields_on(client, PREFERENCES) | {"announcements": "on"})
    assert "No more announcements?" in Client().get(path_of(alices_mailbox)).content.decode()


def test_a_customer_who_refuses_in_the_preferences_has_left_with_every_address(alice, alices_mailbox):
    """Joined with one address, a customer with another: what stands at the account holds for both (promise C11)."""
    earlier = join("old@example.net")
    Mailbox.objects.filter(pk=earlier.pk).update(user=alice)
    client = log_in(alice)
    form = fields_on(client, PREFERENCES)
    client.post(PREFERENCES, {name: value for name, value in form.items() if name != "announcements"})
    assert is_out("old@example.net")
    assert not Mailbox.objects.reachable().exists()
    assert Subscription.objects.get().state == "left"


def test_leaving_is_not_told_twice(alice, alices_mailbox):
    assert leave(alices_mailbox)
    assert not leave(alices_mailbox)
    assert MarketingChoice.objects.count() == AuditEvent.objects.filter(kind="group.left").count() == 1
    assert AuditEvent.objects.get(kind="group.left").user == alice


def test_an_old_mail_still_ends_them_for_a_customer_who_has_moved(alice, alices_mailbox):
    User.objects.filter(pk=alice.pk).update(email="new@example.com", email_key="new@example.com")
    Client().post(path_of(alices_mailbox))
    alice.refresh_from_db()
    assert alice.opted_out_at
    assert is_out("new@example.com")
    assert is_out(cast.ALICE.email)


def test_one_persons_leaving_is_no_other_persons(alice, bob, alices_mailbox, carol):
    Client().post(path_of(alices_mailbox))
    bob.refresh_from_db()
    assert bob.opted_out_at is None
    assert not is_out(bob.email)
    assert not is_out(EMAIL)


def test_it_counts_with_the_announcement_that_came_last(carol):
    first, last = (Announcement.objects.create(subject=slug, slug=slug) for slug in ("first", "last"))
    for number, announcement in enumerate((first, last)):
        Delivery.objects.create(
            announcement=announcement, mailbox=carol, basis="joined", state="sent", settled_at=f"2026-01-0{number + 1}T12:00:00Z"
        )
    for _time in range(2):
        Client().post(path_of(carol))
    assert list(Announcement.objects.order_by("pk").values_list("left", flat=True)) == [0, 1]


# By a mail


def test_a_mail_to_the_leaving_address_is_enough(carol, settings):
    settings.MAIL_DOMAIN = "Vendor.example"
    row = take_in(letter_to(carol, domain="vendor.example"))
    row.refresh_from_db()
    assert (row.state, row.handler) == ("taken", "leaving the announcement group")
    assert is_out(EMAIL)
    assert Subscription.objects.get().state == "left"


def test_the_envelope_counts_too_in_whatever_case(carol, settings):
    settings.MAIL_DOMAIN = "vendor.example"
    take_in(letter_to(carol, to="undisclosed@vendor.example"), f"LEAVE+{carol.token.upper()}@VENDOR.example")
    assert is_out(EMAIL)


@pytest.mark.parametrize(("token", "domain"), [("0" * 32, "vendor.example"), (None, "evil.example")])
def test_a_mail_to_no_such_address_waits_for_staff(carol, settings, token, domain):
    settings.MAIL_DOMAIN = "vendor.example"
    row = take_in(letter_to(carol, to=f"leave+{token or carol.token}@{domain}"))
    row.refresh_from_db()
    assert row.state == "quarantined"
    assert not is_out(EMAIL)


# What it outlives


def test_erasing_the_address_leaves_the_way_out_open(carol):
    carol.erase()
    stored = Mailbox.objects.get()
    assert (stored.email, stored.email_key, stored.token) == ("", None, carol.token)
    page = Client().get(path_of(carol)).content.decode()
    assert "the one at which you got our mail" in page
    assert Client().post(path_of(carol)).status_code == 200
    assert is_out(EMAIL)


def test_whoever_left_and_was_erased_stays_out_when_they_buy(carol, notebook):
    leave(carol)
    carol.erase()
    Subscription.objects.all().delete()
    user = cast.buy(Contact(email="carol@EXAMPLE.net"), notebook).user
    user.refresh_from_db()
    assert user.opted_out_at
    assert MarketingChoice.objects.get().origin == "earlier"


def test_a_customer_leaves_by_a_link_whose_address_was_erased(alice, alices_mailbox):
    alices_mailbox.erase()
    Mailbox.objects.update(user=None)
    Client().post(path_of(alices_mailbox))
    alice.refresh_from_db()
    assert alice.opted_out_at
    assert is_out(alice.email)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_pressed_from_everywhere_at_once_it_happens_once_and_nobody_waits_in_a_circle(alice):
    mailbox = Mailbox.objects.at(alice.email)
    Mailbox.objects.update(user=alice)

    def press(number: int) -> int:
        if number % 3 == 2:
            User.objects.get(pk=alice.pk).opt_out("preferences")
            return 200
        return Client().post(path_of(mailbox)).status_code

    assert set(at_once(press, range(9))) == {200}
    assert MarketingChoice.objects.count() == Suppression.objects.filter(digest=digest_of(alice.email)).count() == 1

"""The links that confirm a change of address, and what kills them."""

import hashlib

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts import holds
from accounts.models import AddressChange
from mailroom.models import OutgoingMail
from tests.accounts.address_side import CONFIRM, OLD, PAGE, UNDO, ask, changed, follow, kinds, links_of, press
from tests.customer import log_in

pytestmark = pytest.mark.django_db


def test_looking_at_a_link_confirms_nothing(alice):
    for path in links_of(alice):
        for _scanner in range(3):
            client = follow(path)
            client.get(CONFIRM)
            client.head(path)
    assert not AddressChange.objects.exclude(old_confirmed_at=None, new_confirmed_at=None).exists()


def test_a_link_takes_no_post(alice):
    for path in links_of(alice):
        assert Client().post(path).status_code == 405


def test_tokens_are_random_and_kept_as_digests_alone(alice):
    old, new = (path.split("/")[-2] for path in links_of(alice))
    change = AddressChange.objects.get()
    assert (change.old_token_hash, change.new_token_hash) == tuple(hashlib.sha256(token.encode()).hexdigest() for token in (old, new))
    client = follow(f"{CONFIRM}{old}/")
    decoded = Session.objects.get(session_key=client.session.session_key).get_decoded()
    assert old not in str(decoded)
    assert old not in client.get(CONFIRM).content.decode()


def test_a_link_pressed_twice_says_the_same_and_does_nothing_more(alice):
    old, new = links_of(alice)
    for _press in range(2):
        assert press(old)["Location"] == PAGE
    for _press in range(2):
        assert press(new)["Location"] == "/resources/log-in/"
    assert "The address is changed" in follow(old).get(CONFIRM).content.decode()
    assert kinds(alice).count("address.change_confirmed") == 2
    assert kinds(alice).count("address.changed") == 1
    assert OutgoingMail.objects.filter(cause__startswith="address-changed").count() == 2


def test_a_link_that_was_used_says_so_and_has_no_button(alice):
    old, new = links_of(alice)
    client = follow(old)
    client.post(CONFIRM)
    page = client.get(CONFIRM).content.decode()
    assert "This link was used on" in page
    assert "<form" not in page
    assert "<form" in follow(new).get(CONFIRM).content.decode(), "the other one was not"


def test_one_link_twice_is_not_both_links(alice):
    old, _new = links_of(alice)
    for _press in range(3):
        press(old)
    alice.refresh_from_db()
    assert alice.email == OLD


@pytest.mark.parametrize("token", ["x", "%00", "%0a", "x" * 3000, "🗝", "..%2f", "0" * 64])
@pytest.mark.parametrize("page", [CONFIRM, UNDO])
def test_wrong_links_are_dead_links(alice, page, token):
    links_of(alice)
    assert Client().get(f"{page}{token}/").status_code == 404


def test_digests_are_no_tokens_and_each_token_has_its_page(alice):
    undo = changed(alice)
    change = AddressChange.objects.get()
    for token_hash in (change.old_token_hash, change.new_token_hash, change.undo_token_hash):
        assert Client().get(f"{CONFIRM}{token_hash}/").status_code == 404
        assert Client().get(f"{UNDO}{token_hash}/").status_code == 404
    assert Client().get(undo.replace("/undo/", "/confirm/")).status_code == 404


def test_without_a_link_the_pages_are_nobodys(alice, mallory):
    links_of(alice)
    for client in (Client(), log_in(mallory), log_in(alice)):
        for page in (CONFIRM, UNDO):
            assert client.get(page).status_code == client.post(page).status_code == 404


def test_links_lapse_after_three_days_and_asking_again_is_then_possible(alice):
    old, new = links_of(alice)
    client = follow(old)
    AddressChange.objects.update(asked_at=timezone.now() - AddressChange.LIFE)
    assert Client().get(new).status_code == client.post(CONFIRM).status_code == 404
    customer = log_in(alice)
    assert "A change is waiting" not in customer.get(PAGE).content.decode()
    assert ask(customer, "third@example.net").status_code == 302
    assert kinds(alice) == ["address.change_asked", "address.change_cancelled", "address.change_asked"]


def test_asking_again_cancels_the_earlier_wish(alice):
    links = links_of(alice)
    ask(log_in(alice), "third@example.net")
    for path in links:
        assert Client().get(path).status_code == 404
    assert AddressChange.objects.open(timezone.now()).get().new_email == "third@example.net"


def test_a_wish_is_cancelled_by_its_button_and_nobody_elses(alice, mallory):
    links = links_of(alice)
    log_in(mallory).post(f"{PAGE}cancel/")
    assert AddressChange.objects.open(timezone.now()).exists()
    client = log_in(alice)
    for _press in range(2):
        assert client.post(f"{PAGE}cancel/")["Location"] == "/resources/account/"
    for path in links:
        assert Client().get(path).status_code == 404
    assert kinds(alice) == ["address.change_asked", "address.change_cancelled"]


def test_an_account_on_hold_keeps_its_address(alice, ada):
    old, new = links_of(alice)
    press(old)
    hold = holds.place(alice, reason="sharing", text="We saw …", by=ada)
    answer = press(new)
    assert answer.status_code == 409
    assert "on hold" in answer.content.decode()
    alice.refresh_from_db()
    assert alice.email == OLD
    holds.lift(hold, by=ada, reason="sorted out")
    assert press(new)["Location"] == "/resources/log-in/"

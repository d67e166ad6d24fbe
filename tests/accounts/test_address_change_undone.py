"""A change of address is undone from the old one, as somebody would wish whose account was taken over."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import holds
from accounts.models import AddressChange
from mailroom.models import OutgoingMail
from tests import cast
from tests.accounts.address_side import NEW, OLD, UNDO, changed, follow, kinds, links_of, press
from tests.cast import PASSWORD
from tests.customer import link_in, log_in, mail_to, try_log_in

pytestmark = pytest.mark.django_db


def test_the_old_address_undoes_the_change(alice):
    """As the owner would wish whose account somebody took over: out with everybody, and a password of one's own."""
    undo = changed(alice)
    intruder = log_in(alice)
    Client().post("/resources/password/forgotten/", {"email": NEW})
    stolen = mail_to(NEW)
    client = follow(undo)
    assert OLD in client.get(UNDO).content.decode()
    assert intruder.get("/resources/").status_code == 200, "looking changes nothing"
    assert "The change is undone" in client.post(UNDO).content.decode()
    alice.refresh_from_db()
    assert (alice.email, alice.email_key) == (OLD, "alice@example.com")
    assert not alice.has_usable_password()
    assert intruder.get("/resources/").status_code == 302
    for address in (OLD, NEW):
        assert try_log_in(address, PASSWORD).status_code == 200
    assert Client().get(link_in(stolen)).status_code == 404
    assert kinds(alice)[-1] == "address.restored"
    assert "was undone" in mail_to(NEW).text
    assert OLD not in mail_to(NEW).text
    owner = Client()
    assert owner.get(link_in(mail_to(OLD)))["Location"] == "/resources/password/set/"
    owner.post("/resources/password/set/", {"new_password": "four green bicycles"})
    log_in(alice, password="four green bicycles")


def test_undoing_ends_what_the_intruder_did_next(alice):
    """Moved on to a third address, and a fourth asked for: no link of theirs leads anywhere any more."""
    undo = changed(alice)
    theirs = changed(alice, "third@example.net")
    asked = links_of(alice, "fourth@example.net")
    press(undo)
    alice.refresh_from_db()
    assert alice.email == OLD
    for path in asked:
        assert Client().get(path).status_code == 404
    assert press(theirs).status_code == 404
    alice.refresh_from_db()
    assert alice.email == OLD


def test_undoing_the_later_change_leaves_the_earlier_one(alice):
    first = changed(alice)
    press(changed(alice, "third@example.net"))
    alice.refresh_from_db()
    assert alice.email == NEW
    press(first)
    alice.refresh_from_db()
    assert alice.email == OLD


def test_undo_pressed_twice_undoes_once(alice):
    undo = changed(alice)
    for _press in range(2):
        assert "The change is undone" in press(undo).content.decode()
    assert kinds(alice).count("address.restored") == 1
    assert OutgoingMail.objects.filter(cause__startswith="address-restored").count() == 1


def test_a_link_that_was_used_says_so_and_has_no_button(alice):
    first = changed(alice)
    second = follow(changed(alice, "third@example.net"))
    client = follow(first)
    client.post(UNDO)
    page = client.get(UNDO).content.decode()
    assert "The change is undone" in page
    assert "<form" not in page
    assert second.get(UNDO).status_code == second.post(UNDO).status_code == 404, "it was undone with the first"


def test_undo_lapses_after_seven_days(alice):
    undo = changed(alice)
    AddressChange.objects.update(done_at=timezone.now() - AddressChange.UNDO + timedelta(minutes=1))
    client = follow(undo)
    AddressChange.objects.update(done_at=timezone.now() - AddressChange.UNDO - timedelta(minutes=1))
    assert client.post(UNDO).status_code == Client().get(undo).status_code == 404


def test_an_old_address_that_another_account_has_by_now_is_not_taken_from_it(alice, notebook):
    undo = changed(alice)
    other = cast.buy(cast.ALICE, notebook, order="A-2").user
    assert other.pk != alice.pk, "a purchase under the old address has opened an account"
    answer = press(undo)
    assert answer.status_code == 409
    assert "another account" in answer.content.decode()
    alice.refresh_from_db()
    other.refresh_from_db()
    assert (alice.email, other.email) == (NEW, OLD)
    assert alice.has_usable_password()
    assert "address.restored" not in kinds(alice)


def test_an_intruder_who_buys_under_the_old_address_does_not_keep_the_account(alice, ada, notebook):
    """Whoever holds the old mailbox stops the account at least, and staff clear up whose it is."""
    undo = changed(alice)
    cast.buy(cast.ALICE, notebook, order="A-2")
    intruder = log_in(alice)
    client = follow(undo)
    answers = [client.post(UNDO) for _press in range(2)]
    assert [answer.status_code for answer in answers] == [409, 409]
    assert "on hold from now on" in answers[0].content.decode()
    assert intruder.get("/resources/").status_code == 302
    assert log_in(alice, intruder).get("/resources/").status_code == 302
    hold = holds.hold_of(alice.pk)
    assert (hold.is_automatic, hold.evidence) == (True, [f"{OLD} → {NEW}"])
    assert alice.holds.count() == 1
    assert "nobody can use it" in mail_to(NEW).text
    holds.lift(hold, by=ada, reason="cleared up")
    log_in(alice)


def test_a_link_does_not_place_again_the_hold_that_staff_lifted(alice, ada, notebook):
    client = follow(changed(alice))
    cast.buy(cast.ALICE, notebook, order="A-2")
    client.post(UNDO)
    holds.lift(holds.hold_of(alice.pk), by=ada, reason="cleared up")
    answer = client.post(UNDO)
    assert answer.status_code == 409
    assert "on hold" not in answer.content.decode()
    assert alice.holds.count() == 1


def test_a_mailbox_does_not_stop_an_account_of_staff(alice, notebook):
    undo = changed(alice)
    cast.buy(cast.ALICE, notebook, order="A-2")
    type(alice).objects.filter(pk=alice.pk).update(is_staff=True)
    assert "on hold" not in press(undo).content.decode()
    assert holds.hold_of(alice.pk) is None


def test_the_owner_undoes_even_while_the_account_is_on_hold(alice, ada):
    undo = changed(alice)
    holds.place(alice, reason="taken over", text="We saw …", by=ada)
    press(undo)
    alice.refresh_from_db()
    assert alice.email == OLD

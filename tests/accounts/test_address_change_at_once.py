"""Both links, two customers, one undo: many at once, on a database that really works at once."""

import pytest

from accounts.models import AddressChange, LoginSession
from mailroom.models import OutgoingMail
from tests.accounts.address_side import CONFIRM, NEW, OLD, UNDO, ask, changed, follow, kinds, links_of, press
from tests.customer import log_in
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_time", range(3))
def test_both_links_at_once_and_each_several_times_change_the_address_once(alice, _time):
    paths = links_of(alice) * 3
    clients = [follow(path) for path in paths]
    answers = at_once(lambda number: clients[number].post(CONFIRM), range(6))
    assert {answer.status_code for answer in answers} == {302}
    assert "/resources/log-in/" in {answer["Location"] for answer in answers}
    alice.refresh_from_db()
    assert alice.email == NEW
    assert sorted(kinds(alice)) == ["address.change_asked"] + ["address.change_confirmed"] * 2 + ["address.changed"]
    assert OutgoingMail.objects.filter(cause__startswith="address-changed").count() == 2


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_time", range(3))
def test_of_two_customers_at_once_one_gets_the_address(alice, bob, _time):
    links = {user: links_of(user) for user in (alice, bob)}
    for old, _new in links.values():
        press(old)
    clients = [follow(new) for _old, new in links.values()]
    answers = at_once(lambda client: client.post(CONFIRM).status_code, clients)
    assert sorted(answers) == [302, 409]
    winner, loser = (alice, bob) if answers[0] == 302 else (bob, alice)
    old = loser.email
    for user in (winner, loser):
        user.refresh_from_db()
    assert (winner.email, loser.email) == (NEW, old)
    assert kinds(loser)[-1] == "address.change_cancelled"
    assert not LoginSession.objects.filter(user=loser, end_reason="address_changed").exists(), "nothing is done by half"
    assert OutgoingMail.objects.filter(cause__startswith="address-changed").count() == 2


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_undo_by_many_at_once_undoes_once(alice):
    undo = changed(alice)
    clients = [follow(undo) for _number in range(6)]
    assert set(at_once(lambda client: client.post(UNDO).status_code, clients)) == {200}
    alice.refresh_from_db()
    assert alice.email == OLD
    assert kinds(alice).count("address.restored") == 1
    assert OutgoingMail.objects.filter(cause__startswith="address-restored").count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_time", range(3))
def test_asking_many_times_at_once_leaves_one_wish(alice, _time):
    clients = [log_in(alice) for _number in range(4)]
    assert at_once(lambda number: ask(clients[number], f"new{number}@example.net").status_code, range(4)) == [302] * 4
    assert AddressChange.objects.filter(done_at=None, cancelled_at=None).count() == 1
    assert kinds(alice).count("address.change_cancelled") == 3


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_same_wish_sent_several_times_at_once_is_one(alice):
    client = log_in(alice)
    assert at_once(lambda _number: ask(client).status_code, range(3)) == [302] * 3
    assert kinds(alice) == ["address.change_asked"]
    assert OutgoingMail.objects.filter(cause__startswith="address-").count() == 2

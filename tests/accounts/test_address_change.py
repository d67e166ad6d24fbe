"""Changing the e-mail address: confirmed at both addresses, undone from the old one, and telling nobody who has an account."""

import hashlib
import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import holds
from accounts.models import AddressChange, LoginSession, User
from accounts.tasks import purge_address_changes
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from tests import cast
from tests.cast import PASSWORD
from tests.customer import Browser, link_in, log_in, mail_to, try_log_in
from tests.pages import words_of
from tests.threads import at_once

pytestmark = pytest.mark.django_db
PAGE = "/resources/account/address/"
CONFIRM, UNDO = f"{PAGE}confirm/", f"{PAGE}undo/"
OLD, NEW = "Alice@example.com", "alice.archer@example.net"


def ask(client: Client, address: str = NEW, password: str = PASSWORD, **options):
    return client.post(PAGE, {"new_email": address, "current_password": password}, **options)


def link(mail: OutgoingMail) -> str:
    found = re.search(r"http://localhost:\d+(/resources/account/address/\w+/[\w-]{43}/)", mail.text)
    assert found, mail.text
    return found[1]


def follow(path: str, client: Client | None = None) -> Client:
    """A browser in which the link is open, and its button not yet pressed."""
    client = client or Client()
    answer = client.get(path)
    assert answer["Location"] == path.rsplit("/", 2)[0] + "/", answer.content.decode()
    return client


def press(path: str, client: Client | None = None):
    return follow(path, client).post(path.rsplit("/", 2)[0] + "/")


def links_of(user: User, address: str = NEW) -> tuple[str, str]:
    """Ask for a change; the links in the mails to the old and to the new address."""
    old = user.email
    assert ask(log_in(user), address)["Location"] == PAGE
    return link(mail_to(old)), link(mail_to(address))


def changed(user: User, address: str = NEW) -> str:
    """Change the address; returns the link that undoes it."""
    old = user.email
    for path in links_of(user, address):
        press(path)
    user.refresh_from_db()
    assert user.email == address
    return link(mail_to(old))


def kinds(user: User) -> list[str]:
    return list(AuditEvent.objects.filter(user=user, kind__startswith="address.").order_by("pk").values_list("kind", flat=True))


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
    page = client.get("/resources/log-in/").content.decode()
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


def test_only_who_knows_the_password_may_ask(alice):
    client = log_in(alice)
    answer = ask(client, password="wrong")
    assert "not your present password" in answer.content.decode()
    assert not AddressChange.objects.exists()
    assert [ask(client, password="wrong").status_code for _try in range(10)][-1] == 429


def test_staff_do_not_change_their_address_here(ada):
    client = log_in(ada)
    assert "belongs to a member of staff" in client.get(PAGE).content.decode()
    assert ask(client).status_code == 403
    assert not AddressChange.objects.exists()


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


@pytest.mark.parametrize("password", ["", "x" * 10_000, "\x00", "é" * 300])
def test_whatever_is_typed_as_password_gets_an_answer(alice, password):
    assert ask(log_in(alice), password=password).status_code == 200


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


# Nobody learns who has an account


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


# Links


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
        assert client.post(f"{PAGE}cancel/")["Location"] == PAGE
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


# Undoing


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


def test_the_owner_undoes_even_while_the_account_is_on_hold(alice, ada):
    undo = changed(alice)
    holds.place(alice, reason="taken over", text="We saw …", by=ada)
    press(undo)
    alice.refresh_from_db()
    assert alice.email == OLD


# Limits, cost, retention


def test_asking_is_limited_for_each_account(alice):
    client = log_in(alice)
    assert [ask(client, f"new{number}@example.net").status_code for number in range(6)] == [302] * 5 + [429]


def test_a_mailbox_cannot_be_flooded_through_many_accounts(alice, bob, mallory, ada):
    User.objects.filter(pk=ada.pk).update(is_staff=False)
    codes = [ask(log_in(user), "victim@example.net").status_code for user in (alice, bob, mallory, ada)]
    assert codes == [302, 302, 302, 429]


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


# At once


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

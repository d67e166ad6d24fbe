"""Who may learn and have what: nothing without the mailbox, and no page tells a stranger whose address is known here."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import holds
from accounts.models import User
from downloads.models import Entitlement, UnlockCode
from mailroom.models import OutgoingMail
from promotions.models import Promotion, Redemption
from tests.pages import words_of
from tests.promotions.walk import DONE, EMAIL, MAIL, REGISTER, come_by_promotion, confirm, enter, latest_mail, link_in, register, typed_in

pytestmark = pytest.mark.django_db
BOB = "bob@example.org"


def seen_by_a_stranger(email: str, code: str = "WELCOME26", entered: Client | None = None) -> list[tuple[int, str, str]]:
    """All that a browser is shown that registers this address and knows no mailbox, without the address itself."""
    client = entered or Client()
    if not entered:
        enter(client, code)
    answers = [client.post(REGISTER, {"email": email}), client.get(REGISTER), client.get(MAIL)]
    answers += [client.post(MAIL, {"typed": "0000-0000"}), client.get(DONE), client.post(REGISTER, {"email": email}), client.get(MAIL)]
    return [
        (
            answer.status_code,
            answer.get("Location", ""),
            words_of(answer.content.decode()).replace(email.lower(), "ADDRESS").replace(email, "ADDRESS"),
        )
        for answer in answers
    ]


@pytest.fixture
def registered(shared) -> User:
    """Somebody who came by the promotion."""
    come_by_promotion("Rosa@example.com")
    return User.objects.get()


# Nobody learns whose address is known


@pytest.mark.parametrize("email", ["rosa@example.com", "ROSA@example.COM", "rosa+2@example.com", "alice@example.com", "held@example.com"])
def test_every_address_is_answered_alike(shared, registered, alice, email):
    register(Client(), email="held@example.com")
    assert seen_by_a_stranger(email) == seen_by_a_stranger("nobody@example.com")


@pytest.mark.parametrize("email", ["rosa@example.com", "rosa+2@example.com", "alice@example.com"])
@pytest.mark.parametrize("change", [{"limit": 1}, {"ends_at": timezone.now() - timedelta(days=1)}, {"stopped_at": timezone.now()}])
def test_every_address_is_answered_alike_where_no_place_is_left(shared, registered, alice, email, change):
    entered = [Client(), Client()]
    for client in entered:
        enter(client)
    Promotion.objects.update(**change)
    known, unknown = (seen_by_a_stranger(one, entered=client) for one, client in zip((email, "nobody@example.com"), entered, strict=True))
    assert known == unknown


def test_whose_single_use_code_it_was_is_told_by_mail_alone(single):
    come_by_promotion(EMAIL, single.code)
    mails = OutgoingMail.objects.count()
    assert seen_by_a_stranger(EMAIL, single.code) == seen_by_a_stranger(BOB, single.code)
    assert OutgoingMail.objects.count() == mails + 2, "two presses, two reminders"
    assert OutgoingMail.objects.latest("pk").to == EMAIL


def test_a_full_promotion_still_mails_the_first_result(shared, registered):
    client = Client()
    enter(client)
    Promotion.objects.update(limit=1)
    client.post(REGISTER, {"email": "rosa@example.com"})
    assert OutgoingMail.objects.latest("pk").subject == "You have it already: Spring offer"


@pytest.mark.parametrize("email", ["rosa@example.com", "rosa+2@example.com"])
def test_a_known_address_is_as_much_work_as_an_unknown_one(shared, registered, email):
    """One try at each: whoever tries once more has registered the address themselves."""
    counts = []
    for one in ("warm-up@example.com", "nobody@example.com", email):
        client, mails = Client(), OutgoingMail.objects.count()
        enter(client)
        with CaptureQueriesContext(connection) as queries:
            client.post(REGISTER, {"email": one})
        assert OutgoingMail.objects.count() == mails + 1
        counts.append(len(queries))
    assert abs(counts[1] - counts[2]) <= 5


def test_nobody_is_mailed_without_end(shared, registered):
    """Neither by asking again, nor under ever new variants of the address."""
    before = OutgoingMail.objects.count()
    for number in range(12):
        register(Client(), email="rosa@example.com")
        register(Client(), email=f"rosa+{number}@example.com")
    assert OutgoingMail.objects.count() - before == 2


def test_limits_of_more_than_one_are_of_persons(shared, single):
    Promotion.objects.update(limit_per_person=2)
    come_by_promotion(EMAIL)
    come_by_promotion(EMAIL, single.code)
    assert Entitlement.objects.count() == 2
    register(Client(), email="alice+3@example.com")
    assert OutgoingMail.objects.latest("pk").subject == "Registered already: Spring offer"


# Nothing without the mailbox


def test_whoever_registers_anothers_address_gets_nothing_of_it(client, registered):
    code = UnlockCode.objects.get().code
    register(client, email="rosa@example.com")
    for path in (REGISTER, MAIL, DONE):
        assert code not in client.get(path, follow=True).content.decode()
    assert "Choose a password" not in client.get(DONE, follow=True).content.decode()


def test_the_rightful_owners_proof_is_not_the_strangers(client, shared):
    register(client)
    confirm()
    assert UnlockCode.objects.get().code not in client.get(DONE, follow=True).content.decode()


def test_a_turned_away_variant_cannot_be_confirmed(client, registered):
    register(client, email="rosa+2@example.com")
    refused = Redemption.objects.get(state="refused")
    assert "confirm" not in latest_mail("rosa+2@example.com")
    for typed in ("", "0000-0000", str(refused.key), str(refused.pk)):
        client.post(MAIL, {"typed": typed})
    assert Entitlement.objects.count() == 1


def test_a_link_of_one_key_is_no_link_of_another(client, shared):
    register(client)
    link = link_in(latest_mail())
    register(Client(), email=BOB)
    key, _dot, signature = link.rstrip("/").rpartition("/")[2].partition(".")
    other = Redemption.objects.get(email=BOB).key
    for token in (f"{other}.{signature}", f"{key}.", key, f"{key}.{signature[:-1]}", f"{key}.{signature}x", f"{key}:{signature}x"):
        assert Client().post(f"/promotions/spring/confirm/{token}/").status_code == 404
    assert not Entitlement.objects.exists()


# Accounts on hold, and of staff


@pytest.mark.parametrize("closed", [False, True])
def test_the_owner_of_an_account_on_hold_is_told_so_once_the_mailbox_is_proved(shared, alice, ada, closed):
    hold = holds.place(alice, reason="x", text="Your account was used in two towns at once.")
    if closed:
        holds.close(hold, by=ada, reason="no answer", text="We have closed it.")
    assert register(Client())["Location"] == MAIL, "a stranger learns nothing of it"
    answer = confirm()
    assert answer.status_code == 403
    assert "Your account is on hold" in answer.content.decode()
    assert "two towns" not in answer.content.decode(), "why is told behind the password"
    assert Entitlement.objects.filter(user=alice).count() == 1
    assert Redemption.objects.get().state == "held"
    assert Promotion.objects.values_list("used", "held").get() == (0, 1)


def test_once_it_is_lifted_the_same_link_confirms(shared, alice, ada):
    hold = holds.place(alice, reason="x", text="x")
    register(Client())
    link = link_in(latest_mail())
    Client().post(link)
    holds.lift(hold, by=ada, reason="cleared up")
    Client().post(link)
    assert Entitlement.objects.filter(user=alice).count() == 2


def test_a_hold_that_comes_later_hides_what_the_link_showed(client, shared, ada):
    register(client)
    link = link_in(latest_mail())
    confirm()
    holds.place(User.objects.get(email_key="alice@example.com"), reason="x", text="x")
    page = client.get(link).content.decode()
    assert UnlockCode.objects.get().code not in page
    assert "Choose a password" not in page


def test_an_account_with_another_address_meanwhile_is_not_shown_to_the_old_mailbox(client, shared):
    register(client)
    link = link_in(latest_mail())
    confirm()
    user = User.objects.get()
    user.email = "elsewhere@example.com"
    user.save()
    page = client.get(link).content.decode()
    assert UnlockCode.objects.get().code not in page
    assert "elsewhere" not in page


def test_an_address_of_staff_is_a_customers_here_and_gains_nothing_else(shared, ada):
    come_by_promotion(ada.email)
    assert Entitlement.objects.get().user == ada
    after = User.objects.get(pk=ada.pk)
    assert (after.get_all_permissions(), after.password, after.is_staff) == (ada.get_all_permissions(), ada.password, True)


def test_an_ended_registration_is_not_confirmed_again(shared):
    register(Client())
    link = link_in(latest_mail())
    Client().post(link)
    Redemption.objects.update(state="ended")
    answer = Client().post(link)
    assert answer.status_code == 410
    assert "We have ended this registration." in answer.content.decode()
    assert Client().get(link).status_code == 200
    assert Entitlement.objects.count() == 1


def test_typed_codes_are_slowed_and_the_link_still_works(client, shared):
    register(client)
    link = link_in(latest_mail())
    for _time in range(11):
        answer = client.post(MAIL, {"typed": "0000-0000"})
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert client.post(MAIL, {"typed": typed_in(latest_mail())}).status_code == 429
    assert client.post(link)["Location"] == link

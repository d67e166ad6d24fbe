"""Ending what a promotion gave (R2): hold, then close, for accounts that have nothing else; of all others no more than the promotion gave."""

import pytest

from accounts import holds
from accounts.models import Hold, MisuseFinding, User
from audit.models import AuditEvent
from downloads.models import Entitlement, UnlockCode
from mailroom.models import OutgoingMail
from promotions import ending
from promotions.ending import Ground, is_promotional, step_of
from promotions.models import Promotion, Redemption
from promotions.tasks import purge_registrations, watch_promotions
from tests.cast import PASSWORD
from tests.customer import log_in
from tests.promotions.walking import confirm, register, registered
from tests.staff import request_of, staff_log_in
from tests.threads import at_once

pytestmark = pytest.mark.django_db
REASON = {"ground": "sold", "reason": "Its unlock code stands in an auction."}
TEXT = "Your unlock code was offered for sale."


@pytest.fixture
def staff(ada):
    return staff_log_in(ada)


@pytest.fixture
def visitor(shared) -> User:
    """Came by the promotion, and has nothing else."""
    register("WELCOME26", "visitor@example.com")
    user = confirm("visitor@example.com").user
    user.set_password(PASSWORD)
    user.save()
    return user


def pages_of(redemption: Redemption) -> str:
    return f"/staff/promotions-live/registrations/{redemption.pk}/"


def end(staff, redemption: Redemption, step: str, **changes: str):
    return staff.post(f"{pages_of(redemption)}end/", REASON | {"text": TEXT, "step": step} | changes)


# Accounts that came by promotions alone


def test_the_account_is_held_first_and_the_customer_can_answer(staff, visitor, ada):
    redemption = Redemption.objects.get()
    form = staff.get(f"{pages_of(redemption)}end/").content.decode()
    assert "It is put on hold first" in form
    assert Hold.objects.count() == 0, "a look at the form does nothing"
    customer = log_in(visitor)
    assert end(staff, redemption, "hold")["Location"] == pages_of(redemption)
    hold = Hold.objects.get()
    assert (hold.user, hold.placed_by, hold.text) == (visitor, ada, TEXT)
    assert hold.reason == "what the promotion gave was sold or passed on. Its unlock code stands in an auction."
    assert hold.evidence == [{"registration": redemption.pk, "promotion": "spring", "ground": "sold"}]
    assert customer.get("/resources/").status_code == 302
    assert TEXT in OutgoingMail.objects.get(cause=f"hold-placed:{hold.pk}").text
    redemption.refresh_from_db()
    assert redemption.state == "confirmed"
    assert Entitlement.objects.get(user=visitor).units_left == 1, "nothing is taken before the customer was heard"


def test_then_it_is_closed_and_what_the_promotion_gave_is_taken_back(staff, visitor):
    redemption = Redemption.objects.get()
    end(staff, redemption, "hold")
    holds.appeal(Hold.objects.get(), "It was my brother.", request_of(visitor))
    form = staff.get(f"{pages_of(redemption)}end/").content.decode()
    assert "It was my brother." in form, "who decides reads what the customer wrote"
    end(staff, redemption, "close")
    redemption.refresh_from_db()
    hold = Hold.objects.get()
    assert hold.closed_at is not None
    assert (redemption.state, redemption.end_text) == ("ended", TEXT)
    owned = Entitlement.objects.get(user=visitor)
    assert (owned.units_left, owned.remaining) == (0, 0)
    assert not UnlockCode.objects.valid().filter(entitlement=owned).exists()
    assert Promotion.objects.values_list("used", "held").get() == (1, 0), "an ended use is not there for the next one"
    mail = OutgoingMail.objects.get(cause=f"account-closed:{hold.pk}")
    assert TEXT in mail.text
    assert "page on which you can write to us" in " ".join(mail.text.split())
    event = AuditEvent.objects.get(kind="registration.ended")
    assert (event.user, event.detail["role"]) == (visitor, "Administration")


def test_who_was_right_has_everything_back(staff, visitor):
    redemption = Redemption.objects.get()
    code = UnlockCode.objects.get(entitlement__user=visitor)
    end(staff, redemption, "hold")
    end(staff, redemption, "close")
    assert staff.post(f"{pages_of(redemption)}reinstate/", {"reason": "The auction was a copy."}).status_code == 302
    holds.lift(Hold.objects.get(), by=User.objects.get(email="ada@vendor.example"), reason="The auction was a copy.")
    redemption.refresh_from_db()
    assert (redemption.state, Entitlement.objects.get(user=visitor).units_left) == ("confirmed", 1)
    assert UnlockCode.objects.valid().filter(pk=code.pk).exists()
    assert "yours again" in OutgoingMail.objects.get(cause__startswith="registration-reinstated:").subject
    assert log_in(visitor).get("/resources/").status_code == 200


# Accounts that have purchases too


def test_of_an_account_with_a_purchase_only_what_the_promotion_gave_is_taken_back(staff, shared, alice, alices):
    register("WELCOME26", "alice@example.com")
    redemption = confirm("alice@example.com")
    assert redemption.user == alice
    assert not is_promotional(alice)
    form = staff.get(f"{pages_of(redemption)}end/").content.decode()
    assert "so it stays open" in form
    end(staff, redemption, "take_back")
    redemption.refresh_from_db()
    assert redemption.state == "ended"
    assert [one.units_left for one in Entitlement.objects.filter(user=alice).order_by("pk")] == [1, 0]
    assert Hold.objects.count() == 0
    assert log_in(alice).get("/resources/").status_code == 200
    mail = OutgoingMail.objects.get(cause__startswith="registration-ended:")
    text = " ".join(mail.text.split())
    assert mail.to == alice.email
    assert TEXT in text
    assert "what you bought stays yours" in text
    assert "Are we wrong? Write to" in text


def test_such_an_account_is_neither_held_nor_closed_whatever_is_sent(staff, shared, alice):
    register("WELCOME26", "alice@example.com")
    redemption = confirm("alice@example.com")
    for step in ("hold", "close", "", "cancel", "x"):
        page = end(staff, redemption, step)
        assert page.status_code == 200
    redemption.refresh_from_db()
    assert (redemption.state, Hold.objects.count()) == ("confirmed", 0)


def test_what_was_bought_and_refunded_is_a_purchase_too(staff, visitor):
    AuditEvent.objects.create(kind="purchase.recorded", user=visitor, detail={})
    redemption = Redemption.objects.get()
    assert step_of(redemption).value == "take_back"
    assert "Nothing was done" in end(staff, redemption, "hold").content.decode()
    assert Hold.objects.count() == 0


def test_a_purchase_between_hold_and_close_keeps_the_account(staff, visitor, mailer):
    redemption = Redemption.objects.get()
    end(staff, redemption, "hold")
    Entitlement.objects.grant(visitor, mailer, None, 1, "partner", "order 7")
    assert "Nothing was done" in end(staff, redemption, "close").content.decode()
    assert Hold.objects.get().closed_at is None


# What is no ground


def test_an_address_is_no_ground():
    assert not any("address" in str(ground.label) or "network" in str(ground.label) for ground in Ground)


@pytest.mark.parametrize("ground", ["", "ip", "network"])
def test_without_a_ground_nothing_happens(staff, visitor, ground):
    page = end(staff, Redemption.objects.get(), "hold", ground=ground)
    assert "nothing was done" in page.content.decode()
    assert Hold.objects.count() == 0


def test_no_network_and_no_sweep_ends_or_holds_an_account(shared, visitor):
    """A hundred registrations from one address, all of them found: the account that came from there goes on."""
    for number in range(120):
        registered(shared, f"x{number}@mailinator.com", "198.51.100.1")
        AuditEvent.objects.create(kind="registration.held", ip="198.51.100.1", detail={"promotion": "spring"})
    watch_promotions()
    assert MisuseFinding.objects.filter(state="open").exists()
    assert Redemption.objects.get(user=visitor).state == "confirmed"
    assert Hold.objects.count() == 0
    assert log_in(visitor).get("/resources/").status_code == 200


# Not confirmed yet


def test_one_that_waits_is_cancelled_and_its_use_is_free_again(staff, single):
    register(single.code, "waits@example.com")
    redemption = Redemption.objects.get()
    link = OutgoingMail.objects.latest("pk").text
    staff.post(f"{pages_of(redemption)}end/", REASON | {"step": "cancel"})
    single.refresh_from_db()
    redemption.refresh_from_db()
    assert (redemption.state, single.held, Promotion.objects.get().held) == ("ended", 0, 0)
    path = link[link.index("/promotions/spring/confirm/") :].split()[0]
    assert staff.post(path).status_code == 410
    assert not User.objects.filter(email="waits@example.com").exists()
    Redemption.objects.update(held_until=redemption.held_at.replace(year=2020))
    assert purge_registrations() == 1


# Who may


@pytest.mark.parametrize("page", ["", "end/", "reinstate/"])
def test_who_may_not(client, visitor, alice, sam, page):
    path = f"{pages_of(Redemption.objects.get())}{page}"
    assert client.get(path).status_code == 302
    assert log_in(alice).get(path).status_code == 302
    assert staff_log_in(sam).get(path).status_code in (403, 404)


def test_support_sees_the_registrations_of_opened_customers_alone(sams, shared, alice, visitor):
    register("WELCOME26", "alice@example.com")
    alices_own = confirm("alice@example.com")
    assert sams.get(pages_of(alices_own)).status_code == 200
    assert sams.get(pages_of(Redemption.objects.get(user=visitor))).status_code == 404
    assert sams.post(f"{pages_of(alices_own)}end/", REASON).status_code == 403


def test_nobody_decides_about_themselves(staff, shared, ada):
    register("WELCOME26", ada.email)
    redemption = confirm(ada.email)
    assert "Nobody decides about themselves" in end(staff, redemption, "take_back").content.decode()
    redemption.refresh_from_db()
    assert redemption.state == "confirmed"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_who_end_it_at_once_one_does(shared, alice, ada):
    register("WELCOME26", "alice@example.com")
    redemption = confirm("alice@example.com")

    def try_to_end(_number: int) -> bool:
        try:
            values = {"ground": Ground.SOLD, "by": ada, "reason": "x", "text": TEXT, "request": request_of(ada)}
            ending.end(redemption, ending.Step.TAKE_BACK, **values)
        except ending.Changed:
            return False
        return True

    assert sorted(at_once(try_to_end, range(8))) == [False] * 7 + [True]
    assert AuditEvent.objects.filter(kind="registration.ended").count() == 1
    assert OutgoingMail.objects.filter(cause__startswith="registration-ended:").count() == 1

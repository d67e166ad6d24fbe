"""What staff do with holds: place, lift, close, each once, by whoever may, and never about themselves."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import holds
from accounts.models import Appeal, Hold, User
from accounts.roles import SUPPORT
from audit.models import AuditEvent
from tests import cast
from tests.accounts.test_holds import put_on_hold
from tests.customer import log_in, mail_to, try_log_in
from tests.pages import words_of
from tests.staff import open_record, staff_log_in

pytestmark = pytest.mark.django_db
ADD = "/staff/accounts/hold/add/"
LIST = "/staff/accounts/hold/"


def form(user: User, /, **values: str) -> dict[str, str]:
    return {
        "user": str(user.pk),
        "reason": "two towns at once",
        "text": "Please write to us.",
        "evidence": "Leeds 14:02\n\n Lima 14:40 ",
    } | values


def place_of(hold: Hold, verb: str = "change") -> str:
    return f"/staff/accounts/hold/{hold.pk}/{verb}/"


def said(answer) -> str:
    return words_of(answer.content.decode())


def allow(user: User, *names: str) -> None:
    for name in names:
        user.user_permissions.add(Permission.objects.get(codename=name))


@pytest.fixture
def staff(ada) -> Client:
    return staff_log_in(ada)


def test_a_hold_is_placed_with_all_that_belongs_to_it(staff, ada, alice):
    customer = log_in(alice)
    assert "Perhaps there is a good reason" in staff.get(ADD, {"user": alice.pk}).content.decode(), "there is a sensible text already"
    day = timezone.localtime() + timedelta(days=3)
    answer = staff.post(ADD, form(alice, expires_at_0=f"{day:%Y-%m-%d}", expires_at_1="12:00"), follow=True)
    hold = Hold.objects.get()
    assert "was added successfully" in said(answer)
    assert (hold.user, hold.placed_by, hold.evidence) == (alice, ada, ["Leeds 14:02", "Lima 14:40"])
    assert timezone.localtime(hold.expires_at).date() == day.date()
    assert customer.get("/resources/").status_code == 302
    assert "Please write to us." in mail_to(alice.email).text
    event = AuditEvent.objects.get(kind="hold.placed")
    assert (event.user, event.actor, event.ip, event.detail) == (alice, ada, "127.0.0.1", {"hold": hold.pk, "role": "Administration"})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reason": ""}, "This field is required"),
        ({"text": " "}, "This field is required"),
        ({"user": ""}, "This field is required"),
        ({"user": "999999"}, "Select a valid choice"),
        ({"user": "\x00"}, "Null characters"),
        ({"user": "alice"}, "Select a valid choice"),
        ({"expires_at_0": "2020-01-01", "expires_at_1": "12:00"}, "over already"),
        ({"expires_at_0": "9999-12-31", "expires_at_1": "23:59"}, "Nobody waits for that long"),
        ({"expires_at_0": "soon", "expires_at_1": ""}, "Enter a valid date"),
        ({"text": "x" * 4001}, "4001 characters"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_placed(staff, alice, changes, words):
    User.objects.filter(pk=alice.pk).update(time_zone="Pacific/Kiritimati")  # where the last day of the calendar is over first
    answer = staff.post(ADD, form(alice, **changes))
    assert (answer.status_code, words in answer.content.decode()) == (200, True)
    assert not Hold.objects.exists()


@pytest.mark.parametrize("user", ["alice", "-1", "9" * 30, "1,2"])
def test_a_link_that_names_nobody_opens_an_empty_form(staff, user):
    assert staff.get(ADD, {"user": user}).status_code == 200


def test_one_account_has_one_hold(staff, alice):
    put_on_hold(alice)
    assert "on hold already" in said(staff.post(ADD, form(alice)))
    assert Hold.objects.count() == 1


def test_nobody_holds_themselves_and_only_administration_holds_staff(staff, ada, sam, alice):
    assert "Nobody puts themselves on hold" in said(staff.post(ADD, form(ada)))
    allow(sam, "add_hold", "view_hold", "change_hold", "view_user", "monitor_user")
    sams = staff_log_in(sam)
    for colleague in (ada, sam, cast.make_staff("sue@vendor.example", SUPPORT)):
        assert "members of staff are for administration to decide" in said(sams.post(ADD, form(colleague)))
    assert not Hold.objects.exists()
    assert sams.post(ADD, form(alice)).status_code == 302
    assert staff.post(ADD, form(sam)).status_code == 302
    assert sorted(Hold.objects.values_list("user__email", flat=True)) == sorted([alice.email, sam.email])


def test_the_rule_holds_whoever_asks(ada, sam, alice):
    for by, user in ((ada, ada), (sam, ada), (sam, sam)):
        with pytest.raises(holds.MayNot):
            put_on_hold(user, by=by)
    hold = put_on_hold(ada)
    for verb in (holds.lift, holds.close):
        with pytest.raises(holds.MayNot):
            verb(hold, by=sam, reason="x", **({"text": "x"} if verb is holds.close else {}))


def test_lifting_asks_for_a_reason_tells_the_customer_and_opens_the_account(staff, ada, alice):
    hold = put_on_hold(alice)
    assert place_of(hold, "lift") in staff.get(place_of(hold)).content.decode()
    assert "can log in again" in said(staff.get(place_of(hold, "lift")))
    assert "This field is required" in said(staff.post(place_of(hold, "lift"), {"reason": ""}))
    assert Hold.objects.get().ended_at is None
    answer = staff.post(place_of(hold, "lift"), {"reason": "a family with four computers"}, follow=True)
    assert "The hold is lifted, and the customer is told by mail." in said(answer)
    assert "a family with four computers" in said(answer)
    assert place_of(hold, "lift") not in answer.content.decode()
    hold.refresh_from_db()
    assert (hold.end, hold.ended_by, hold.end_reason) == ("lifted", ada, "a family with four computers")
    assert "we have lifted the hold of your account" in mail_to(alice.email).text
    assert AuditEvent.objects.get(kind="hold.lifted").actor == ada
    log_in(alice)


def test_closing_asks_twice_and_opening_again_is_possible(staff, ada, alice):
    hold = put_on_hold(alice, expires_at=timezone.now() + timedelta(days=1))
    values = {"reason": "three warnings", "text": "We have closed it."}
    assert staff.post(place_of(hold, "close"), values).status_code == 200, "not without the tick"
    assert Hold.objects.get().closed_at is None
    assert "The account is closed" in said(staff.post(place_of(hold, "close"), values | {"sure": "on"}, follow=True))
    hold.refresh_from_db()
    assert hold.closed_at
    assert (hold.expires_at, hold.ended_at) == (None, None)
    assert "three warnings" in hold.reason
    assert AuditEvent.objects.get(kind="account.closed").actor == ada
    assert try_log_in(alice.email, cast.PASSWORD)["Location"] == "/resources/log-in/held/"
    page = staff.get(place_of(hold)).content.decode()
    assert "Open the account again" in page
    assert place_of(hold, "close") not in page
    staff.post(place_of(hold, "lift"), {"reason": "we were wrong", "was_closed": "True"})
    assert "is open again" in mail_to(alice.email).text
    log_in(alice)


def test_facts_are_never_edited_and_never_deleted(staff, alice):
    hold = put_on_hold(alice)
    before = Hold.objects.values().get()
    assert staff.post(place_of(hold), {"reason": "another", "text": "another", "user": "1"}).status_code == 403
    assert staff.post(place_of(hold, "delete"), {"post": "yes"}).status_code == 403
    staff.post(LIST, {"action": "delete_selected", "_selected_action": [hold.pk], "post": "yes"})
    assert Hold.objects.values().get() == before


def test_get_never_lifts_or_closes(staff, alice):
    hold = put_on_hold(alice)
    for verb in ("lift", "close"):
        staff.get(place_of(hold, verb), {"reason": "x", "text": "x", "sure": "on"})
    assert Hold.objects.in_force(timezone.now()).filter(closed_at=None).count() == 1


def test_the_appeals_stand_beside_the_hold_until_they_are_destroyed(staff, ada, alice):
    hold = put_on_hold(alice)
    Appeal.objects.create(hold=hold, text="My sister has moved to Lima.")
    for page in (place_of(hold), place_of(hold, "lift"), place_of(hold, "close")):
        assert "My sister has moved to Lima." in staff.get(page).content.decode()
    holds.lift(hold, by=ada, reason="x")
    assert "My sister" not in staff.get(place_of(hold)).content.decode()


def test_the_list_has_what_waits_on_top_and_filters(staff, ada, alice, bob, mallory, sam):
    lifted = put_on_hold(mallory, by=ada)
    holds.lift(lifted, by=ada, reason="x")
    put_on_hold(alice, by=ada)
    Appeal.objects.create(hold=put_on_hold(bob), text="please")
    holds.close(put_on_hold(sam, by=ada), by=ada, reason="x", text="x")

    def listed(**query: str) -> list[str]:
        return [str(hold.user) for hold in staff.get(LIST, query).context["cl"].result_list]

    assert listed() == [bob.email, sam.email, alice.email, mallory.email]
    assert listed(state="in_force") == [bob.email, sam.email, alice.email]
    assert listed(state="appealed") == [bob.email]
    assert listed(state="closed") == [sam.email]
    assert listed(state="ended") == [mallory.email]
    assert listed(state="automatic") == [bob.email]
    assert listed(q="bob@") == [bob.email]
    assert listed(user__id__exact=str(alice.pk)) == [alice.email]
    assert staff.get(LIST, {"state": "\x00"}).status_code in (200, 302, 400)


def test_the_customers_page_leads_to_holds_and_to_a_new_one(staff, alice):
    page = staff.get(f"/staff/accounts/user/{alice.pk}/change/").content.decode()
    assert f"{ADD}?user={alice.pk}" in page
    assert f"{LIST}?user__id__exact={alice.pk}" in page


def test_who_may_do_what_follows_the_permissions(sam, alice):
    hold, client = put_on_hold(alice), staff_log_in(sam)
    pages = (LIST, place_of(hold), ADD, place_of(hold, "lift"), place_of(hold, "close"))

    def statuses() -> list[int]:
        return [client.get(page).status_code for page in pages]

    assert statuses() == [200, 404, 403, 403, 403]
    open_record(client, alice)
    assert statuses() == [200, 200, 403, 403, 403]
    assert place_of(hold, "lift") not in client.get(place_of(hold)).content.decode()
    assert client.post(place_of(hold, "lift"), {"reason": "x"}).status_code == 403
    allow(sam, "change_hold", "add_hold")
    assert statuses() == [200] * 5
    for stranger in (Client(), log_in(User.objects.create_user("eve@example.com", cast.PASSWORD))):
        assert {stranger.get(page).status_code for page in pages} == {302}


@pytest.mark.parametrize("number", ["0", "999999"])
def test_numbers_that_mean_nothing_are_404(staff, number):
    for verb in ("lift", "close"):
        assert staff.get(f"/staff/accounts/hold/{number}/{verb}/").status_code == 404


def test_whoever_is_overtaken_by_a_colleague_is_told(staff, ada, alice):
    hold = put_on_hold(alice)
    holds.close(hold, by=ada, reason="x", text="x")
    assert "was closed meanwhile" in said(staff.post(place_of(hold, "lift"), {"reason": "harmless"}, follow=True))
    values = {"reason": "again", "text": "again", "sure": "on"}
    assert "was closed meanwhile" in said(staff.post(place_of(hold, "close"), values, follow=True))
    assert Hold.objects.get().ended_at is None
    holds.lift(Hold.objects.get(), by=ada, reason="x")
    assert "had ended already" in said(staff.post(place_of(hold, "lift"), {"reason": "harmless", "was_closed": "True"}, follow=True))
    assert AuditEvent.objects.filter(kind="hold.lifted").count() == 1


def test_the_pages_take_so_many_queries_however_many_there_are(staff, ada, alice):
    hold = put_on_hold(alice, by=ada)

    def queries(page: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert staff.get(page).status_code == 200
        return len(captured)

    pages = (LIST, place_of(hold), place_of(hold, "lift"))
    assert staff.get(place_of(hold)).status_code == 200, "the first look at a customer is recorded"
    before = [queries(page) for page in pages]
    for number in range(20):
        other = put_on_hold(User.objects.create_user(f"u{number}@example.com"), by=ada)
        Appeal.objects.create(hold=other, text="please")
    Appeal.objects.bulk_create(Appeal(hold=hold, text=str(number)) for number in range(20))
    assert [queries(page) for page in pages] == before
    assert before == [7, 8, 8]

"""What administration looks at, and what staff change, is recorded for the customer."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import LoginSession, MisuseFinding, User
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from privacy.staff import StaffAdmin
from support.models import Feedback, FeedbackTag
from tests.customer import log_in
from tests.pages import words_of
from tests.staff import REASON, open_record, page_of, pass_time, records_opened, staff_log_in

pytestmark = pytest.mark.django_db


# What administration looks at


def test_what_administration_looks_at_is_recorded_once_an_hour(ada, alice, alices):
    client = staff_log_in(ada)
    for path in (
        page_of(alice),
        page_of(alice),
        f"/staff/downloads/entitlement/{alices.pk}/change/",
        f"/staff/accounts/user/{alice.pk}/history/",
    ):
        assert client.get(path).status_code == 200
    (event,) = records_opened()
    why = "monitoring and administration of the site"
    assert (event.user, event.actor, event.detail) == (alice, ada, {"role": "Administration", "reason": why})
    assert "The record of Alice@example.com is open to you" in words_of(client.get(page_of(alice)).content.decode())
    pass_time(hours=1)
    client.get(page_of(alice))
    assert len(records_opened()) == 2


def test_a_list_of_one_customers_rows_is_a_look_at_them_and_a_list_of_all_is_none(ada, alice, bob):
    client = staff_log_in(ada)
    client.get("/staff/accounts/user/")
    client.get("/staff/downloads/entitlement/")
    assert not records_opened()
    client.get("/staff/downloads/entitlement/", {"user__id__exact": bob.pk})
    client.get("/staff/downloads/unlockcode/", {"entitlement__user__id__exact": alice.pk})
    assert [event.user for event in records_opened()] == [bob, alice]


def test_of_two_customers_whose_rows_are_asked_for_together_each_is_told(ada, alice, bob, alices, bobs):
    page = staff_log_in(ada).get(f"/staff/downloads/entitlement/?user__id__exact={bob.pk}&user__id__exact={alice.pk}").content.decode()
    assert "2 entitlements" in page
    assert {event.user for event in records_opened()} == {alice, bob}


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("accounts/user", "bob@example.org"),
        ("accounts/user", "baker"),
        ("audit/auditevent", "bob@example.org"),
        ("downloads/unlockcode", "bob@example.org"),
        ("mailroom/outgoingmail", "bob@example.org"),
        ("downloads/entitlement", "bob@example.org"),
    ],
)
def test_a_search_that_finds_one_customers_rows_alone_is_a_look_at_them(ada, alice, bob, model, words):
    client = staff_log_in(ada)
    client.get(f"/staff/{model}/", {"q": "example"}), client.get(f"/staff/{model}/", {"q": "nobody@example.com"})
    assert not records_opened()
    assert client.get(f"/staff/{model}/", {"q": words}).status_code == 200
    assert [event.user for event in records_opened()] == [bob]


def test_a_filter_that_leaves_one_customers_rows_alone_is_a_look_at_them(ada, alice, bob):
    User.objects.filter(pk=bob.pk).update(opened_at=timezone.now() - timedelta(days=400))
    client = staff_log_in(ada)
    client.get("/staff/accounts/user/", {"o": "1"}), client.get("/staff/accounts/user/", {"opened_at__gte": "2020-01-01 00:00:00+00:00"})
    assert not records_opened()
    client.get("/staff/accounts/user/", {"opened_at__lt": f"{timezone.now() - timedelta(days=300)}"})
    assert [event.user for event in records_opened()] == [bob]


def test_rows_that_lead_to_nobody_hide_no_look_at_the_one_customer_among_them(ada, alice):
    for user in (None, alice, None):
        AuditEvent.objects.create(kind="login.failed", user=user, ip="198.51.100.7")
    staff_log_in(ada).get("/staff/audit/auditevent/", {"q": "198.51.100.7"})
    assert [event.user for event in records_opened()] == [alice]


def test_a_field_that_completes_a_customers_name_is_a_look_at_them(ada, alice, bob):
    client, field = staff_log_in(ada), {"app_label": "accounts", "model_name": "hold", "field_name": "user"}
    client.get("/staff/autocomplete/", field), client.get("/staff/autocomplete/", field | {"term": "example"})
    assert not records_opened()
    assert "bob@example.org" in client.get("/staff/autocomplete/", field | {"term": "baker"}).content.decode()
    assert [event.user for event in records_opened()] == [bob]


@pytest.mark.parametrize("page", ["change", "hold", "dismiss"])
def test_a_look_at_what_is_to_be_decided_is_a_look_at_the_customer(ada, alice, page):
    now = timezone.now()
    finding = MisuseFinding.objects.create(user=alice, detector="many_browsers", score=50, explanation="…", first_at=now, last_at=now)
    assert staff_log_in(ada).get(f"/staff/accounts/misusefinding/{finding.pk}/{page}/").status_code == 200
    assert [event.user for event in records_opened()] == [alice]


@pytest.mark.parametrize("number", ["999999", "nonsense", "", "9" * 40, "-1"])
def test_a_list_of_nobodys_rows_is_no_error(ada, number):
    assert staff_log_in(ada).get("/staff/downloads/entitlement/", {"user__id__exact": number}).status_code in (200, 302)
    assert not records_opened()


def test_administration_may_state_a_reason_of_its_own(ada, alice):
    client = staff_log_in(ada)
    client.get(page_of(alice))
    open_record(client, alice, "a question of the customer")
    client.get(page_of(alice))
    assert [event.detail["reason"] for event in records_opened()][1:] == ["a question of the customer"]


def test_nobody_is_told_of_a_look_at_their_own_row(ada):
    staff_log_in(ada).get(page_of(ada))
    assert not records_opened()


# What staff change


def changed() -> AuditEvent:
    return AuditEvent.objects.get(kind="record.changed")


def test_every_change_is_recorded_with_role_fields_and_reason(sams, sam, alice, alices):
    idea, tag = Feedback.objects.create(user=alice, text="Print in landscape", submission="x"), FeedbackTag.objects.create(name="print")
    sams.post(f"/staff/support/feedback/{idea.pk}/change/", {"tags": [tag.pk]})
    told = {"role": "Support", "model": "support.Feedback", "fields": ["Tags"], "reason": REASON}
    assert (changed().user, changed().actor, changed().detail) == (alice, sam, told)


def test_what_has_an_event_of_its_own_is_not_told_twice(sams, sam, alice, alices):
    sams.post(f"/staff/downloads/entitlement/{alices.pk}/change/", {"more": "2", "reason": "the line broke off"})
    event = AuditEvent.objects.get(kind="entitlement.changed")
    assert (event.user, event.actor, event.detail["role"], event.detail["reason"]) == (alice, sam, "Support", "the line broke off")
    assert not AuditEvent.objects.filter(kind="record.changed").exists()


def test_a_change_by_administration_too(ada, alice):
    form = {"name": "Alice Archer-Smith", "city": alice.city}
    staff_log_in(ada).post(page_of(alice), form)
    detail = changed().detail
    assert (detail["role"], detail["model"]) == ("Administration", "accounts.User")
    assert "Name" in detail["fields"]
    assert "City" not in detail["fields"]
    assert "Archer-Smith" not in str(detail)


def test_a_change_leaves_alone_what_the_customer_changes_at_the_same_moment(ada, alice, monkeypatch):
    """A password that was given up, because somebody knows it, must not come back."""
    load = StaffAdmin.get_object

    def and_meanwhile(*args: object, **options: object):
        row = load(*args, **options)
        user = User.objects.get(pk=alice.pk)
        user.set_password("what the customer chose just now")
        user.save()
        return row

    client = staff_log_in(ada)
    monkeypatch.setattr(StaffAdmin, "get_object", and_meanwhile)
    assert client.post(page_of(alice), {"name": "Alice Archer-Smith", "city": alice.city}).status_code == 302
    user = User.objects.get(pk=alice.pk)
    assert user.name == "Alice Archer-Smith"
    assert user.check_password("what the customer chose just now")
    assert user.version > alice.version, "no page kept ready is out of date"


def test_a_page_that_staff_read_an_hour_ago_puts_back_nothing_that_the_customer_has_changed_since(ada, alice):
    client = staff_log_in(ada)
    page = client.get(page_of(alice)).content.decode()
    shown = dict(re.findall(r'name="((?:initial-)?[a-z]\w*)" value="([^"]*)"', page)) | {"country": "IE", "initial-country": "IE"}
    assert shown["city"] == shown["initial-city"] == "Galway"
    User.objects.filter(pk=alice.pk).update(city="Cork", telephone="+353 21 1")
    assert client.post(page_of(alice), shown | {"telephone": "+353 91 2"}).status_code == 302
    alice.refresh_from_db()
    assert (alice.city, alice.telephone) == ("Cork", "+353 91 2")
    assert changed().detail["fields"] == ["Telephone"]


def test_an_action_on_customers_rows_is_recorded_for_each(sams, ada, alice, bob):
    OutgoingMail.objects.update(state="failed", text="hello")
    sams.post("/staff/mailroom/outgoingmail/", {"action": "send_again", "_selected_action": [OutgoingMail.objects.get(user=alice).pk]})
    assert (changed().user, changed().detail["model"], changed().detail["reason"]) == (alice, "mailroom.OutgoingMail", REASON)
    log_in(alice), log_in(bob)
    chosen = [session.pk for session in LoginSession.objects.filter(area="resources")]
    staff_log_in(ada).post("/staff/accounts/loginsession/", {"action": "end_sessions", "_selected_action": chosen})
    ended = AuditEvent.objects.filter(kind="login.ended", actor=ada)
    assert {(event.user, event.detail["role"]) for event in ended} == {(alice, "Administration"), (bob, "Administration")}


def test_support_does_not_end_log_ins(sams, alice):
    log_in(alice)
    session = LoginSession.objects.get(user=alice)
    sams.post("/staff/accounts/loginsession/", {"action": "end_sessions", "_selected_action": [session.pk]})
    session.refresh_from_db()
    assert session.ended_at is None


def test_a_change_that_fails_is_not_recorded(sams, alices, monkeypatch):
    def broken(*args: object, **facts: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("downloads.admin.entitlements.record", broken)
    sams.raise_request_exception = False
    assert sams.post(f"/staff/downloads/entitlement/{alices.pk}/change/", {"more": "2", "reason": "the line broke"}).status_code == 500
    alices.refresh_from_db()
    assert (alices.downloads_allowed, AuditEvent.objects.filter(kind="record.changed").count()) == (5, 0)


def test_an_action_that_fails_half_way_has_done_nothing(sams, alice, monkeypatch):
    OutgoingMail.objects.filter(user=alice).update(state="failed", text="hello")

    def broken(*args: object, **facts: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("accounts.reach.record", broken)
    sams.raise_request_exception = False
    mail = OutgoingMail.objects.filter(user=alice).first()
    assert sams.post("/staff/mailroom/outgoingmail/", {"action": "send_again", "_selected_action": [mail.pk]}).status_code == 500
    mail.refresh_from_db()
    assert mail.state == "failed"

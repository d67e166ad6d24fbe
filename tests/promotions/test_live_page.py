"""Staff watch a promotion live, export its registrations, and stop it cleanly."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import MisuseFinding, RecordOpening
from audit.models import AuditEvent
from promotions import figures, stopping
from promotions.figures import figures_of
from promotions.models import CodeBatch, Promotion, Redemption
from promotions.tasks import lapse_registrations, watch_promotions
from tests.customer import log_in
from tests.pages import words_of
from tests.promotions.walking import batch_of, confirm, enter, register, registered
from tests.staff import request_of, staff_log_in
from tests.threads import at_once

pytestmark = pytest.mark.django_db
LIVE = "/staff/promotions-live/"


@pytest.fixture
def staff(ada):
    return staff_log_in(ada)


def live(promotion: Promotion) -> str:
    return f"{LIVE}{promotion.pk}/"


def page_of(staff: Client, path: str) -> str:
    response = staff.get(path)
    assert response.status_code == 200
    return words_of(response.content.decode())


def csv_of(staff: Client, promotion: Promotion) -> list[str]:
    response = staff.post(f"{live(promotion)}export/")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return b"".join(response.streaming_content).decode("utf-8-sig").splitlines()


# The figures


def test_the_steps_from_visit_to_confirmation(spring, shared):
    for number in range(4):
        Client(REMOTE_ADDR=f"198.51.100.{number}").get("/promotions/spring/")
    register("WELCOME26", "a@example.com", "198.51.100.0")
    register("WELCOME26", "b@example.com", "198.51.100.1")
    confirm("a@example.com")
    enter("WRONG12", "198.51.100.3")
    shown = figures_of(spring, timezone.now())
    assert [(step.name, step.addresses) for step in shown.steps] == [
        ("Visited", 4),
        ("Code accepted", 2),
        ("Registered", 2),
        ("Confirmed", 1),
    ]
    assert {step.name: step.times for step in shown.turned_away}["promotional code tried in vain"] == 1


def test_registrations_over_time_by_batch_and_by_country(spring, staff):
    now = timezone.now()
    Promotion.objects.update(limit=100, used=3, held=1)
    first, second = batch_of(spring, "AAA", 5), batch_of(spring, "BBB", 5)
    registered(first.codes.first(), "a@example.com", country="Ireland", state="confirmed", confirmed_at=now)
    registered(first.codes.last(), "b@example.com", country="Ireland")
    registered(second.codes.first(), "c@example.com", at=now - timedelta(days=3), state="lapsed")
    registered(second.codes.last(), "d@mailinator.com", at=now - timedelta(days=90), state="ended", country="Malta")
    shown = figures_of(spring, now)
    assert shown.totals == {"confirmed": 1, "held": 1, "lapsed": 1, "ended": 1, "all": 4, "disposable": 1}
    assert shown.days[1]["Confirmed"][-1] == 1
    assert shown.days[1]["Lapsed"][-4] == 1
    assert sum(map(sum, shown.days[1].values())) == 3, "what is older than 30 days is not in the picture"
    assert shown.hours[1]["Wait for the mailbox"][-1] == 1
    assert [(row["name"], row["all"], row["confirmed"]) for row in shown.batches] == [("Partner AAA", 2, 1), ("Partner BBB", 2, 0)]
    assert [(row["name"], row["all"]) for row in shown.countries] == [("Ireland", 2), ("–", 1), ("Malta", 1)]
    html = staff.get(live(spring)).content.decode()
    assert html.count("<svg") > 5
    assert "<style" not in html.partition("<main")[2]
    assert "96 of 100" in words_of(html)


def test_reloading_shows_what_is_new(staff, spring, shared):
    assert "Nobody has registered yet." in page_of(staff, live(spring))
    register("WELCOME26", "a@example.com")
    assert "Nobody has registered yet." not in page_of(staff, live(spring))


def test_a_month_of_the_audit_log_is_read_once_in_five_minutes(spring, shared, staff):
    def questions_to_the_log() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert "once in five minutes" in page_of(staff, live(spring))
        return sum("audit_auditevent" in query["sql"] and "COUNT" in query["sql"] for query in queries)

    assert [questions_to_the_log() for _load in range(3)] == [1, 0, 0]
    with CaptureQueriesContext(connection) as queries:
        figures_of(spring, timezone.now())
    assert len(queries) == 6
    Client().get("/promotions/spring/")
    assert figures_of(spring, timezone.now()).steps[0].times == 0, "it is kept, as the page says"
    figures.kept.clear()
    with CaptureQueriesContext(connection) as queries:
        assert figures_of(spring, timezone.now()).steps[0].times == 1
    assert len(queries) == 7


def test_figures_that_are_kept_are_the_promotions_own(spring, mailer):
    Client().get("/promotions/spring/")
    other = Promotion.objects.create(title="Autumn offer", slug="autumn", is_published=True)
    assert [figures_of(one, timezone.now()).steps[0].times for one in (spring, other)] == [1, 0]


def test_the_queries_do_not_grow(staff, spring, ada):
    def queries_with(many: int) -> int:
        for _number in range(many):
            code = batch_of(spring, f"B{CodeBatch.objects.count()}", 1).codes.get()
            registered(code, f"{code.pk}@mailinator.com", country=f"Country {code.pk}")
            MisuseFinding.objects.create(
                detector="batch_leak",
                matter=f"promotions.codebatch:{code.batch_id}",
                score=40,
                explanation="",
                first_at=timezone.now(),
                last_at=timezone.now(),
            )
        with CaptureQueriesContext(connection) as queries:
            assert staff.get(live(spring)).status_code == 200
        return len(queries)

    staff.get(live(spring))
    assert queries_with(2) == queries_with(15)


def test_what_people_write_as_their_country_is_escaped(staff, spring, shared):
    registered(shared, "a@example.com", country="<script>alert(1)</script>")
    assert "<script>alert" not in staff.get(live(spring)).content.decode()


def test_findings_stand_beside_the_figures(staff, spring, shared):
    for number in range(3):
        registered(shared, f"x{number}@mailinator.com")
    watch_promotions()
    assert "3 of 3 registrations for this promotion were made with disposable addresses" in page_of(staff, live(spring))
    marked = page_of(staff, f"{live(spring)}disposable/")
    assert "x1@mailinator.com" in marked


def test_the_list_of_promotions_leads_there(staff, spring):
    html = staff.get(LIVE).content.decode()
    assert f'href="{live(spring)}"' in html


def test_the_list_of_disposable_addresses_says_whose_it_is_and_leads_back(staff, spring, shared):
    registered(shared, "a@mailinator.com")
    path = f"{live(spring)}disposable/"
    assert "Spring offer › Registrations with disposable addresses" in page_of(staff, path)
    assert f'href="{live(spring)}"' in staff.get(path).content.decode()


def test_one_persons_registrations_stand_together(staff, shared):
    one = registered(shared, "alice+1@gmail.com")
    registered(shared, "a.lice@gmail.com")
    registered(shared, "bob@example.org")
    page = page_of(staff, f"{LIVE}people/{one.person}/")
    assert "alice+1@gmail.com" in page
    assert "a.lice@gmail.com" in page
    assert "bob@example.org" not in page


def test_a_list_of_one_persons_registrations_is_a_look_at_that_person(staff, spring, alice, bob):
    batch = batch_of(spring, "AAA", 2)
    registered(batch.codes.first(), "a@mailinator.com", user=alice, state="confirmed")
    for path in (f"{live(spring)}disposable/", f"{LIVE}batches/{batch.pk}/"):
        RecordOpening.objects.all().delete()
        page_of(staff, path)
        assert RecordOpening.objects.get().customer == alice, path
    registered(batch.codes.last(), "b@mailinator.com", user=bob, state="confirmed")
    RecordOpening.objects.all().delete()
    page_of(staff, f"{live(spring)}disposable/")
    assert not RecordOpening.objects.exists(), "a list of many is none"


# The export


def test_the_export_has_no_names_and_no_formulas_and_is_recorded(staff, spring):
    batch = batch_of(spring, "AAA", 2)
    CodeBatch.objects.update(label="=1+1")
    registered(batch.codes.first(), "alice@example.com", "198.51.100.1", country="@SUM(A1)", name="Alice Archer")
    registered(batch.codes.last(), "x@mailinator.com")
    lines = csv_of(staff, spring)
    assert lines[0] == "number,registered,confirmed,state,batch,label,country,disposable address,person"
    cells = lines[1].split(",")
    assert cells[3:8] == ["held", "AAA", "'=1+1", "'@SUM(A1)", "no"]
    assert lines[2].split(",")[7] == "yes"
    assert not any(told in "".join(lines) for told in ("alice@example.com", "Alice", "198.51.100.1"))
    event = AuditEvent.objects.get(kind="registrations.exported")
    assert (event.actor.email, event.detail) == ("ada@vendor.example", {"promotion": "spring", "count": 2})


def test_the_export_is_posted(staff, spring):
    assert staff.get(f"{live(spring)}export/").status_code == 405
    assert not AuditEvent.objects.filter(kind="registrations.exported").exists()


# Stopping


def test_a_promotion_that_is_stopped_ends_cleanly(staff, client, spring, single):
    register(single.code, "waits@example.com")
    assert staff.post(f"{live(spring)}stop/", {"reason": "All are given away."})["Location"] == live(spring)
    page = client.get("/promotions/spring/").content.decode()
    assert "All are given away." in page
    assert "Your code" not in page
    assert "All are given away." in page_of(staff, live(spring))
    assert AuditEvent.objects.get(kind="promotion.stopped").detail == {"promotion": "spring", "reason": "All are given away."}
    assert confirm("waits@example.com").state == "confirmed", "whoever has our mail in hand is not turned away"
    assert staff.post(f"{live(spring)}stop/", {"reason": "Again."}).status_code == 302
    assert AuditEvent.objects.filter(kind="promotion.stopped").count() == 1


def test_what_nobody_confirms_lapses_after_it_was_stopped(staff, spring, single):
    register(single.code, "waits@example.com")
    staff.post(f"{live(spring)}stop/", {"reason": "All are given away."})
    Redemption.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert lapse_registrations() == 1
    spring.refresh_from_db()
    assert (spring.used, spring.held) == (0, 0)


def test_a_batch_is_stopped_and_its_finding_is_dealt_with(staff, spring, ada):
    batch = batch_of(spring, "BAD", 3)
    code = batch.codes.first()
    register(code.code, "first@example.com")
    for number in range(20):
        register(code.code, f"late{number}@example.com", f"20.{number}.1.1")
    watch_promotions()
    finding = MisuseFinding.objects.get(detector="batch_leak")
    assert staff.post(f"{LIVE}batches/{batch.pk}/stop/", {"reason": "It stands in a forum."}).status_code == 302
    refused = enter(batch.codes.last().code)
    assert "This code is not valid any more." in refused.content.decode()
    assert "forum" not in refused.content.decode()
    finding.refresh_from_db()
    assert (finding.state, finding.decided_by, finding.decision) == ("acted", ada, "It stands in a forum.")
    assert AuditEvent.objects.get(kind="code_batch.stopped").detail["batch"] == batch.pk
    watch_promotions()
    assert not MisuseFinding.objects.filter(detector="batch_leak", state="open").exists()


def test_a_stop_needs_a_reason(staff, spring):
    page = staff.post(f"{live(spring)}stop/", {"reason": " "})
    assert "nothing was done" in page.content.decode()
    spring.refresh_from_db()
    assert spring.stage == "running"


# Who may


@pytest.mark.parametrize("page", ["", "stop/", "export/", "disposable/"])
def test_who_may_not(client, spring, alice, page):
    assert client.get(f"{live(spring)}{page}")["Location"].startswith("/staff/login/")
    assert log_in(alice).post(f"{live(spring)}{page}").status_code == 302
    spring.refresh_from_db()
    assert spring.stage == "running"


def test_support_sees_figures_and_no_findings_and_acts_on_nothing(spring, shared, sam):
    registered(shared, "a@mailinator.com")
    support = staff_log_in(sam)
    page = page_of(support, live(spring))
    assert "Uses left" in page
    assert "Signs of misuse" not in page
    assert "a@mailinator.com" not in page_of(support, f"{live(spring)}disposable/"), "nobody opened a record"
    for path in ("stop/", "export/"):
        assert support.post(f"{live(spring)}{path}", {"reason": "x"}).status_code == 403
    assert support.get(f"{LIVE}batches/{shared.batch_id}/").status_code == 403


@pytest.mark.parametrize(
    "path", ["999999/", "99999999999999999999999/", "batches/0/", "people/0123456789abcdef/", "people/x/", "registrations/7/"]
)
def test_what_is_not_there(staff, db, path):
    expected = 200 if "0123" in path else 404
    assert staff.get(f"{LIVE}{path}").status_code == expected


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_who_stop_a_batch_at_once_one_does(spring, ada):
    batch = batch_of(spring, "BAD", 3)
    stopped = at_once(lambda number: stopping.stop_batch(batch, f"reason {number}", request_of(ada)), range(8))
    assert sorted(stopped) == [False] * 7 + [True]
    assert AuditEvent.objects.filter(kind="code_batch.stopped").count() == 1

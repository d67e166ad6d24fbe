"""R4: every access of the promotions area is monitored: registration date, time and IP address, for each person; patterns are analysed."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from infacta.schedule import SWEEPS
from promotions.models import Redemption
from promotions.tasks import lapse_registrations
from tests.pages import words_of
from tests.promotions.walk import DONE, LANDING, MAIL, REGISTER, confirm, enter, latest_mail, link_in, register, typed_in
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db
EMAIL, NETWORK = "rosa@example.com", "203.0.113.9"


def events(kind: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(kind=kind).order_by("pk"))


@pytest.fixture
def visitor() -> Client:
    return Client(REMOTE_ADDR=NETWORK)


def test_r04_each_page_that_is_visited_is_recorded_with_time_and_address(visitor, spring_code):
    register(visitor, email=EMAIL)
    link = link_in(latest_mail(EMAIL))
    before = len(events("promotion.visited"))
    paths = ["/promotions/", LANDING, REGISTER, MAIL, DONE, link, f"{LANDING}confirm/x/"]
    for path in paths:
        visitor.get(path)
    seen = events("promotion.visited")[before:]
    assert [event.detail["page"] for event in seen] == [
        "promotions",
        "promotion",
        "register",
        "check_mail",
        "done",
        "confirm_link",
        "confirm_link",
    ]
    assert {event.detail["promotion"] for event in seen[1:]} == {"spring"}
    assert {event.ip for event in seen} == {NETWORK}
    assert all(timezone.now() - event.at < timedelta(minutes=1) for event in seen)


def test_r04_the_foot_of_each_page_says_so(visitor, spring_code):
    for path in ("/promotions/", LANDING):
        foot = words_of(visitor.get(path).content.decode().partition("<footer>")[2])
        assert "what you did just now, the time and, in full for one year, your IP address" in foot


def test_r04_each_step_of_a_registration_is_recorded_for_the_person(visitor, spring_code):
    enter(visitor, "WRONG123")
    register(visitor, email=EMAIL)
    visitor.post(MAIL, {"typed": typed_in(latest_mail(EMAIL))})
    redemption = Redemption.objects.get()
    refused, held, confirmed = (events(kind)[0] for kind in ("promo_code.refused", "registration.held", "registration.confirmed"))
    assert (refused.ip, refused.detail) == (NETWORK, {"promotion": "spring", "reason": "unknown", "tag": ""})
    assert (held.ip, held.detail) == (NETWORK, {"promotion": "spring", "registration": redemption.pk})
    assert (confirmed.user, confirmed.detail["registration"]) == (redemption.user, redemption.pk)
    assert (redemption.ip, redemption.held_at.date()) == (NETWORK, held.at.date())
    assert redemption.confirmed_at


def test_r04_one_that_lapses_is_recorded_too(visitor, spring_code):
    register(visitor, email=EMAIL)
    Redemption.objects.update(held_until=timezone.now())
    lapse_registrations()
    assert events("registration.lapsed")[0].detail == {"promotion": "spring", "registration": Redemption.objects.get().pk}


def test_r04_no_code_and_no_address_of_a_person_stands_in_the_record(visitor, spring_code):
    register(visitor, email=EMAIL, name="Rosa Reed")
    confirm(EMAIL)
    text = str([event.detail for event in AuditEvent.objects.all()]).lower()
    for secret in ("rosa", "reed", "welcome26", "we1c0me26"):
        assert secret not in text


def test_r04_administration_reads_it(visitor, spring_code, ada):
    register(visitor, email=EMAIL)
    rows = words_of(staff_log_in(ada).get("/staff/audit/auditevent/?kind__exact=registration.held").content.decode())
    assert NETWORK in rows


def test_r04_patterns_are_looked_for_all_the_time():
    assert {sweep.task: sweep.every for sweep in SWEEPS}["accounts.tasks.detect_misuse"] <= timedelta(minutes=1)


def test_r04_the_policy_says_so(client):
    policy = words_of(client.get("/privacy/promotions/").content.decode())
    assert "each visit is recorded, and so is each registration, with date, time and IP address" in policy
    assert "Record of log-ins, downloads and changes" in policy

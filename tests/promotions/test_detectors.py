"""Misuse of promotions shows itself, says why, and leads to a look by staff and never by itself to a hold."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.detectors import WATCHES
from accounts.models import Hold, MisuseFinding
from audit.models import AuditEvent
from promotions import people, watching
from promotions.detectors import BATCH_LEAK
from promotions.models import CodeBatch, Promotion, Redemption
from promotions.tasks import watch_promotions
from tests.accounts.test_misuse_documentation import described
from tests.promotions.walking import batch_of, confirm, enter, forged, found, mistyped, register, registered
from tests.staff import staff_log_in
from tests.threads import at_once

pytestmark = pytest.mark.django_db
GUESSER = "203.0.113.9"


def far(number: int) -> str:
    return f"{20 + number // 250}.{number % 250}.1.1"


# What is recorded


def test_every_step_is_recorded_with_time_and_address(client, shared):
    register("WELCOME26", "alice@example.com", GUESSER)
    confirm("alice@example.com")
    enter("WRONG12", GUESSER)
    enter(mistyped("SPR"), GUESSER)
    kinds = ["promo_code.accepted", "registration.held", "registration.confirmed", "promo_code.refused", "promo_code.mistyped"]
    events = {event.kind: event for event in AuditEvent.objects.filter(kind__in=kinds)}
    assert set(events) == set(kinds)
    assert {event.detail["promotion"] for event in events.values()} == {"spring"}
    assert {event.ip for kind, event in events.items() if kind != "registration.confirmed"} == {GUESSER}
    assert events["registration.confirmed"].ip == "127.0.0.1", "who confirms on another device comes from there"
    assert AuditEvent.objects.filter(kind="promotion.visited", ip=GUESSER, detail__promotion="spring").count() == 4


def test_what_was_typed_stands_nowhere(single):
    code = mistyped("SPR")
    enter(code)
    enter(forged("SPR"))
    assert [event.detail["tag"] for event in AuditEvent.objects.filter(kind__startswith="promo_code")] == ["SPR", "SPR"]
    assert not any(code in str(event.detail) for event in AuditEvent.objects.all())


def test_a_refused_registration_is_recorded_without_the_address(shared):
    register("WELCOME26", "alice@example.com")
    register("WELCOME26", "alice+2@example.com")
    refused = AuditEvent.objects.get(kind="registration.refused")
    assert refused.detail == {
        "promotion": "spring",
        "batch": shared.batch_id,
        "reason": "person",
        "person": Redemption.objects.get(state="held").person,
    }


def test_variants_without_end_fill_no_log(client, shared):
    register("WELCOME26", "alice@example.com")
    enter("WELCOME26", client=client)
    for number in range(90):
        assert client.post("/promotions/spring/register/", {"email": f"alice+{number}@example.com"}).status_code == 302
    assert 50 <= AuditEvent.objects.filter(kind="registration.refused").count() < 75


# Guessing


def test_forged_codes_of_one_network_are_found_by_their_pattern(single):
    for _number in range(3):
        enter(forged("SPR"), GUESSER)
    assert found()["promo_guessing"] == (GUESSER, 40)
    finding = MisuseFinding.objects.get(detector="promo_guessing")
    assert "3 codes with the tag of a batch and a right check were tried that were never made, 3 behind the same tag" in finding.explanation
    assert finding.evidence["listed_tags"] == ["SPR"]


def test_somebody_who_mistypes_is_let_be(single):
    for _number in range(8):
        enter(mistyped("SPR"))
    enter(forged("ANY"))
    assert found() == {}


def test_a_long_run_behind_one_tag_is_found(single):
    for _number in range(30):
        enter(mistyped("SPR"), GUESSER)
    assert found()["promo_guessing"] == (GUESSER, 40)


def test_guessing_that_each_of_many_networks_keeps_small_is_found(shared):
    for number in range(100):
        enter(f"GUESS{number:03}", f"203.0.113.{number % 20}")
    open_ones = found()
    assert open_ones == {"promotion_guessed_at": ("Spring offer", 40)}
    finding = MisuseFinding.objects.get()
    assert "100 codes were tried in vain at this promotion, from 20 addresses" in finding.explanation


# Many registrations


def test_many_registrations_of_one_network_are_found_and_slowed_while_others_register(shared):
    for number in range(30):
        assert register("WELCOME26", f"visitor{number}@example.com", GUESSER).status_code == 302
    assert found() == {"promo_registrations": (GUESSER, 40)}
    answers = [register("WELCOME26", f"more{number}@example.com", GUESSER).status_code for number in range(5)]
    assert answers == [302, 302, 302, 429, 429]
    assert register("WELCOME26", "honest@example.com").status_code == 302
    assert Hold.objects.count() == 0


def test_a_network_that_staff_have_looked_at_is_not_slowed(shared, ada):
    for number in range(30):
        register("WELCOME26", f"visitor{number}@example.com", GUESSER)
    found()
    finding = MisuseFinding.objects.get()
    staff_log_in(ada).post(f"/staff/accounts/misusefinding/{finding.pk}/dismiss/", {"reason": "a school"})
    assert [register("WELCOME26", f"more{number}@example.com", GUESSER).status_code for number in range(5)] == [302] * 5


def test_what_was_typed_is_kept_when_it_is_slowed(shared):
    for number in range(30):
        register("WELCOME26", f"visitor{number}@example.com", GUESSER)
    found()
    for number in range(3):
        register("WELCOME26", f"more{number}@example.com", GUESSER)
    page = register("WELCOME26", "late@example.com", GUESSER)
    assert page["Retry-After"] == "60"
    assert "late@example.com" in page.content.decode()


@pytest.mark.parametrize(("variants", "expected"), [(2, None), (3, 20), (5, 40), (10, 60)])
def test_variants_of_one_address_are_found(shared, variants, expected):
    for number in range(variants):
        registered(shared, f"a.l.ice+{number}@gmail.com" if number % 2 else f"alice+{number}@gmail.com")
    score = found().get("many_of_one_person", ("", None))[1]
    assert score == expected


def test_somebody_who_is_refused_again_and_again_is_found(shared):
    register("WELCOME26", "alice@example.com")
    for number in range(10):
        register("WELCOME26", f"alice+{number}@example.com")
    finding = found()["many_of_one_person"]
    assert finding[1] == 40
    assert "alice" not in finding[0], "a finding about a person names nobody"


# Disposable addresses


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("x@mailinator.com", True),
        ("x@MAILINATOR.com", True),
        ("x@inbox.mailinator.com", True),
        ("x@example.com", False),
        ("x@gmail.com", False),
    ],
)
def test_disposable_addresses_are_known_by_the_list(email, expected):
    assert people.is_disposable(email) is expected


def test_disposable_addresses_register_and_are_reviewed(shared):
    for number in range(3):
        assert register("WELCOME26", f"x{number}@mailinator.com").status_code == 302
    register("WELCOME26", "honest@example.com")
    confirm("x0@mailinator.com")
    assert Redemption.objects.filter(is_disposable=True).count() == 3
    assert found()["disposable_addresses"] == ("Spring offer", 40)
    assert "3 of 4 registrations" in MisuseFinding.objects.get().explanation


# Batches


def redeem(batch: CodeBatch, many: int, places: int) -> None:
    for number, code in enumerate(batch.codes.order_by("pk")[:many]):
        registered(code, f"{batch.tag}{number}@example.com", far(number % places))


def test_a_batch_that_is_redeemed_from_everywhere_is_found_beside_the_others(spring):
    leaked, others = batch_of(spring, "BAD", 60), [batch_of(spring, tag, 60) for tag in ("GDA", "GDB", "GDC")]
    redeem(leaked, 50, 50)
    for batch in others:
        redeem(batch, 20, 4)
    assert found() == {"batch_leak": ("Spring offer: Partner BAD", 40)}
    finding = MisuseFinding.objects.get()
    assert finding.evidence["times_as_wide"] == 12.5
    assert "50 codes of this batch were redeemed from 50 networks far apart" in finding.explanation


def test_batches_that_are_all_redeemed_everywhere_are_let_be(spring):
    for tag in ("AAA", "BBB", "CCC"):
        redeem(batch_of(spring, tag, 60), 50, 50)
    assert found() == {}


def test_the_only_batch_of_a_promotion_is_compared_with_nothing(spring):
    redeem(batch_of(spring, "BAD", 60), 50, 50)
    assert found() == {}


def test_used_codes_that_are_tried_again_and_again_are_a_leak(spring):
    batch = batch_of(spring, "BAD", 3)
    code = batch.codes.first()
    register(code.code, "first@example.com")
    for number in range(20):
        register(code.code, f"late{number}@example.com", far(number))
    assert found()["batch_leak"] == ("Spring offer: Partner BAD", 40)


# What all have in common


def test_a_second_run_adds_to_the_open_finding_and_what_staff_decided_stays_decided(shared, ada):
    for number in range(3):
        registered(shared, f"x{number}@mailinator.com")
    assert watch_promotions() == 1
    registered(shared, "x3@mailinator.com")
    watch_promotions()
    finding = MisuseFinding.objects.get()
    assert finding.evidence["disposable_registrations"] == 4
    assert AuditEvent.objects.filter(kind="misuse.found").count() == 1
    staff_log_in(ada).post(f"/staff/accounts/misusefinding/{finding.pk}/dismiss/", {"reason": "a test of ours"})
    assert watch_promotions() == 0
    for number in range(4, 7):
        registered(shared, f"x{number}@mailinator.com")
    watch_promotions()
    again = MisuseFinding.objects.get(state="open")
    assert again.evidence["disposable_registrations"] == 3, "only what happened afterwards counts"


def test_what_is_over_is_not_looked_at(shared):
    for number in range(9):
        registered(shared, f"x{number}@mailinator.com", at=timezone.now() - timedelta(days=40))
    assert found() == {}


def test_the_queries_do_not_grow_with_the_batches(spring):
    def queries_with(many: int) -> int:
        for _number in range(many):
            redeem(batch_of(spring, f"B{CodeBatch.objects.count()}", 3), 2, 2)
        with CaptureQueriesContext(connection) as queries:
            list(watching.leaking(timezone.now()))
        return len(queries)

    assert queries_with(2) == queries_with(12)


def test_an_owner_who_comes_again_with_the_code_that_is_theirs_has_leaked_nothing(spring):
    code = batch_of(spring, "AWN", 3).codes.first()
    register(code.code, "alice@example.com")
    confirm("alice@example.com")
    for number in range(25):
        page = register(code.code, "alice@example.com", far(number)).content.decode()
        assert "If it was you who used it, we have just mailed you what it gave." in page
    refused = AuditEvent.objects.filter(kind="registration.refused")
    assert set(refused.values_list("detail__reason", flat=True)) == {"again"}
    assert "batch_leak" not in found()
    for number in range(5):
        register(code.code, f"stranger{number}@example.com", far(100 + number))
    assert found()["batch_leak"] == ("Spring offer: Partner AWN", 20)
    assert MisuseFinding.objects.get(detector="batch_leak").evidence["used_codes_tried"] == 5


def test_finding_page_explains_and_leads_to_the_page_of_the_batch(spring, ada):
    leaked = batch_of(spring, "BAD", 60)
    redeem(leaked, 50, 50)
    redeem(batch_of(spring, "GDA", 60), 20, 4)
    watch_promotions()
    staff = staff_log_in(ada)
    queue = staff.get("/staff/accounts/misusefinding/").content.decode()
    assert "Spring offer: Partner BAD" in queue
    page = staff.get(f"/staff/accounts/misusefinding/{MisuseFinding.objects.get().pk}/change/").content.decode()
    assert "networks far apart that they came from" in page
    assert f"/staff/promotions-live/batches/{leaked.pk}/" in page
    assert "Put on hold" not in page
    assert staff.get(f"/staff/promotions-live/batches/{leaked.pk}/").status_code == 200


def test_those_whose_digests_are_gone_are_not_one_person(shared):
    for number in range(5):
        registered(shared, f"buyer{number}@example.com", state="confirmed")
    Redemption.objects.update(abuse_key="")
    assert "many_of_one_person" not in found()


@pytest.mark.parametrize("slug", sorted(WATCHES))
def test_each_is_described_as_it_is(slug):
    assert described(WATCHES[slug]) in (Path(__file__).resolve().parents[2] / "docs" / "misuse.md").read_text()


def test_nothing_that_they_find_ever_holds_anybody(shared, alice):
    """Of addresses, of codes and of persons: whatever the sum, no account is touched."""
    moments = {"score": 500, "explanation": "", "first_at": timezone.now(), "last_at": timezone.now()}
    for slug in WATCHES:
        MisuseFinding.objects.create(detector=slug, matter=slug, **moments)
    for slug in ("promo_guessing", "probing_network"):
        MisuseFinding.objects.create(detector=slug, network=GUESSER, **moments)
    for number in range(110):
        registered(shared, f"x{number}@mailinator.com", GUESSER, user=alice)
        AuditEvent.objects.create(kind="registration.held", ip=GUESSER, detail={"promotion": "spring"})
    found()
    assert MisuseFinding.objects.get(network=GUESSER, detector="promo_registrations").score == 60
    assert Hold.objects.count() == 0
    assert set(Redemption.objects.values_list("state", flat=True)) == {"held"}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_make_one_finding(shared):
    for number in range(3):
        registered(shared, f"x{number}@mailinator.com")
    at_once(lambda _number: watch_promotions(), range(6))
    assert list(MisuseFinding.objects.values_list("detector", "state")) == [("disposable_addresses", "open")]
    assert AuditEvent.objects.filter(kind="misuse.found").count() == 1


def test_thresholds_stand_in_one_place(spring, monkeypatch):
    """A threshold that is changed there changes what is found."""
    batch = batch_of(spring, "BAD", 60)
    redeem(batch, 10, 10)
    redeem(batch_of(spring, "GDA", 60), 2, 2)
    assert watch_promotions() == 0
    monkeypatch.setattr(watching, "BATCH_LEAK", type(BATCH_LEAK)(networks=((10, 20),)))
    assert watch_promotions() == 1
    assert Promotion.objects.get().stage == "running"

"""Who works on a case: one at a time, and what was told is theirs alone to see (promises C15, G8)."""

import pytest
from django.test import Client

from accounts.models import RecordOpening
from audit.models import AuditEvent
from support.destruction.starting import begin
from support.models import Case, Trigger
from tests.cast import make_staff
from tests.customer import log_in
from tests.pages import words_of
from tests.staff import records_opened, staff_log_in
from tests.support.cases import incoming, make_case
from tests.support.desk import QUEUE, answer, page_of, take
from tests.threads import at_once

pytestmark = pytest.mark.django_db
WORDS = "It does not start."
POSTS = ("take", "take-over", "hand-over", "give-back", "answer", "note", "close", "reopen", "lift")


@pytest.fixture
def suse(db):
    return make_staff("suse@vendor.example", "Support")


def sees(client: Client, case: Case) -> bool:
    return WORDS in client.get(page_of(case)).content.decode()


def events(kind: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(kind=kind).order_by("pk"))


def test_whoever_takes_it_on_sees_it_and_the_customer_is_told(sam, alice):
    case, client = make_case(user=alice, email=alice.email), staff_log_in(sam)
    assert not sees(client, case)
    assert not records_opened()
    take(client, case)
    assert sees(client, case)
    (taken,), (opened,) = events("case.taken"), records_opened()
    assert (taken.user, taken.actor, taken.detail) == (alice, sam, {"case": case.reference, "role": "Support"})
    assert (opened.user, opened.actor, opened.detail) == (alice, sam, {"role": "Support", "reason": f"case {case.reference}"})
    activity = words_of(log_in(alice).get("/resources/activity/").content.decode())
    assert f"case {case.reference}" in activity
    assert "support case taken on by staff" in activity.lower()


def test_a_case_without_an_account_opens_no_record(sam):
    take(client := staff_log_in(sam), case := make_case())
    assert sees(client, case)
    assert not records_opened()
    assert "not proved: anybody could have written this" in client.get(page_of(case)).content.decode()


def test_a_colleague_takes_it_over_with_a_reason_and_the_former_one_sees_it_no_more(sam, suse, alice):
    case, sams, suses = make_case(user=alice, email=alice.email), staff_log_in(sam), staff_log_in(suse)
    take(sams, case)
    page = suses.get(page_of(case)).content.decode()
    assert "Sam works on it" in words_of(page)
    for reason in ("", "  x ", "x" * 201, "a\x07bcd", "\0\0\0\0"):
        assert "aria-invalid" in suses.post(page_of(case, "take-over"), {"reason": reason, "held_by": sam.pk}).content.decode()
    assert not sees(suses, case)
    suses.post(page_of(case, "take-over"), {"reason": "Sam is on holiday", "held_by": sam.pk})
    assert sees(suses, case)
    assert not sees(sams, case)
    assert events("case.taken")[-1].detail == {"case": case.reference, "role": "Support", "reason": "Sam is on holiday"}
    assert not RecordOpening.objects.filter(staff=sam, open_until__gt=events("case.taken")[-1].at), "the record is shut for the former one"


def test_an_opening_for_another_reason_stays(sam, alice, sams):
    case = make_case(user=alice, email=alice.email)
    take(sams, case)
    RecordOpening.objects.update(reason="she called")
    sams.post(page_of(case, "give-back"))
    assert sams.get(f"/staff/accounts/user/{alice.pk}/change/").status_code == 200


def test_whoever_decided_about_another_state_changes_nothing(sam, suse, ada):
    case, sams, suses, adas = make_case(), staff_log_in(sam), staff_log_in(suse), staff_log_in(ada)
    take(sams, case)
    late = suses.post(page_of(case, "take-over"), {"reason": "holidays", "held_by": ada.pk}, follow=True)
    assert "changed hands meanwhile" in words_of(late.content.decode())
    for seen in ("", "x", "9" * 30):
        suses.post(page_of(case, "take-over"), {"reason": "holidays", "held_by": seen})
        adas.post(page_of(case, "hand-over"), {"to": suse.pk, "held_by": seen})
    suses.post(page_of(case, "take"))
    suses.post(page_of(case, "give-back"))
    assert suses.post(page_of(case, "hand-over"), {"to": suse.pk, "held_by": sam.pk}).status_code == 403
    assert Case.objects.get().assigned_to == sam


def test_hand_over_and_give_back(sam, suse, bob):
    case, sams, suses = make_case(), staff_log_in(sam), staff_log_in(suse)
    take(sams, case)
    for to in ("", "x", bob.pk, sam.pk, 10**30):
        sams.post(page_of(case, "hand-over"), {"to": to})
        assert Case.objects.get().assigned_to == sam
    sams.post(page_of(case, "hand-over"), {"to": suse.pk})
    assert (sees(sams, case), sees(suses, case)) == (False, True)
    suses.post(page_of(case, "give-back"))
    assert Case.objects.get().assigned_to is None
    assert [event.actor for event in (*events("case.handed_over"), *events("case.given_back"))] == [sam, suse]


def test_administration_gives_it_to_somebody_without_reading_it(sam, suse, ada):
    case, adas = make_case(), staff_log_in(ada)
    adas.post(page_of(case, "hand-over"), {"to": sam.pk, "held_by": ""})
    assert Case.objects.get().assigned_to == sam
    adas.post(page_of(case, "hand-over"), {"to": suse.pk, "held_by": sam.pk})
    assert Case.objects.get().assigned_to == suse
    assert not sees(adas, case)


def test_nobody_works_on_a_case_of_their_own(sam, suse, ada):
    hers = [make_case(user=suse, email="home@example.net"), make_case(email="SUSE@vendor.example")]
    suses, adas, sams = staff_log_in(suse), staff_log_in(ada), staff_log_in(sam)
    for case in hers:
        assert "Nobody works on a case of their own" in words_of(suses.post(page_of(case, "take"), follow=True).content.decode())
        adas.post(page_of(case, "hand-over"), {"to": suse.pk, "held_by": ""})
        take(sams, case)
        sams.post(page_of(case, "hand-over"), {"to": suse.pk})
        suses.post(page_of(case, "take-over"), {"reason": "It is mine", "held_by": sam.pk})
        assert not sees(suses, case)
        assert sees(sams, case)
    assert "a colleague's: their record is administration's" in sams.get(page_of(hers[0])).content.decode().replace("&#x27;", "'")
    assert not records_opened(), "support opens no record of a colleague"


def test_a_case_that_is_being_destroyed_is_nobodys_to_take_and_shows_nothing(sam):
    case, client = make_case(), staff_log_in(sam)
    take(client, case)
    begin(case, Trigger.CUSTOMER)
    page = client.get(page_of(case))
    assert page.status_code == 200
    assert "is being destroyed" in words_of(page.content.decode())
    assert not sees(client, case)
    client.post(page_of(case, "give-back"))
    assert Case.objects.get().assigned_to == sam


def test_whoever_lost_the_role_sees_nothing(sam):
    case, client = make_case(), staff_log_in(sam)
    take(client, case)
    sam.groups.clear()
    assert client.get(page_of(case)).status_code == client.get(QUEUE).status_code == 403
    assert client.post(page_of(case, "answer"), {"text": "x"}).status_code == 403


def test_url_by_role(sam, suse, ada, alice):
    """Stranger, the customer herself, support before taking, support working on it, another of support, administration."""
    case = make_case(user=alice, email=alice.email, files=[incoming()])
    file, working = case.files.get().pk, make_case(user=alice, email=alice.email, files=[incoming()])
    take(sams := staff_log_in(sam), working)
    clients = [Client(), log_in(alice), sams, sams, staff_log_in(suse), staff_log_in(ada)]
    cases = [case, case, case, working, working, working]
    table = {
        "": (302, 302, 200, 200, 200, 200),
        "keep": (302, 302, 403, 403, 403, 200),
        f"files/{file}": (302, 302, 405, 405, 405, 405),
    } | dict.fromkeys(POSTS, (302, 302, 405, 405, 405, 405))
    got = {act: tuple(client.get(page_of(one, act)).status_code for client, one in zip(clients, cases, strict=True)) for act in table}
    assert got == table
    for client in (sams, clients[4], clients[5]):
        assert client.get("/staff/desk/2222-2222/").status_code == client.post("/staff/desk/no-case/take/").status_code == 404
    assert [sees(client, one) for client, one in zip(clients, cases, strict=True)] == [False, False, False, True, False, False]


def test_only_whoever_works_on_it_does_anything_in_it(sam, suse, ada, alice):
    case = make_case(user=alice, email=alice.email, files=[incoming()])
    take(staff_log_in(sam), case)
    for client in (Client(), log_in(alice), staff_log_in(suse), staff_log_in(ada)):
        for act in ("answer", "note", "reopen", "give-back", "close"):
            client.post(page_of(case, act), {"text": "Not mine to say", "answer": "1", "seen": "999999"})
        case.refresh_from_db()
        assert (case.state, case.assigned_to, case.messages.count()) == ("open", sam, 1)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_eight_who_take_it_at_once_one_has_it():
    case = make_case()
    staff = [make_staff(f"s{number}@vendor.example", "Support") for number in range(8)]
    clients = [staff_log_in(one) for one in staff]
    at_once(lambda client: client.post(page_of(case, "take")), clients)
    case.refresh_from_db()
    assert case.assigned_to in staff
    assert [event.actor for event in events("case.taken")] == [case.assigned_to]
    assert [sees(client, case) for client in clients] == [one == case.assigned_to for one in staff]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_an_answer_and_a_take_over_at_once_are_one_after_the_other(sam, suse):
    case, sams, suses = make_case(), staff_log_in(sam), staff_log_in(suse)
    take(sams, case)
    responses = at_once(
        lambda act: act(),
        [
            lambda: answer(sams, case, "Please restart it."),
            lambda: suses.post(page_of(case, "take-over"), {"reason": "holidays", "held_by": sam.pk}),
        ],
    )
    assert Case.objects.get().assigned_to == suse
    answered = case.messages.filter(author="staff").count()
    assert answered == (responses[0].status_code == 302)
    assert answered or b"Please restart it." in responses[0].content

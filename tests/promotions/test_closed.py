"""Not begun, over, stopped, used up, a stopped batch: each is said kindly, at each step, and says nothing of other codes or other people."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from promotions.models import PromoCode, Promotion, Redemption
from promotions.tasks import lapse_registrations
from tests.pages import words_of
from tests.promotions.walk import EMAIL, LANDING, MAIL, REGISTER, come_by_promotion, enter, register
from tests.promotions.walking import forged, mistyped

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
CLOSED = [
    ({"starts_at": timezone.now() + DAY}, "This promotion has not begun yet."),
    ({"ends_at": timezone.now() - DAY}, "This promotion is over."),
    ({"stopped_at": timezone.now(), "stop_reason": "Sold out."}, "This promotion was stopped."),
    ({"limit": 1, "used": 1}, "All places of this promotion are taken."),
    ({"limit": 1, "held": 1}, "Those that are not confirmed are free again within the hour."),
]


def said(answer) -> str:
    return words_of(answer.content.decode())


@pytest.mark.parametrize(("changes", "why"), CLOSED)
def test_step_two_says_so_keeps_what_was_typed_and_holds_nothing(client, shared, changes, why):
    enter(client)
    Promotion.objects.update(**changes)
    page = client.post(REGISTER, {"email": EMAIL})
    assert page.status_code == 200
    assert why in said(page)
    assert EMAIL in page.content.decode()
    assert not Redemption.objects.exists()
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize(("changes", "why"), CLOSED)
def test_step_one_looks_up_no_code_and_answers_all_alike(shared, single, changes, why):
    Promotion.objects.update(**changes)
    answers = {said(enter(Client(), code)) for code in ("WELCOME26", single.code, forged("SPR"), mistyped("SPR"), "NEVERWAS")}
    assert len(answers) == 1
    assert not AuditEvent.objects.filter(kind__startswith="promo_code").exists()


def test_a_used_code_tells_nobody_whose_it_is_or_whether_there_are_others(shared, single):
    come_by_promotion(code=single.code)
    page = said(register(Client(), single.code, "bob@example.org"))
    assert "This code has been used already." in page
    assert "WELCOME26" not in page
    assert "alice" not in page.lower()


def test_a_code_that_fails_its_check_is_told_without_a_question_to_the_table_of_codes(single):
    with CaptureQueriesContext(connection) as asked:
        page = enter(Client(), mistyped("SPR"))
    assert "A letter or digit of this code is wrong" in said(page)
    assert not [query for query in asked if PromoCode._meta.db_table in query["sql"]]
    with CaptureQueriesContext(connection) as asked:
        enter(Client(), forged("SPR"))
    assert [query for query in asked if PromoCode._meta.db_table in query["sql"]], "or this test would prove nothing"


# Who asks again


@pytest.fixture
def twice(shared, single):
    """Two strangers have typed an address while the promotion ran: Alice's, who is registered, and one that nobody registered."""
    come_by_promotion()
    strangers = {"alice@example.com": Client(), "nobody@example.org": Client()}
    for email, client in strangers.items():
        assert register(client, email=email)["Location"] == MAIL

    def answers() -> list[tuple[int, str]]:
        pairs = [(email, client.post(REGISTER, {"email": email})) for email, client in strangers.items()]
        return [(answer.status_code, said(answer).replace(email, "ADDRESS")) for email, answer in pairs]

    def an_hour_later() -> None:
        Redemption.objects.filter(state="held").update(held_until=timezone.now() - timedelta(seconds=1))
        lapse_registrations()
        for client in strangers.values():
            session = client.session
            for key in [key for key in session.keys() if key.startswith("promotions.asked.")]:  # noqa: SIM118
                session[key] = [session[key][0], session[key][1] - 3601]
            session.save()

    return answers, an_hour_later


CLOSING = [{"ends_at": timezone.now() - DAY}, {"stopped_at": timezone.now()}, {"limit": 1}]


@pytest.mark.parametrize("changes", CLOSING)
def test_an_address_that_was_typed_before_the_end_tells_nobody_afterwards_whether_it_is_registered(twice, changes):
    answers, an_hour_later = twice
    an_hour_later()
    Promotion.objects.update(**changes)
    known, unknown = answers()
    assert known == unknown
    assert known[0] == 200


@pytest.mark.parametrize("changes", CLOSING[:2])
def test_nor_within_the_hour_when_a_second_press_ends_where_the_first_did(twice, changes):
    answers, _an_hour_later = twice
    Promotion.objects.update(**changes)
    assert answers() == [(302, "")] * 2
    Redemption.objects.filter(state="held").update(state="lapsed")
    assert answers() == [(302, "")] * 2, "whatever has become of either"
    assert Promotion.objects.get().used == 1


def test_another_code_or_another_address_is_no_second_press(client, shared, single):
    register(client)
    Promotion.objects.update(ends_at=timezone.now() - DAY)
    assert "This promotion is over." in said(client.post(REGISTER, {"email": "bob@example.org"}))
    assert client.post(REGISTER, {"email": EMAIL})["Location"] == MAIL
    Promotion.objects.update(ends_at=None, limit_per_person=2)
    enter(client, single.code)
    PromoCode.objects.filter(pk=single.pk).update(used=1)
    assert "This code has been used already." in said(client.post(REGISTER, {"email": EMAIL}))


def test_a_batch_that_is_stopped_says_so_to_whoever_presses_again(client, shared):
    register(client)
    shared.batch.stop("on a forum")
    assert "This code is not valid any more." in said(client.post(REGISTER, {"email": EMAIL}))


# Where a form comes from


HERE = "http://testserver"


@pytest.mark.parametrize(
    ("headers", "is_read"),
    [
        ({}, True),
        ({"Origin": HERE}, True),
        ({"Origin": HERE, "Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "https://testserver"}, False),
        ({"Origin": f"{HERE}.evil.example"}, False),
        ({"Origin": HERE, "Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
    ],
)
def test_a_form_of_another_site_is_not_read_by_either_header(client, shared, headers, is_read):
    answer = client.post(LANDING, {"code": "WELCOME26"}, headers=headers)
    assert (answer.status_code, bool(answer.cookies)) == ((302, True) if is_read else (200, False))
    assert AuditEvent.objects.filter(kind="promo_code.accepted").exists() == is_read

"""The history of requests for help with the log-in: repeats are seen, and nobody is named by it (promise C8)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.matters import address_of
from accounts.models import MisuseFinding
from support.login_help.detectors import ORDER_CLAIMED
from support.login_help.history import before
from support.models import LoginHelpRequest, Outcome
from support.tasks import purge_log_in_help_requests, watch_log_in_help
from tests.accounts.test_misuse_documentation import PAGE, described
from tests.pages import words_of
from tests.staff import staff_log_in
from tests.support.desk import in_hands_of, page_of
from tests.support.helping import ORDER, ask

pytestmark = pytest.mark.django_db
REPEATS = "/staff/desk/log-in-help/repeats/"


def asked_by(number: int, **told: str):
    return ask(email=f"thief{number}@elsewhere.example", form_number=str(number), **told)


def test_the_same_order_from_many_addresses_stands_beside_the_next_request(sam):
    for number in range(3):
        asked_by(number)
    LoginHelpRequest.objects.decided(asked_by(2), Outcome.REFUSED)
    case = in_hands_of(sam, asked_by(3, order_reference=f"#{ORDER.lower()}"))
    seen = before(case)
    assert (seen.of_order, seen.addresses, seen.refused) == (3, 3, 1)
    page = words_of(staff_log_in(sam).get(page_of(case)).content.decode())
    assert "This order was named in 3 other requests from 3 addresses." in page
    assert "1 of all these was refused" in page


def test_the_same_address_for_many_orders_too(sam):
    for number in range(3):
        ask(form_number=str(number), order_reference=f"A-{number}")
    case = in_hands_of(sam, ask(form_number="4", order_reference="A-4"))
    seen = before(case)
    assert (seen.of_order, seen.of_address, seen.orders) == (0, 3, 3)
    assert "From this address came 3 other requests, with 3 different orders." in words_of(
        staff_log_in(sam).get(page_of(case)).content.decode()
    )


def test_nobody_before(sam):
    case = in_hands_of(sam, ask())
    assert before(case).is_new
    assert "nobody else has asked" in words_of(staff_log_in(sam).get(page_of(case)).content.decode())


def test_requests_without_an_order_are_no_repeats_of_each_other():
    asked_by(1, order_reference="")
    assert before(asked_by(2, order_reference="#")).of_order == 0


def test_repeats_are_listed_the_most_striking_first(sam):
    for number in range(3):
        asked_by(number)
    for number in range(3, 5):
        asked_by(number, order_reference="OTHER")
    asked_by(5, order_reference="ONCE")
    desk = staff_log_in(sam)
    answer = desk.get(REPEATS)
    assert [(row["requests"], row["different"]) for row in answer.context["page"].rows] == [(3, 3), (2, 2)]
    body = answer.content.decode()
    assert ORDER not in body
    assert "thief" not in body
    order = LoginHelpRequest.objects.last().order
    assert f"/staff/desk/log-in-help/orders/{order}/" in body
    assert desk.get(f"/staff/desk/log-in-help/orders/{order}/").content.decode().count("under way") == 3


def test_the_pages_take_so_many_queries_however_many_there_are(sam):
    desk = staff_log_in(sam)
    asked_by(0)
    order = LoginHelpRequest.objects.get().order_digest
    places = (REPEATS, f"/staff/desk/log-in-help/orders/{order[:16]}/")

    def queries(place: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(place).status_code == 200
        return len(captured)

    before = [queries(place) for place in places]
    LoginHelpRequest.objects.bulk_create(LoginHelpRequest(order_digest=order, address_digest=f"{number:064}") for number in range(120))
    assert [queries(place) for place in places] == before
    assert "page=2" in desk.get(places[1]).content.decode()
    for odd in ("?page=x", "?page=999999999", "?addresses=-1", "?page=2&page=3"):
        assert desk.get(REPEATS + odd).status_code == 200


def test_these_pages_are_for_staff(alice):
    for place in (REPEATS, f"/staff/desk/log-in-help/orders/{'0' * 16}/"):
        assert Client().get(place).status_code == 302


def test_three_addresses_for_one_order_are_a_sign_of_misuse(ada):
    for number in range(2):
        asked_by(number)
    assert watch_log_in_help() == 0
    asked_by(2)
    assert watch_log_in_help() == 1
    finding = MisuseFinding.objects.get()
    assert (finding.detector, finding.score, finding.user) == ("order_claimed", 40, None)
    assert finding.evidence == {"claiming_requests": 3, "claiming_addresses": 3, "claims_refused": 0}
    assert ORDER not in str(MisuseFinding.objects.values().get())
    place = address_of(finding)
    assert staff_log_in(ada).get(place).status_code == 200
    watch_log_in_help()
    assert MisuseFinding.objects.count() == 1


def test_what_staff_have_decided_counts_no_more(ada):
    for number in range(3):
        asked_by(number)
    watch_log_in_help()
    MisuseFinding.objects.update(state="dismissed", decided_at=timezone.now())
    assert watch_log_in_help() == 0
    asked_by(3)
    assert watch_log_in_help() == 0
    for number in range(4, 6):
        asked_by(number)
    assert watch_log_in_help() == 1


def test_long_ago_counts_no_more():
    for number in range(3):
        asked_by(number)
    LoginHelpRequest.objects.update(asked_at=timezone.now() - timedelta(days=91))
    assert watch_log_in_help() == 0


def test_the_history_is_kept_for_a_year():
    asked_by(1)
    LoginHelpRequest.objects.update(asked_at=timezone.now() - timedelta(days=364))
    assert purge_log_in_help_requests() == 0
    LoginHelpRequest.objects.update(asked_at=timezone.now() - timedelta(days=366))
    assert purge_log_in_help_requests() == 1


def test_the_detector_is_described_as_it_is():
    assert described(ORDER_CLAIMED) in PAGE

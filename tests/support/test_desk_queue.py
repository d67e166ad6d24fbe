"""The queue of the desk: who waits, in which order, and nothing of what was told (promises C15, G8)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from support.cases.closing import close
from support.cases.writing import answer
from support.destruction.starting import begin
from support.models import Case, CaseDetails, Kind, Life, Trigger
from tests.customer import log_in
from tests.pages import words_of
from tests.staff import staff_log_in
from tests.support.cases import incoming, make_case
from tests.support.desk import QUEUE, page_of, take

pytestmark = pytest.mark.django_db
CANARIES = ("kestrel-subject", "kestrel-text", "Kestrel Name", "kestrel@example.net", "kestrel-file", "kestrel-version", "kestrel-browser")


def kestrel(**asked: object) -> Case:
    details = CaseDetails(
        subject="kestrel-subject",
        name="Kestrel Name",
        email="kestrel@example.net",
        version="kestrel-version",
        circumstances={"browser": "kestrel-browser"},
    )
    return make_case(details=details, text="kestrel-text", files=[incoming("kestrel-file.txt")], **asked)


def listed(client: Client, query: str = "") -> list[str]:
    return [case.reference for case in client.get(f"{QUEUE}{query}").context["page"].rows]


def wait(case: Case, **time: int) -> Case:
    Case.objects.filter(pk=case.pk).update(waiting_since=timezone.now() - timedelta(**time))
    return case


def test_priority_first_and_then_who_has_waited_longest(sam):
    short, long, urgent = wait(make_case(), hours=1), wait(make_case(), days=3), make_case(is_priority=True)
    client = staff_log_in(sam)
    assert listed(client) == [urgent.reference, long.reference, short.reference]
    words = words_of(client.get(QUEUE).content.decode())
    assert f"{urgent.reference} priority question public form" in words
    assert "for 3 days" in words


def test_the_filters(sam, ada, notebook):
    client = staff_log_in(sam)
    waits = make_case(kind=Kind.CORRECTION, product=notebook)
    mine = take(client, make_case()) and Case.objects.get(assigned_to=sam)
    answered, closed, going = make_case(), make_case(), make_case()
    answer(answered, "Try this.", by=ada)
    close(closed, by=ada)
    begin(going, Trigger.CUSTOMER)
    Case.objects.filter(pk=make_case().pk).update(life=Life.DESTROYED)
    assert set(listed(client)) == {waits.reference, mine.reference}
    assert listed(client, "?state=answered") == [answered.reference]
    assert listed(client, "?state=closed") == [closed.reference]
    assert listed(client, "?state=destroying") == [going.reference]
    assert listed(client, "?whose=mine") == [mine.reference]
    assert listed(client, "?whose=nobodys&kind=correction") == [waits.reference]
    assert listed(client, f"?product={notebook.pk}") == [waits.reference]
    assert listed(client, "?kind=login-help") == []


@pytest.mark.parametrize(
    "query",
    ["?state=x&whose=&kind=%C3%A9", "?product=99999999999999999999", "?product=x&product=y", "?page=-1", "?page=x&state=waiting&state=y"],
)
def test_a_query_that_means_nothing_is_left_out(sam, query):
    case = make_case()
    assert listed(staff_log_in(sam), query) in ([case.reference], [])


def test_nothing_of_what_was_told_leaves_the_case(sam, ada, alice):
    sams, adas = staff_log_in(sam), staff_log_in(ada)
    case = kestrel(user=alice)
    take(adas, case)
    for client in (sams, Client(), log_in(alice)):
        pages = [client.get(path) for path in ("/staff/", QUEUE, f"{QUEUE}figures/", f"{QUEUE}find/", page_of(case))]
        pages.append(client.post(f"{QUEUE}find/", {"typed": "kestrel@example.net"}))
        shown = "".join(page.content.decode() for page in pages).replace('value="kestrel@example.net"', "")
        assert not [canary for canary in CANARIES if canary in shown]
    shown = adas.get(page_of(case)).content.decode()
    assert not [canary for canary in CANARIES if canary not in shown], "whoever works on it reads all of it"
    assert not [canary for canary in CANARIES if canary in str(list(AuditEvent.objects.values()))]


def test_it_is_paginated(sam):
    for _number in range(51):
        make_case()
    client = staff_log_in(sam)
    first, second = listed(client, "?whose=nobodys"), listed(client, "?whose=nobodys&page=2")
    assert (len(first), len(second), len({*first, *second})) == (50, 1, 51)
    assert 'href="?state=waiting&amp;whose=nobodys&amp;page=2"' in client.get(f"{QUEUE}?whose=nobodys").content.decode()


@pytest.mark.parametrize("number", [3, 60])
def test_it_asks_the_same_questions_of_three_and_of_sixty(sam, notebook, django_assert_num_queries, number):
    for _number in range(number):
        make_case(product=notebook)
    Case.objects.update(assigned_to=sam)
    client = staff_log_in(sam)
    client.get(QUEUE)
    with django_assert_num_queries(8):
        client.get(QUEUE)


@pytest.mark.parametrize("spelling", ["{}", " {} ", "case {}"])
def test_a_number_leads_to_the_case_however_it_is_typed(sam, spelling):
    case = make_case()
    typed = case.reference.replace("-", " ").lower()
    response = staff_log_in(sam).post(f"{QUEUE}find/", {"typed": spelling.format(typed)})
    if spelling.startswith("case"):
        assert response.status_code == 200
    else:
        assert response["Location"] == page_of(case)


def test_an_address_leads_to_its_cases_and_the_search_is_recorded_without_it(sam, alice):
    hers, other = make_case(user=alice, email=alice.email), make_case()
    response = staff_log_in(sam).post(f"{QUEUE}find/", {"typed": alice.email.upper()})
    html = response.content.decode()
    assert hers.reference in html
    assert other.reference not in html
    event = AuditEvent.objects.get(kind="customer.sought")
    assert (event.user, event.actor, event.detail) == (alice, sam, {"role": "Support", "by": ["case-address"], "found": 1})


def test_whoever_searches_for_many_is_slowed(sam):
    client = staff_log_in(sam)
    statuses = [client.post(f"{QUEUE}find/", {"typed": f"a{number}@example.com"}).status_code for number in range(21)]
    assert statuses == [200] * 20 + [429]
    assert "a20@example.com" in client.post(f"{QUEUE}find/", {"typed": "a20@example.com"}).content.decode(), "the text stays"


@pytest.mark.parametrize("typed", ["", "\0", "x" * 300, "é@ü", "7KQ4-M2XD", "@", "a" * 254])
def test_what_finds_nothing_says_so(sam, typed):
    assert staff_log_in(sam).post(f"{QUEUE}find/", {"typed": typed}).status_code == 200


def test_the_start_page_says_how_many_wait(sam):
    client = staff_log_in(sam)
    assert "No case waits for us." in words_of(client.get("/staff/").content.decode())
    wait(make_case(), days=2)
    make_case()
    assert "2 cases wait for us, the longest for 2 days." in words_of(client.get("/staff/").content.decode())

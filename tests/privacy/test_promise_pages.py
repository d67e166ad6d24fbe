"""The page of promises for everybody, and that of staff with what was found."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone

from privacy.ledger import LEDGER, NUMBERS
from privacy.models import PromiseChange, PromiseFinding, PromiseState
from privacy.models.promise import Outcome
from tests.pages import Tags, words_of
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db
PAGE, STAFF_PAGE = "/privacy/promises/", "/staff/promises/"
SECRET = "the third door on the left is open"


@pytest.fixture
def looked() -> None:
    """Somebody looked just now: all is kept, but G5 is broken, and C17 cannot be told."""
    now = timezone.now()
    for number in NUMBERS:
        outcome = {"G5": Outcome.BROKEN, "C17": Outcome.UNKNOWN}.get(number, Outcome.KEPT)
        PromiseState.objects.note(number, outcome, SECRET, now)
        PromiseFinding.objects.create(promise=number, check_name="door", outcome=outcome, evidence=SECRET, looked_at=now)


def states(html: str) -> dict[str, str]:
    """What the page says of each promise."""
    found = {}
    for number in NUMBERS:
        row = html.partition(f'<tr id="{number}">')[2].partition("</tr>")[0]
        found[number] = words_of(row).removeprefix(number).strip()
    return found


def test_everybody_reads_every_promise_with_its_state(looked):
    said = states(Client().get(PAGE).content.decode())
    for promise in LEDGER:
        state = {"G5": "broken", "C17": "cannot tell"}.get(promise.number, "kept")
        assert said[promise.number] == f"{promise.text} {state}"


def test_nobody_but_staff_reads_what_it_rests_on(looked):
    assert SECRET not in Client().get(PAGE).content.decode()


def test_before_anybody_has_looked_nobody_can_tell():
    html = Client().get(PAGE).content.decode()
    assert "It has not looked yet." in words_of(html)
    assert all(said.endswith("cannot tell") for said in states(html).values())


def test_what_was_looked_at_long_ago_says_nothing_of_today(looked):
    PromiseState.objects.filter(promise="G1").update(looked_at=timezone.now() - timedelta(hours=4))
    said = states(Client().get(PAGE).content.decode())
    assert (said["G1"].endswith("cannot tell"), said["G3"].endswith("kept")) == (True, True)


def test_it_is_read_while_the_database_is_away(looked, monkeypatch):
    def gone(*arguments: object) -> None:
        raise DatabaseError("the server closed the connection")

    monkeypatch.setattr(connection, "cursor", gone)
    answer = Client().get(PAGE)
    assert answer.status_code == 200
    assert all(said.endswith("cannot tell") for said in states(answer.content.decode()).values())


def test_it_costs_one_query(looked, django_assert_num_queries):
    Client().get(PAGE)
    with django_assert_num_queries(1):
        Client().get(PAGE)


def test_it_is_read_only_and_sets_no_cookie():
    assert Client().post(PAGE).status_code == 405
    assert not Client().get(PAGE).cookies


@pytest.mark.parametrize("path", ["/privacy/", "/privacy/resources/", "/privacy/promotions/", "/", "/contact/"])
def test_the_policies_and_the_foot_lead_to_it(path):
    assert PAGE in Tags(Client().get(path).content.decode()).links()


# Staff


def test_administration_reads_the_evidence_and_when_it_changed(ada, looked):
    page = words_of(staff_log_in(ada).get(STAFF_PAGE).content.decode())
    assert page.count(SECRET) == 2 * len(NUMBERS), "once as it is now, and once in the history"
    assert f"broken: {SECRET}" in page
    assert "Looked at last on" in page


def test_support_does_not(sam, looked):
    assert staff_log_in(sam).get(STAFF_PAGE).status_code == 403
    assert STAFF_PAGE not in Tags(staff_log_in(sam).get("/staff/").content.decode()).links()


def test_it_is_found_from_the_start_page(ada):
    assert STAFF_PAGE in Tags(staff_log_in(ada).get("/staff/").content.decode()).links()


def test_the_history_has_pages_and_the_queries_do_not_grow(ada, looked, django_assert_max_num_queries):
    client = staff_log_in(ada)
    for number in range(120):
        PromiseChange.objects.create(promise="G1", outcome="kept", evidence=f"change {number:03}")
    client.get(STAFF_PAGE)
    with django_assert_max_num_queries(16):
        page = words_of(client.get(STAFF_PAGE).content.decode())
    assert ("change 119" in page, "change 050" in page) == (True, False)
    assert "change 050" in words_of(client.get(f"{STAFF_PAGE}?page=2").content.decode())
    assert client.get(f"{STAFF_PAGE}?page=x").status_code == 200

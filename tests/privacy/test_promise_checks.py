"""`manage.py check_promises`: what each check says, how a promise stands by it, and how that is told and kept."""

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit.models import AuditEvent
from privacy import promise_checks
from privacy.ledger import NUMBERS
from privacy.models import PromiseChange, PromiseFinding, PromiseState
from privacy.models.promise import worst
from privacy.promise_checks import Outcome, checks, findings, standings
from privacy.promise_states import look
from privacy.tasks import look_at_promises

pytestmark = pytest.mark.django_db
KEPT, BROKEN, UNKNOWN = Outcome.KEPT, Outcome.BROKEN, Outcome.UNKNOWN


@pytest.fixture
def says(monkeypatch) -> Callable[..., None]:
    """Instead of all checks, these: `says(G1=KEPT, C3=[KEPT, BROKEN])`."""

    def register(**said: Any) -> None:
        found = []
        for promise, outcomes in said.items():
            for number, outcome in enumerate(outcomes if isinstance(outcomes, list) else [outcomes]):

                def check(outcome: Outcome = outcome, number: int = number) -> tuple[Outcome, str]:
                    return outcome, f"evidence {number}"

                check.__name__ = f"check_{promise.lower()}_{number}"
                found.append(((promise,), check))
        monkeypatch.setattr(promise_checks, "registered", found)

    return register


def run(**options: Any) -> tuple[int, str]:
    """The exit status, and what was printed."""
    out = StringIO()
    try:
        call_command("check_promises", stdout=out, **options)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    return 0, out.getvalue()


@pytest.mark.parametrize(
    ("outcomes", "stands"),
    [
        ([], UNKNOWN),
        ([KEPT], KEPT),
        ([KEPT, KEPT], KEPT),
        ([KEPT, UNKNOWN], UNKNOWN),
        ([UNKNOWN, BROKEN], BROKEN),
        ([KEPT, BROKEN, UNKNOWN], BROKEN),
    ],
)
def test_how_a_promise_stands_by_its_checks(outcomes, stands):
    assert worst(outcomes) == stands


def test_every_promise_is_told_in_the_order_of_the_ledger(says):
    says(C3=KEPT, G1=BROKEN)
    found = standings()
    assert [standing.promise.number for standing in found] == list(NUMBERS)
    assert {standing.promise.number: standing.outcome for standing in found if standing.findings} == {"G1": BROKEN, "C3": KEPT}
    assert {standing.outcome for standing in found if not standing.findings} == {UNKNOWN}


def test_a_check_of_several_promises_looks_once(monkeypatch):
    looked = []

    def look_once() -> tuple[Outcome, str]:
        looked.append(1)
        return KEPT, "seen"

    monkeypatch.setattr(promise_checks, "registered", [(("G1", "C3", "D4"), look_once)])
    assert [finding.promise for finding in findings()] == ["G1", "C3", "D4"]
    assert len(looked) == 1


@pytest.mark.parametrize("error", [OSError, ValueError("alice@example.com"), KeyError("x")])
def test_a_check_that_breaks_cannot_tell_and_its_words_stay_in_the_log(monkeypatch, error):
    def broken() -> tuple[Outcome, str]:
        raise error

    monkeypatch.setattr(promise_checks, "registered", [(("G1",), broken), (("G2",), lambda: (KEPT, "seen"))])
    first, second = findings()
    assert (first.outcome, second.outcome) == (UNKNOWN, KEPT)
    assert first.evidence in ("broken could not look: OSError", "broken could not look: ValueError", "broken could not look: KeyError")


def test_a_check_of_a_promise_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match=r"look speaks of C99: privacy/ledger\.py knows no such promise\."):

        @checks("G1", "C99")
        def look() -> tuple[Outcome, str]:
            return KEPT, ""


@pytest.mark.parametrize(
    ("said", "strict", "status"),
    [
        (dict.fromkeys(NUMBERS, KEPT), False, 0),
        (dict.fromkeys(NUMBERS, KEPT), True, 0),
        ({"G1": KEPT}, False, 0),
        ({"G1": KEPT}, True, 2),
        ({"G1": BROKEN}, False, 1),
        ({"G1": BROKEN}, True, 1),
    ],
    ids=["all kept", "all kept, strict", "one known", "one known, strict", "broken", "broken, strict"],
)
def test_the_exit_status_is_for_cron(says, said, strict, status):
    says(**said)
    assert run(strict=strict)[0] == status


def test_the_text_goes_promise_by_promise(says):
    says(G5=[KEPT, BROKEN])
    _status, text = run()
    assert "G5   broken       Payment details are never received and never stored, even if they are sent\n" in text
    assert "       kept         evidence 0\n       broken       evidence 1\n" in text
    assert "C17  cannot tell  A person gets a full report of all that is recorded about them\n       nothing here can tell\n" in text
    assert text.endswith(f"0 kept, 1 broken, {len(NUMBERS) - 1} cannot be told\n")


def test_the_json_is_the_same_for_ever(says):
    says(G5=[KEPT, BROKEN])
    told = json.loads(run(json=True)[1])
    assert set(told) == {"looked_at", "outcome", "promises"}
    assert told["outcome"] == "broken"
    assert [promise["number"] for promise in told["promises"]] == list(NUMBERS)
    (promise,) = (promise for promise in told["promises"] if promise["findings"])
    assert promise == {
        "number": "G5",
        "text": "Payment details are never received and never stored, even if they are sent",
        "outcome": "broken",
        "findings": [
            {"check": "check_g5_0", "outcome": "kept", "evidence": "evidence 0"},
            {"check": "check_g5_1", "outcome": "broken", "evidence": "evidence 1"},
        ],
    }


def test_an_address_that_is_none_is_refused():
    with pytest.raises(CommandError, match="must begin with https://"):
        run(url="customers.example.com")


# What is kept of it


def test_what_was_found_is_kept_and_what_is_gone_is_gone(says):
    says(G1=[KEPT, UNKNOWN], C3=KEPT)
    assert look_at_promises() == 0
    assert set(PromiseFinding.objects.values_list("promise", "check_name", "outcome", "evidence")) == {
        ("G1", "check_g1_0", "kept", "evidence 0"),
        ("G1", "check_g1_1", "cannot tell", "evidence 1"),
        ("C3", "check_c3_0", "kept", "evidence 0"),
    }
    says(G1=BROKEN)
    assert look_at_promises() == 1
    assert set(PromiseFinding.objects.values_list("promise", "outcome")) == {("G1", "broken")}
    assert PromiseState.objects.count() == len(NUMBERS)


def test_the_history_has_changes_alone(says):
    for outcome in (KEPT, KEPT, BROKEN, BROKEN, KEPT):
        says(G1=outcome)
        look()
    assert list(PromiseChange.objects.filter(promise="G1").order_by("pk").values_list("outcome", "evidence")) == [
        ("kept", "evidence 0"),
        ("broken", "evidence 0"),
        ("kept", "evidence 0"),
    ]
    assert set(PromiseChange.objects.exclude(promise="G1").values_list("outcome")) == {("cannot tell",)}


def test_since_when_is_remembered_and_when_it_was_looked_at_moves_on(says):
    says(G1=KEPT)
    look()
    earlier = timezone.now() - timedelta(hours=2)
    PromiseState.objects.update(since=earlier, looked_at=earlier)
    look()
    state = PromiseState.objects.get(promise="G1")
    assert (state.since, state.looked_at > earlier) == (earlier, True)


@pytest.mark.django_db(transaction=True)
def test_to_keep_what_was_found_costs_the_same_whatever_there_is(monkeypatch, django_assert_max_num_queries):
    """One check that speaks of every promise."""
    monkeypatch.setattr(promise_checks, "registered", [(NUMBERS, lambda: (KEPT, "seen"))])
    look()
    with django_assert_max_num_queries(12):
        look()
    assert PromiseFinding.objects.count() == len(NUMBERS)


def test_a_look_leaves_no_trace_of_a_visit():
    """It goes through pages of which no visit is recorded."""
    assert look_at_promises() == 0
    assert any("asked in this process" in finding.evidence for finding in PromiseFinding.objects.all())
    assert not AuditEvent.objects.exists()

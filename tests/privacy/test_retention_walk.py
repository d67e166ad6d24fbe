"""The walk: every destroyer has its turn, and what came of it is noted; one that fails stops no other, and none is starved by another."""

import json
import logging
import time
from datetime import timedelta
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import LoginSession, RecordOpening, Throttle
from infacta.management.commands import work
from infacta.schedule import SWEEPS
from privacy.checks import every_limit_has_a_clock
from privacy.looks.retention import PROOFS, SUPPORT, state_of
from privacy.models import RetentionRun
from privacy.promise_checks import Outcome, findings
from privacy.registry import registry
from privacy.retention import batches, overdue, standing, walking
from privacy.retention.due import governed
from privacy.retention.standing import SLACK
from privacy.retention.walking import rules_of_destroyers, take_turn, walk, whose_turn
from privacy.tasks import execute_retention
from privacy.templatetags import retention as banner
from tests.staff import staff_log_in
from tests.threads import at_once

THROTTLES = "accounts.tasks.purge_throttles"
SESSIONS = "accounts.tasks.purge_login_sessions"
SECRET = "alice@example.com lives at 12 Quay Street"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def throttles(number: int, free_for: timedelta = 3 * DAY) -> None:
    free_at = (timezone.now() - free_for).timestamp()
    Throttle.objects.bulk_create(Throttle(key=f"{free_for}-{one}", free_at=free_at) for one in range(number))


def retention(*args: str) -> tuple[str, str, int]:
    """What the command says, how it complains, and its status."""
    out = StringIO()
    try:
        call_command("retention", *args, stdout=out)
    except CommandError as error:
        return out.getvalue(), str(error), error.returncode
    return out.getvalue(), "", 0


def broken(monkeypatch, destroyer: str = THROTTLES) -> None:
    real = walking.import_string

    def breaks() -> int:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(walking, "import_string", lambda name: breaks if name == destroyer else real(name))


def run_of(destroyer: str = THROTTLES) -> RetentionRun:
    return RetentionRun.objects.get(destroyer=destroyer)


def an_hour_later() -> None:
    RetentionRun.objects.update(began_at=timezone.now() - HOUR, ended_at=timezone.now() - HOUR)


# The walk


@pytest.mark.django_db
def test_every_destroyer_has_its_turn_and_a_note():
    throttles(3)
    assert execute_retention() == 3
    assert set(RetentionRun.objects.values_list("destroyer", flat=True)) == {
        rule.destroyer for rule in registry.retentions() if rule.destroyer
    }
    assert not RetentionRun.objects.filter(ended_at=None).exists()
    note = run_of()
    assert (note.rows, note.problem, note.tries, note.left, note.lease_until) == (3, "", 0, False, None)
    assert note.ended_at >= note.began_at


@pytest.mark.django_db
def test_a_turn_comes_once_an_hour():
    walk()
    throttles(1)
    assert walk() == []
    an_hour_later()
    assert len(walk()) == len(rules_of_destroyers())
    assert not Throttle.objects.exists()
    assert RetentionRun.objects.count() == len(rules_of_destroyers()), "the notes do not grow"


@pytest.mark.django_db
def test_one_that_fails_stops_no_other_and_is_tried_with_the_next_walk(monkeypatch, caplog):
    throttles(1)
    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        broken(patch)
        passed = {one.destroyer: one for one in walk()}
        assert len(passed) == len(rules_of_destroyers())
        assert passed[THROTTLES].problem.startswith("RuntimeError at privacy/test_retention_walk.py:")
        assert [one.destroyer for one in passed.values() if one.problem] == [THROTTLES]
        assert [one.destroyer for one in walk()] == [THROTTLES]
    note = run_of()
    assert (note.tries, note.ended_at, note.lease_until) == (2, None, None)
    assert "RuntimeError" in note.problem
    assert SECRET not in caplog.text + note.problem
    assert "accounts.tasks.purge_throttles failed" in caplog.text
    assert [one.rows for one in walk()] == [1]
    assert (run_of().problem, run_of().tries) == ("", 0)


@pytest.mark.django_db
def test_a_giant_purge_lets_others_have_their_turn_and_goes_on_with_the_next_walk(monkeypatch):
    monkeypatch.setattr(batches, "BATCH", 2)
    throttles(7)
    first = {one.destroyer: one for one in walk(each=-1.0)}
    assert len(first) == len(rules_of_destroyers())
    assert first[THROTTLES].rows == 0, "no time, no batch"
    clock = iter(range(1000))
    monkeypatch.setattr(batches, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    an_hour_later()
    passed = take_turn(THROTTLES, seconds=2.5)
    assert (passed.rows, passed.left, Throttle.objects.count()) == (4, True, 3)
    assert run_of().left
    assert THROTTLES in whose_turn(timezone.now())


@pytest.mark.django_db
def test_no_turn_begins_when_the_time_of_the_walk_is_over_and_those_that_waited_longest_come_first(monkeypatch):
    known = list(rules_of_destroyers())
    clock = iter(range(1000))
    monkeypatch.setattr(walking, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    first = [one.destroyer for one in walk(seconds=10)]
    assert 0 < len(first) < len(known)
    assert whose_turn(timezone.now()) == known[len(first) :]


@pytest.mark.django_db
@pytest.mark.parametrize(("broker", "limits"), [("", {"seconds": 8.0, "each": 3.0}), ("redis://nowhere", {"each": 20.0})])
def test_without_a_broker_the_walk_leaves_time_for_mails(settings, monkeypatch, broker, limits):
    settings.CELERY_BROKER_URL = broker
    asked = []
    monkeypatch.setattr("privacy.tasks.walk", lambda **options: asked.append(options) or [])
    assert execute_retention() == 0
    assert asked == [limits]


@pytest.mark.django_db
def test_the_embedded_worker_executes_retention(monkeypatch):
    monkeypatch.setattr(work, "close_old_connections", lambda: None)  # the test's own
    throttles(2)
    (sweep,) = [sweep for sweep in SWEEPS if sweep.task == "privacy.tasks.execute_retention"]
    work.run(sweep)
    assert not Throttle.objects.exists()


def test_no_destroyer_has_an_hourly_sweep_of_its_own_besides():
    """Those that stand in the schedule run oftener than the walk."""
    assert {sweep.task for sweep in SWEEPS if sweep.every >= HOUR} & set(rules_of_destroyers()) == set()


@pytest.mark.django_db
def test_a_killed_walk_is_taken_up_when_its_lease_is_over():
    walk()
    throttles(1)
    began = timezone.now()
    RetentionRun.objects.filter(destroyer=THROTTLES).update(began_at=began, lease_until=began + RetentionRun.LEASE, tries=1)
    assert [one.in_hand for one in walk()] == [True]
    assert Throttle.objects.exists()
    RetentionRun.objects.filter(destroyer=THROTTLES).update(lease_until=timezone.now())
    assert [(one.destroyer, one.rows) for one in walk()] == [(THROTTLES, 1)]
    assert run_of().tries == 0


@pytest.mark.django_db
@pytest.mark.parametrize("lease", [None, RetentionRun.LEASE])
def test_a_clock_that_went_ahead_stops_no_destroyer(lease):
    """A host that thought it was another year had its turn then, and was killed or not."""
    walk()
    throttles(1)
    another_year = timezone.now() + 400 * DAY
    RetentionRun.objects.update(began_at=another_year, ended_at=another_year, lease_until=lease and another_year + lease)
    assert len(walk()) == len(rules_of_destroyers())
    assert not Throttle.objects.exists()
    assert (run_of().tries, run_of().lease_until) == (0, None)
    assert run_of().began_at < timezone.now()
    assert walk() == []


@pytest.mark.django_db
def test_who_lost_the_lease_writes_no_note(monkeypatch):
    def slow() -> int:
        RetentionRun.objects.filter(destroyer=THROTTLES).update(began_at=timezone.now() + DAY)
        return 5

    monkeypatch.setattr(walking, "import_string", lambda name: slow)
    monkeypatch.setattr(walking, "is_anything_due", lambda slugs: False)
    assert take_turn(THROTTLES, 1).rows == 5
    assert (run_of().rows, run_of().ended_at) == (0, None)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_walks_at_once_one_has_each_destroyer(monkeypatch):
    throttles(20)
    calls, real = [], walking.import_string

    def noted(name: str):
        def destroyer() -> int:
            calls.append(name)
            time.sleep(0.02)
            return real(name)()

        return destroyer

    monkeypatch.setattr(walking, "import_string", noted)
    at_once(lambda one: walk(), range(2))
    assert sorted(calls) == sorted(rules_of_destroyers())
    assert not Throttle.objects.exists()
    assert not RetentionRun.objects.exclude(problem="").exists()
    assert not RetentionRun.objects.exclude(lease_until=None).exists()


@pytest.mark.postgresql
@pytest.mark.django_db
def test_what_takes_too_long_to_count_is_not_counted(monkeypatch):
    monkeypatch.setattr(standing, "SECONDS", 1)
    slow = Throttle.objects.extra(where=["(SELECT pg_sleep(3)) IS NOT NULL"])
    throttles(1)
    began = time.monotonic()
    assert standing.counted(slow).rows is None
    assert time.monotonic() - began < 2.5
    assert standing.counted(Throttle.objects.all()).rows == 1


# What is due, and what is overdue


@pytest.mark.django_db
def test_what_is_due_is_overdue_only_when_the_walk_should_have_taken_it():
    throttles(2, free_for=DAY + HOUR)
    assert [str(one.due) for one in standing.all_due(timezone.now()) if one.governed.retention.slug == "throttle"] == ["2"]
    assert overdue(timezone.now()) == []
    (late,) = overdue(timezone.now() + SLACK)
    assert (late.rule, late.model, late.rows.rows) == ("throttle", "accounts.Throttle", 2)
    assert abs(late.oldest - (timezone.now() - DAY - HOUR)) < timedelta(minutes=1)


@pytest.mark.django_db
def test_a_promise_is_broken_while_rows_are_overdue_a_destroyer_fails_or_none_runs(monkeypatch):
    assert state_of()[0] == Outcome.UNKNOWN
    walk()
    assert state_of()[0] == Outcome.KEPT
    throttles(2)
    outcome, evidence = state_of()
    assert outcome == Outcome.BROKEN
    assert f"throttle: 2 of accounts.Throttle since {timezone.now() - 3 * DAY:%Y-%m-%d}" in evidence
    assert state_of(("case",))[0] == Outcome.KEPT
    assert Outcome.BROKEN in {finding.outcome for finding in findings() if finding.promise == "G1"}
    with monkeypatch.context() as patch:
        broken(patch)
        an_hour_later()
        walk()
    Throttle.objects.all().delete()
    outcome, evidence = state_of()
    assert outcome == Outcome.BROKEN
    assert "accounts.tasks.purge_throttles (1 times in a row: RuntimeError" in evidence
    walk()
    assert state_of()[0] == Outcome.KEPT
    RetentionRun.objects.update(tries=3)
    assert state_of()[0] == Outcome.BROKEN, "killed again and again"
    RetentionRun.objects.update(tries=0, ended_at=timezone.now() - timedelta(hours=4))
    assert "were not through for three hours" in state_of()[1]


@pytest.mark.django_db
def test_a_database_that_is_too_busy_to_count_breaks_no_promise(monkeypatch):
    """Whoever keeps the database busy must not be able to say in public that we broke our word."""
    walk()
    monkeypatch.setattr(standing, "counted", lambda rows, most=0: standing.Counted(None))
    outcome, evidence = state_of()
    assert outcome == Outcome.UNKNOWN
    assert "took too long to count what is overdue" in evidence


def test_the_numbers_are_asked_of_promises_that_say_how_long():
    """A rule of C8 or G8 that is renamed is missed here."""
    assert {*SUPPORT, *PROOFS} <= {rule.slug for rules in rules_of_destroyers().values() for rule in rules}


# The command


@pytest.mark.django_db
def test_a_dry_run_tells_all_and_changes_nothing():
    throttles(2)
    LoginSession.objects.all().delete()
    out, said, status = retention("--dry-run")
    lines = out.splitlines()
    assert len(lines) == 1 + len(list(governed()))
    assert any("mailroom.OutgoingMail (text, html" in line for line in lines)
    (line,) = [line for line in lines if line.startswith("throttle ")]
    assert line.split()[:6] == ["throttle", "1", "d", "accounts.Throttle", "2", "2"]
    assert line.endswith("accounts.tasks.purge_throttles               never")
    assert (status, said) == (1, "Rows are overdue by 1 rules: their destroyers did not run, or failed.")
    assert Throttle.objects.count() == 2
    assert not RetentionRun.objects.exists()


@pytest.mark.django_db
def test_a_dry_run_counts_no_more_than_it_must(monkeypatch):
    monkeypatch.setattr(standing.counted, "__defaults__", (3,))
    throttles(5)
    out, _said, _status = retention("--dry-run", "--only", "throttle")
    assert "at least 3" in out


@pytest.mark.django_db
def test_the_dry_run_asks_no_more_queries_of_more_rows():
    throttles(2)
    with CaptureQueriesContext(connection) as few:
        retention("--dry-run")
    throttles(300, free_for=5 * DAY)
    with CaptureQueriesContext(connection) as many:
        retention("--dry-run")
    assert len(many) == len(few) < 6 * len(list(governed()))


@pytest.mark.django_db
def test_json_for_machines():
    throttles(2)
    out, _said, status = retention("--dry-run", "--json", "--only", "throttle")
    (row,) = map(json.loads, out.splitlines())
    assert status == 1
    assert {name: row[name] for name in ("rule", "model", "due", "due_is_more", "overdue", "destroyer", "last_through", "problem")} == {
        "rule": "throttle",
        "model": "accounts.Throttle",
        "due": 2,
        "due_is_more": False,
        "overdue": 2,
        "destroyer": THROTTLES,
        "last_through": None,
        "problem": "",
    }
    assert row["longest_seconds"] == DAY.total_seconds()
    out, said, status = retention("--json", "--only", "throttle")
    assert (json.loads(out)["rows"], said, status) == (2, "", 0)


@pytest.mark.django_db
def test_the_command_executes_now_until_all_is_through(monkeypatch):
    monkeypatch.setattr(batches, "BATCH", 2)
    walk()
    throttles(7)
    out, said, status = retention()
    assert (said, status, Throttle.objects.count()) == ("", 0, 0)
    assert len(out.splitlines()) == len(rules_of_destroyers())
    assert "throttle: 7 rows by accounts.tasks.purge_throttles in 0." in out
    assert "mail-body, mail-record: 0 rows by mailroom.tasks.purge_mails" in out


@pytest.mark.django_db
def test_the_command_goes_on_past_a_destroyer_that_fails_and_says_so(monkeypatch):
    broken(monkeypatch)
    out, said, status = retention()
    assert len(out.splitlines()) == len(rules_of_destroyers())
    assert "throttle: accounts.tasks.purge_throttles FAILED: RuntimeError" in out
    assert (status, said) == (1, f"1 of {len(rules_of_destroyers())} destroyers failed. They have their turn again with the next walk.")


@pytest.mark.django_db
def test_the_command_says_what_another_worker_has_in_hand():
    RetentionRun.objects.create(destroyer=THROTTLES, began_at=timezone.now(), lease_until=timezone.now() + HOUR)
    out, _said, status = retention("--only", "throttle")
    assert (out, status) == ("throttle: another worker has accounts.tasks.purge_throttles in hand\n", 0)


@pytest.mark.django_db
@pytest.mark.parametrize("mode", [(), ("--dry-run",)])
def test_an_unknown_rule_is_told_with_the_known_ones(mode):
    out, said, status = retention(*mode, "--only", "throttles")
    assert (out, status) == ("", 2)
    assert said.startswith("No retention with a limit is called throttles. There are: address-change, appeal, ")


# What staff see


@pytest.mark.django_db
def test_administration_sees_how_retention_stands(ada):
    throttles(2)
    page = staff_log_in(ada).get("/staff/retention/").content.decode()
    assert "Counters against guessing" in page
    assert "<strong>" in page
    assert page.count("not yet") == len(list(governed()))
    walk()
    assert "not yet" not in staff_log_in(ada).get("/staff/retention/").content.decode()


@pytest.mark.django_db
def test_others_do_not(sam, alice):
    assert staff_log_in(sam).get("/staff/retention/").status_code == 403
    assert Client().get("/staff/retention/").status_code == 302
    assert staff_log_in(sam).post("/staff/retention/").status_code in (403, 405)


@pytest.mark.django_db
def test_the_page_asks_no_more_queries_of_more_rows(ada):
    client = staff_log_in(ada)
    throttles(2)
    client.get("/staff/retention/")
    with CaptureQueriesContext(connection) as few:
        client.get("/staff/retention/")
    throttles(300, free_for=5 * DAY)
    with CaptureQueriesContext(connection) as many:
        client.get("/staff/retention/")
    assert len(many) == len(few) < 6 * len(list(governed())) + 30


@pytest.mark.django_db
def test_a_banner_tells_administration_alone(ada, sam, monkeypatch):
    walk()
    RetentionRun.objects.filter(destroyer=THROTTLES).update(problem="RuntimeError")
    cache.delete(banner.KEY)
    assert "1 destroyer failed, did not run" in staff_log_in(ada).get("/staff/").content.decode()
    assert "destroyer failed" not in staff_log_in(sam).get("/staff/").content.decode()
    cache.delete(banner.KEY)
    RetentionRun.objects.update(problem="")
    assert "destroyer failed" not in staff_log_in(ada).get("/staff/").content.decode()


# What is declared


@pytest.mark.django_db
def test_the_site_itself_says_of_all_that_has_a_limit_how_it_is_found():
    assert every_limit_has_a_clock(None) == []
    for one in governed():
        list(one.due(timezone.now()).order_by()[:1])
        list(one.overdue(timezone.now() - SLACK).order_by()[:1])
        if one.oldest_by:
            one.due(timezone.now()).order_by(one.oldest_by).first()


def test_batches_end_where_nothing_more_goes(db):
    throttles(3)
    assert batches.in_batches(Throttle.objects.all(), lambda rows: 0) == 0
    assert RecordOpening.objects.count() == 0

"""`manage.py detect_misuse`: the run by hand, and the dry run, which tells what the sweep would have done and writes nothing."""

import io
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.db.models import Max
from django.utils import timezone

from accounts import rehearsal
from accounts.detectors import BY_SLUG
from accounts.models import Hold, MisuseFinding, User
from accounts.rehearsal import read_only, rehearse
from tests.accounts.detecting import far
from tests.accounts.sharers import days_ago, guessed_at, happened, logged_in, shared, swept

pytestmark = pytest.mark.django_db


def called(*options: str) -> str:
    output = io.StringIO()
    call_command("detect_misuse", *options, stdout=output)
    return output.getvalue()


def everything() -> dict[str, list[dict[str, object]]]:
    """Every row of every table."""
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in apps.get_models()}


@pytest.fixture
def history(alice, bob, mallory, ada) -> None:
    """A shared log-on, an account that is guessed at, somebody behind a VPN, staff on a journey, and an honest customer."""
    shared(alice, 12, until=600)
    guessed_at(bob, 25, until=300)
    for number in range(12):
        happened("login.succeeded", 900 - number, mallory, far(number), area="resources", device="Firefox on Windows", known=False)
    shared(ada, 12, until=200)
    honest = User.objects.create_user("honest@example.com")
    for number in range(20):
        logged_in(honest, 1000 - number, number % 2, known=number > 2)


def test_without_options_it_runs_what_is_new(history):
    said = called()
    assert "1 accounts put on hold" in said
    assert Hold.objects.count() == 1
    assert called().startswith(f"{MisuseFinding.objects.count() + 1} events read, 0 signs kept")


def test_a_dry_run_tells_what_would_have_happened_in_order(history, alice, bob, mallory, ada):
    said = called("--dry-run")
    lines = said.splitlines()[1:-1]
    assert lines == sorted(lines, key=lambda line: line[:16]), "in the order of time"
    held = [line for line in lines if "PUT ON HOLD" in line]
    assert len(held) == 1
    assert f"account {alice.pk}  PUT ON HOLD (100 or more), score 100: " in held[0]
    assert "10 kinds of browser that were new to the account logged in from 10 networks" in held[0]
    assert f"account {bob.pk}  in the queue of staff (40 or more), score 40: 20 log-ins or codes failed within 24 hours" in said
    assert f"account {mallory.pk}  found, score 60" not in said, "each sign is told once, as it is when it is first seen"
    assert f"account {mallory.pk}  in the queue of staff" in said
    assert f"account {ada.pk}  in the queue" in said
    assert said.splitlines()[-1] == "6 signs, 4 in the queue of staff, 1 accounts put on hold."


def test_a_dry_run_writes_nothing(history):
    before = everything()
    called("--dry-run")
    assert everything() == before
    assert len(before["audit.AuditEvent"]) > 80


@pytest.mark.django_db(transaction=True)
def test_a_dry_run_begins_a_transaction_of_its_own():
    """As at a prompt, where nothing has begun one: SQLite takes its write lock with the beginning, which must not be refused."""
    assert "nothing is written" in called("--dry-run")


def test_the_database_itself_refuses_to_write_meanwhile(alice):
    with pytest.raises(DatabaseError, match=r"read-?only"), read_only():
        happened("login.failed", 1, alice)
    happened("login.failed", 1, alice)


def test_writing_is_possible_again_after_a_dry_run_that_broke(alice, monkeypatch):
    shared(alice, 6)
    monkeypatch.setattr(rehearsal, "judged", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        called("--dry-run")
    happened("login.failed", 1, alice)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_it_finds_what_the_sweep_finds(alice, bob, mallory, monkeypatch, size):
    """Event after event with a sweep after each, and the dry run over all of it in batches of any size."""
    monkeypatch.setattr(rehearsal, "BATCH", size)
    for number in range(14):
        logged_in(alice, 100 - number, number)
        logged_in(bob, 100 - number, number % 6, known=number > 6)
        guessed_at(mallory, 1, until=100 - number)
        guessed_at(None, 1, until=100 - number)
        swept()
    told = list(rehearse(days_ago(1), timezone.now()))
    swept_findings = set(MisuseFinding.objects.values_list("user", "network", "detector"))
    names = {str(finding.name): slug for slug, finding in BY_SLUG.items()}
    rehearsed = {(one.subject.user_id, one.subject.network, names[one.explanation.split(":")[0]]) for one in told if one.what == "found"}
    assert rehearsed == swept_findings
    assert len(rehearsed) >= 5
    held = {one.subject.user_id: one.at for one in told if one.what == "held"}
    latest = MisuseFinding.objects.filter(state="held").order_by().values_list("user").annotate(Max("last_at"))
    assert held == dict(latest)
    assert held.keys() == set(Hold.objects.values_list("user", flat=True)) == {alice.pk, bob.pk}


def test_events_before_the_time_count_in_its_windows_and_tell_nothing_themselves(alice):
    shared(alice, 5, until=60 * 24)
    assert called("--dry-run", "--since", f"{days_ago(0.5):%Y-%m-%dT%H:%M}").endswith(
        "0 signs, 0 in the queue of staff, 0 accounts put on hold.\n"
    )
    logged_in(alice, 5, 7)
    said = called("--dry-run", "--since", f"{days_ago(0.5):%Y-%m-%dT%H:%M}")
    assert "shared log-on: Within 30 days, 6 kinds of browser" in said


def test_until_ends_it(alice):
    shared(alice, 12)
    assert "PUT ON HOLD" in called("--dry-run")
    assert "PUT ON HOLD" not in called("--dry-run", "--until", f"{timezone.now() - timedelta(minutes=180):%Y-%m-%dT%H:%M}")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--since", "2026-03-01"], "belong to --dry-run"),
        (["--until", "2026-03-01"], "belong to --dry-run"),
        (["--dry-run", "--since", "yesterday"], "--since is 'yesterday'; it must be a day like"),
        (["--dry-run", "--until", "2026-02-31"], "--until is '2026-02-31'; it must be a day like"),
        (["--dry-run", "--since", "2026-03-02", "--until", "2026-03-01"], "must be before --until"),
        (["--dry-run", "--since", "9999-12-31T23:59"], "--since is '9999-12-31T23:59'"),
        (["--dry-run", "--until", "0001-01-01"], "--until is '0001-01-01'"),
    ],
)
def test_what_makes_no_sense_is_said(db, options, sentence):
    with pytest.raises(CommandError, match=sentence):
        called(*options)


def test_where_it_is_is_shown_on_a_terminal_alone(history, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        call_command("detect_misuse", "--dry-run", stdout=io.StringIO(), stderr=stream)
        assert ("events" in stream.getvalue()) is shown

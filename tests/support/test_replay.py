"""After a restored backup: the start refuses, the replay destroys again, and receipts stay good."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings as site
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from infacta.starting import demand_all
from mailroom.models import OutgoingMail
from support.destruction import log
from support.destruction.receipts import code_of, is_code_of
from support.destruction.replaying import what_is_wrong
from support.destruction.starting import begin
from support.models import Case, CaseMessage, Destruction, Life, Trigger
from support.tasks import purge_support
from support.vault import files, keyring
from tests.databases import address_of
from tests.support.cases import incoming, make_case
from tests.support.destroyed import due_case, in_the_way, try_again_now

TABLES = (Destruction, CaseMessage, OutgoingMail, Case)
anywhere = pytest.mark.django_db


class Restored(Exception):
    """Ends a transaction, with which all that was written in it is as if it had never been."""


def destroyed_after_the_backup() -> Destruction:
    """The record of what was destroyed; the database, when this returns, is as before."""
    try:
        with transaction.atomic():
            purge_support()
            record = Destruction.objects.latest("pk")
            raise Restored
    except Restored:
        return record


@anywhere
def test_what_a_backup_brought_back_is_destroyed_again():
    case = due_case(files=[incoming()])
    first = destroyed_after_the_backup()
    assert Case.objects.get().life == Life.LIVE
    assert "manage.py replay_destructions" in what_is_wrong()
    with pytest.raises(ImproperlyConfigured, match="stand in it again"):
        demand_all()
    call_command("replay_destructions", stdout=(out := StringIO()))
    assert "not in the database: 1. Destroyed, and looked for afterwards: 1." in out.getvalue()
    demand_all()
    record = Destruction.objects.get()
    assert (record.number, record.trigger, record.originally_at) == (first.number, Trigger.REPLAY, first.destroyed_at)
    assert record.messages == first.messages == 1
    assert is_code_of(record, code_of(first)), "the receipt that the customer has stays good"
    assert not CaseMessage.objects.exists()
    assert Case.objects.get().reference != case.reference
    assert not OutgoingMail.objects.filter(cause__startswith="receipt:").exists(), "the receipt went out before"
    call_command("replay_destructions", stdout=(out := StringIO()))
    assert "not in the database: 0" in out.getvalue()
    assert sum(1 for _entry in log.oldest_first()) == 1


@anywhere
def test_the_receipt_of_a_case_that_came_after_the_backup_is_good_again():
    try:
        with transaction.atomic():
            due_case()
            purge_support()
            first = Destruction.objects.get()
            raise Restored
    except Restored:
        pass
    assert not Case.objects.exists()
    call_command("replay_destructions", verbosity=0)
    record = Destruction.objects.get()
    assert (record.number, record.destroyed_at, record.case, record.state) == (first.number, first.destroyed_at, None, "destroyed")
    assert code_of(record) == code_of(first)
    demand_all()


@anywhere
def test_a_crash_between_the_log_and_the_commit_stops_no_start(monkeypatch):
    due_case()
    append = log.append

    def killed(entries, known):
        append(entries, known)
        raise SystemError("killed here")

    monkeypatch.setattr(log, "append", killed)
    assert purge_support() == 0
    monkeypatch.undo()
    assert Destruction.objects.get().destroyed_at is None
    assert next(log.newest_first()).number == Destruction.objects.get().number
    demand_all()
    try_again_now()
    assert purge_support() == 1
    assert Destruction.objects.get().logged_as == next(log.newest_first()).sequence > 1
    demand_all()


@anywhere
def test_what_cannot_be_destroyed_again_is_told_and_the_site_may_serve():
    case = due_case(files=[incoming()])
    content = files.path_of(case.key_name, case.files.get().stored_as).read_bytes()
    destroyed_after_the_backup()
    path = files.path_of(case.key_name, case.files.get().stored_as)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with in_the_way(path), pytest.raises(CommandError, match="1 could not be destroyed yet"):
        call_command("replay_destructions", verbosity=0)
    demand_all()
    assert Case.objects.get().life == Life.FAILED


@anywhere
def test_a_case_that_began_to_be_destroyed_anew_before_the_replay_keeps_both_receipts():
    due_case()
    first = destroyed_after_the_backup()
    Case.objects.update(destroy_at=timezone.now() - timedelta(minutes=1))
    assert purge_support() == 0, "what the log names comes first"
    call_command("replay_destructions", verbosity=0)
    try_again_now()
    assert purge_support() == 1
    demand_all()
    assert Destruction.objects.filter(state="destroyed").count() == 2
    assert Destruction.objects.filter(number=first.number).exists()


@anywhere
def test_a_log_that_is_another_one_stops_the_start_and_loses_no_destruction(settings, tmp_path):
    due_case()
    purge_support()
    settings.DESTRUCTIONS_LOG = tmp_path / "another.log"
    due_case()
    assert "ends before what the database knows" in what_is_wrong()
    with pytest.raises(CommandError, match="DESTRUCTIONS_LOG"):
        call_command("replay_destructions")
    assert purge_support() == 0
    assert "not the one of before" in Destruction.objects.unfinished().get().problem
    call_command("replay_destructions", begin_anew=True, verbosity=0)
    demand_all()
    try_again_now()
    assert purge_support() == 1
    assert Destruction.objects.latest("logged_as").logged_as == 2


@anywhere
def test_lines_that_a_crash_cut_off_are_skipped_and_ended(settings):
    due_case()
    purge_support()
    with settings.DESTRUCTIONS_LOG.open("ab") as file:
        file.write(b'{"key_name": "abc", "numb')
    assert what_is_wrong() == ""
    due_case()
    assert purge_support() == 1
    assert [entry.sequence for entry in log.oldest_first()] == [1, 2]
    assert [entry.sequence for entry in log.newest_first()] == [2, 1]
    assert settings.DESTRUCTIONS_LOG.stat().st_mode & 0o777 == 0o600


@anywhere
def test_the_end_of_a_long_log_is_found_at_once(settings, django_assert_num_queries):
    due_case()
    purge_support()
    line = json.loads(settings.DESTRUCTIONS_LOG.read_text())
    old = [json.dumps(line | {"sequence": number, "number": f"{number:024}"}) for number in range(1, 50_001)]
    settings.DESTRUCTIONS_LOG.write_text("\n".join([*old, json.dumps(line | {"sequence": 50_001})]) + "\n")
    Destruction.objects.update(logged_as=50_001)
    with django_assert_num_queries(2):
        demand_all()
    assert [entry.sequence for entry in log.newest_first()] == list(range(50_001, 0, -1))


@anywhere
def test_the_log_names_nobody_and_nothing(settings):
    case = due_case(files=[incoming("secret.txt")])
    purge_support()
    line = json.loads(settings.DESTRUCTIONS_LOG.read_text())
    assert line["key_name"] == case.key_name
    assert case.reference not in json.dumps(line)
    assert "visitor" not in json.dumps(line)


@anywhere
@pytest.mark.parametrize(
    "line",
    [
        b'{"sequence":"5","begun_anew":true}',
        b'{"sequence":1e999,"begun_anew":true}',
        b"[" * 200_000,
        bytes(5000),
        b'"x"',
        b'{"begun_anew":true}',
    ],
    ids=["a word", "infinite", "deep", "zeros", "no object", "no number"],
)
def test_what_is_no_line_stops_neither_start_nor_destruction(settings, line):
    due_case()
    purge_support()
    with settings.DESTRUCTIONS_LOG.open("ab") as file:
        file.write(line + b"\n")
    demand_all()
    due_case()
    assert purge_support() == 1


@anywhere
def test_a_log_that_cannot_be_read_stops_the_start_with_a_sentence(settings):
    """Celery goes on after every other exception."""
    settings.DESTRUCTIONS_LOG.mkdir()
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        demand_all()


@anywhere
def test_a_worker_that_was_not_stopped_for_the_restoring_hides_nothing_from_the_next_start():
    """Its lines would stand behind those that were not replayed, and the database would seem to know them all."""
    lost, other = due_case(), make_case()
    destroyed_after_the_backup()
    Case.objects.filter(pk=lost.pk).update(state="open", destroy_at=None)
    begin(other, Trigger.CUSTOMER)
    assert purge_support() == 0
    assert "a backup of the database was restored" in Destruction.objects.get().problem
    with pytest.raises(ImproperlyConfigured, match="stand in it again"):
        demand_all()
    try_again_now()
    call_command("replay_destructions", verbosity=0)
    demand_all()
    assert set(Case.objects.values_list("life", flat=True)) == {Life.DESTROYED}


def run(database: str, tmp_path, *command: str) -> subprocess.CompletedProcess[str]:
    """Something of the site, as an operator starts it, on this database."""
    environment = os.environ | {
        "INFACTA_MODE": "test",
        "DATABASE_URL": address_of(database),
        "REDIS_URL": "",
        "DATA_DIR": str(tmp_path),
    }
    return subprocess.run([*command], cwd=site.BASE_DIR, env=environment, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def restored(tmp_path):
    """The name of a database that is dropped at the end."""
    name = f"{connection.settings_dict['NAME']}_restored"
    yield name
    subprocess.run(["dropdb", "--if-exists", "--force", f"--maintenance-db={address_of('postgres')}", name], check=True)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_real_backup_is_restored(settings, tmp_path, restored):
    case, other = due_case(text="My secret", files=[incoming()]), make_case()
    dump = tmp_path / "infacta.dump"
    subprocess.run(["pg_dump", "--format=custom", f"--file={dump}", address_of(connection.settings_dict["NAME"])], check=True)
    assert purge_support() == 1
    subprocess.run(["createdb", f"--maintenance-db={address_of('postgres')}", restored], check=True)
    subprocess.run(["pg_restore", "--no-owner", f"--dbname={address_of(restored)}", str(dump)], check=True)
    python = sys.executable
    serving = (
        [python, "-c", "import infacta.wsgi"],
        [python, "manage.py", "work", "--once"],
        [python, "-m", "celery", "--app", "infacta", "beat", "--schedule", str(tmp_path / "beat"), "--pidfile="],
        [python, "-m", "celery", "--app", "infacta", "worker", "--concurrency", "1"],
    )
    for command in serving:
        refused = run(restored, tmp_path, *command)
        assert refused.returncode != 0, command
        assert "Run `manage.py replay_destructions` before the site serves" in refused.stderr, command
    for command in (["migrate", "--verbosity", "0"], ["check"]):
        assert run(restored, tmp_path, python, "manage.py", *command).returncode == 0
    promises = run(restored, tmp_path, python, "manage.py", "check_promises")
    assert promises.returncode == 1
    assert "replay_destructions" in promises.stdout
    replayed = run(restored, tmp_path, python, "manage.py", "replay_destructions")
    assert replayed.returncode == 0, replayed.stderr
    assert "Destroyed, and looked for afterwards: 1." in replayed.stdout
    for command in serving[:2]:
        assert run(restored, tmp_path, *command).returncode == 0
    text = subprocess.run(["pg_dump", address_of(restored)], check=True, capture_output=True, text=True).stdout
    assert case.reference not in text.partition("COPY public.support_case ")[2].partition("\\.")[0]
    assert other.reference in text
    assert Destruction.objects.get().number in text
    assert keyring.exists(other.key_name)

"""Reports on the disk: sealed, apart from their keys, whole or not there at all, and gone after seven days (promise C17)."""

import errno
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from privacy.promise_checks import Outcome, findings
from privacy.subjects import DataSubject
from rights import tasks
from rights.erasing import forget_reports
from rights.models import Kind, ReportFile, State, SubjectRequest
from rights.report import making, safe, writing
from support.destruction.reconciling import reconcile
from support.models import Reconciliation
from support.vault import files, keyring
from tests.rights.reports import Report, make

pytestmark = pytest.mark.django_db


def on_disk(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def everything(settings) -> list[Path]:
    return on_disk(settings.REPORT_FILES_DIR) + on_disk(settings.REPORT_KEYS_DIR)


def ask(user) -> SubjectRequest:
    return SubjectRequest.objects.create(kind=Kind.REPORT, user=user)


def again(asked: SubjectRequest) -> SubjectRequest:
    asked.refresh_from_db()
    return asked


def test_nothing_of_it_can_be_read_on_the_disk_or_in_the_database(alice, settings):
    make(alice)
    (file,), (key,) = on_disk(settings.REPORT_FILES_DIR), on_disk(settings.REPORT_KEYS_DIR)
    content = file.read_bytes()
    for word in (b"PK\x03\x04", b"report.json", b"Alice", b"Galway"):
        assert word not in content
    assert key.read_bytes() not in content
    assert (file.stat().st_mode & 0o777, key.stat().st_mode & 0o777) == (0o600, 0o600)
    row = str(ReportFile.objects.values().get())
    assert "Alice" not in row
    assert key.read_bytes().hex() not in row


def test_each_has_a_key_of_its_own(alice, bob, settings):
    make(alice)
    make(bob)
    assert len({path.read_bytes() for path in on_disk(settings.REPORT_KEYS_DIR)}) == 2


def test_without_its_key_it_is_nothing(alice):
    make(alice)
    report = ReportFile.objects.get()
    keyring.destroy_at(safe.path_of(Path(making.settings.REPORT_KEYS_DIR), report.name))
    with pytest.raises(keyring.KeyGone):
        safe.reader(report.name)


def test_after_seven_days_key_and_file_are_gone_for_certain(alice, settings):
    make(alice)
    assert tasks.purge_reports() == 0
    ReportFile.objects.update(valid_until=timezone.now())
    assert tasks.purge_reports() == 1
    assert everything(settings) == []
    assert ReportFile.objects.get().destroyed_at
    assert tasks.purge_reports() == 0


def test_what_cannot_be_removed_is_tried_again_and_not_called_destroyed(alice, bob, settings, monkeypatch):
    make(alice)
    make(bob)
    ReportFile.objects.update(valid_until=timezone.now() - timedelta(hours=2))
    stuck = ReportFile.objects.get(request__user=alice)
    destroy = safe.destroy

    def refuses(name: str) -> bool:
        if name == stuck.name:
            raise PermissionError(errno.EPERM, "no")
        return destroy(name)

    monkeypatch.setattr(safe, "destroy", refuses)
    assert tasks.purge_reports() == 1
    assert {report.destroyed_at is None for report in ReportFile.objects.filter(pk=stuck.pk)} == {True}
    told = {finding.outcome for finding in findings() if finding.promise == "C17"}
    assert Outcome.BROKEN in told


def test_what_no_row_names_is_found_and_destroyed(alice, settings):
    make(alice)
    SubjectRequest.objects.all().delete()
    safe.write("0" * 32, iter([b"x"]))
    keyring.create_at(safe.path_of(settings.REPORT_KEYS_DIR, "1" * 32))
    assert tasks.purge_reports() == 3
    assert everything(settings) == []


def test_supports_nightly_look_finds_no_stray_in_reports(alice):
    make(alice)
    reconcile()
    found = Reconciliation.objects.get()
    assert (found.stray_keys, found.stray_files, found.stray_folders) == (0, 0, 0)
    assert Report.of(ReportFile.objects.get())


def test_a_full_disk_leaves_nothing_half_and_is_tried_again(alice, settings, monkeypatch):
    asked, append = ask(alice), files.append_at

    def full(path, key, pieces, *args, **options):
        def until_full():
            yield next(iter(pieces))
            raise OSError(errno.ENOSPC, "No space left on device")

        return append(path, key, until_full(), *args, **options)

    monkeypatch.setattr(files, "append_at", full)
    assert tasks.make_report(asked.pk) == 0
    assert everything(settings) == []
    assert (again(asked).state, asked.problem, asked.failures) == (State.WAITING, making.NO_ROOM, 1)
    assert asked.begins_at > timezone.now()
    assert not OutgoingMail.objects.filter(cause__startswith="report:").exists()
    assert tasks.make_due_reports() == 0, "not at once"
    monkeypatch.undo()
    SubjectRequest.objects.update(begins_at=timezone.now())
    assert tasks.make_due_reports() == 1
    assert (again(asked).state, asked.problem) == (State.DONE, "")


def test_while_there_is_little_room_none_is_begun(alice, settings, monkeypatch):
    asked = ask(alice)
    monkeypatch.setattr(safe, "ROOM_LEFT", 1 << 60)
    assert tasks.make_report(asked.pk) == 0
    assert again(asked).problem == making.NO_ROOM
    assert everything(settings) == []


def test_what_breaks_is_told_to_staff_and_tried_later_and_later(alice, settings, monkeypatch):
    asked = ask(alice)
    monkeypatch.setattr(writing, "data_of", lambda *args: 1 / 0)
    pauses = []
    for _time in range(9):
        SubjectRequest.objects.update(begins_at=timezone.now())
        assert tasks.make_report(asked.pk) == 0
        pauses.append(round((again(asked).begins_at - timezone.now()).total_seconds()))
    assert asked.problem == "ZeroDivisionError"
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (60, 3600)
    assert everything(settings) == []


def test_a_worker_that_was_left_behind_is_followed_by_another_that_begins_again(alice, settings):
    asked = ask(alice)
    work = making.claim(asked.pk)
    safe.write(work.report.name, iter([b"half"]))
    assert tasks.make_due_reports() == 0, "its lease holds"
    SubjectRequest.objects.update(lease_until=timezone.now())
    assert tasks.make_due_reports() == 1
    assert len(everything(settings)) == 2
    assert Report.of(ReportFile.objects.get()).data["request"]["number"] == asked.number


def test_a_worker_that_comes_back_late_changes_nothing(alice, settings):
    asked = ask(alice)
    late = making.claim(asked.pk)
    SubjectRequest.objects.update(lease_until=timezone.now())
    assert tasks.make_due_reports() == 1
    made = ReportFile.objects.get()
    with pytest.raises(making.Overtaken):
        making.carry_out(making.Work(late.request, ReportFile(pk=made.pk, request=asked, name="f" * 32), late.lease_token))


def test_a_request_that_is_cancelled_while_it_is_made_leaves_nothing(alice, settings, monkeypatch):
    asked = ask(alice)
    monkeypatch.setattr(making, "BEAT", timedelta(0))
    data_of = writing.data_of

    def cancelled(*args):
        SubjectRequest.objects.update(state=State.CANCELLED, ended_at=timezone.now(), lease_token="")
        return data_of(*args)

    monkeypatch.setattr(writing, "data_of", cancelled)
    assert tasks.make_report(asked.pk) == 0
    assert everything(settings) == []
    assert again(asked).state == State.CANCELLED
    assert not AuditEvent.objects.filter(kind="report.made").exists()


def test_an_erasure_that_takes_the_row_away_while_it_is_made_leaves_nothing(alice, settings, monkeypatch):
    """The first of an erasure's steps destroys reports, a later one ends requests: what is finished between the two is nobody's."""
    asked, written = ask(alice), safe.write

    def erased_meanwhile(name, pieces):
        done = written(name, pieces)
        forget_reports.erase(DataSubject(alice.pk, (alice.email,)))
        return done

    monkeypatch.setattr(safe, "write", erased_meanwhile)
    assert tasks.make_report(asked.pk) == 0
    assert everything(settings) == []
    assert not OutgoingMail.objects.filter(cause__startswith="report:").exists()
    assert again(asked).state == State.WORKING, "the step that ends requests finds it"


def test_twice_at_once_it_is_made_once(alice):
    asked = ask(alice)
    assert [tasks.make_report(asked.pk) for _time in range(3)] == [1, 0, 0]
    assert OutgoingMail.objects.filter(cause=f"report:{asked.number}").count() == 1


def test_it_says_how_far_it_is(alice, monkeypatch):
    asked, seen = ask(alice), []
    monkeypatch.setattr(making, "BEAT", timedelta(0))
    data_of = writing.data_of

    def look(*args):
        seen.append(again(asked).percent)
        return data_of(*args)

    monkeypatch.setattr(writing, "data_of", look)
    assert tasks.make_report(asked.pk) == 1
    assert seen == sorted(seen)
    assert seen[-1] > seen[0]
    assert again(asked).percent == 100


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_a_worker_killed_in_the_middle_leaves_nothing_half_and_another_begins_again(alice, settings, tmp_path):
    if connection.vendor != "postgresql":
        pytest.skip("needs a second process on the same database")
    asked = ask(alice)
    program = (
        "import django, os, time; django.setup()\n"
        "from django.conf import settings; from pathlib import Path\n"
        f"settings.REPORT_FILES_DIR, settings.REPORT_KEYS_DIR = Path({str(settings.REPORT_FILES_DIR)!r}), Path({str(settings.REPORT_KEYS_DIR)!r})\n"
        "from django.db import connection\n"
        f"connection.settings_dict['NAME'] = {connection.settings_dict['NAME']!r}\n"
        "from rights.report import making, writing\n"
        "data_of = writing.data_of\n"
        "def slowly(*args):\n"
        "    print('at it', flush=True); time.sleep(60)\n"
        "writing.data_of = slowly\n"
        f"making.make({asked.pk})\n"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, env=os.environ | {"DJANGO_SETTINGS_MODULE": "infacta.settings"}
    )
    assert worker.stdout.readline() == b"at it\n"
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert len(everything(settings)) == 2
    left = ReportFile.objects.get().name
    SubjectRequest.objects.update(lease_until=timezone.now())
    assert tasks.make_due_reports() == 1
    assert not safe.exists(left)
    assert len(everything(settings)) == 2
    assert Report.of(ReportFile.objects.get()).rows("accounts.User")[0]["name"] == "Alice Archer"

"""A worker that is killed between any two steps: the next run completes the destruction, and until then nothing says that it is done."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as site
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from support.cases.closing import keep_for_fraud
from support.cases.writing import Gone
from support.destruction import log
from support.destruction.working import work_off
from support.models import Case, CaseMessage, Destruction, Life
from support.vault import files, keyring
from tests.databases import database_address
from tests.pages import words_of
from tests.support.cases import incoming
from tests.support.destroyed import due_case, try_again_now
from tests.threads import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

KILLED = """
import os, signal, sys
import django
django.setup()
from support.destruction import finishing, log, starting, steps, working
from support.vault import files, keyring

def kill_after(module, name):
    whole = getattr(module, name)
    def killed(*args, **options):
        result = whole(*args, **options)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(module, name, killed)

def kill_before(module, name):
    setattr(module, name, lambda *args, **options: os.kill(os.getpid(), signal.SIGKILL))

def kill_after_step(name):
    def end(step):
        if step.name != name:
            return step
        def take(cases):
            step.take(cases)
            os.kill(os.getpid(), signal.SIGKILL)
        return step._replace(take=take)
    working.STEPS = tuple(map(end, working.STEPS))

def kill_after_commit_of(name):
    whole = working.go_on
    def killed(records, step, problems):
        left = whole(records, step, problems)
        if step.name == name:
            os.kill(os.getpid(), signal.SIGKILL)
        return left
    working.go_on = killed

POINT
working.work_off()
"""
POINTS = {
    "begun, and not claimed": "kill_after(working, 'begin_due')",
    "claimed": "kill_before(working, 'work_on')",
    "in the middle of the key, overwritten and not removed": "os.fdatasync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)",
    "key gone, not noted": "kill_after_step('key')",
    "key gone, noted": "kill_after_commit_of('key')",
    "in the middle of the files": "kill_before(os, 'unlink')",
    "files gone, not noted": "kill_after_step('bytes')",
    "files gone, noted": "kill_after_commit_of('bytes')",
    "mails gone, not noted": "kill_after_step('mails')",
    "mails gone, noted": "kill_after_commit_of('mails')",
    "texts gone, not committed": "kill_after_step('texts')",
    "texts gone, noted": "kill_after_commit_of('texts')",
    "before the log": "kill_before(log, 'append')",
    "in the log, not committed": "kill_after(log, 'append')",
    "done, not told": "kill_after(working, 'finish')",
}


def run_until(point: str, tmp_path: Path) -> int:
    """A process of its own works, and kills itself there; its exit status."""
    address = database_address()
    environment = os.environ | {"INFACTA_MODE": "test", "DATABASE_URL": address, "REDIS_URL": "", "DATA_DIR": str(tmp_path)}
    environment |= {"DJANGO_SETTINGS_MODULE": "infacta.settings"}
    code = KILLED.replace("POINT", POINTS[point])
    return subprocess.run([sys.executable, "-c", code], cwd=site.BASE_DIR, env=environment, check=False, timeout=60).returncode


@pytest.mark.parametrize("point", POINTS)
def test_killed_between_two_steps_the_next_run_completes_it(tmp_path, point):
    case = due_case(files=[incoming()])
    assert run_until(point, tmp_path) == -signal.SIGKILL
    record = Destruction.objects.first()
    if record and not record.is_done:
        page = words_of(Client().get(f"/support/receipts/{record.number}/").content.decode())
        assert "Not destroyed yet" in page
        assert (record.destroyed_at, record.backups_clear_on) == (None, None)
        assert Case.objects.get().life == Life.DESTROYING
        assert not AuditEvent.objects.filter(kind="case.destroyed").exists()
        assert not OutgoingMail.objects.filter(cause__startswith="receipt:").exists()
    else:
        assert point == "done, not told"
    assert work_off()["destroyed"] == (1 if point == "begun, and not claimed" else 0), "it is in the hands of whoever was killed"
    try_again_now()
    work_off()
    assert Destruction.objects.get().is_done
    assert Case.objects.get().life == Life.DESTROYED
    assert not keyring.exists(case.key_name)
    assert not files.folder_exists(case.key_name)
    assert not CaseMessage.objects.exists()
    assert AuditEvent.objects.filter(kind="case.destroyed").count() == 1
    assert list(OutgoingMail.objects.values_list("to", flat=True)) == ["visitor@example.net"], "the receipt, once, and no other mail"
    assert {entry.number for entry in log.oldest_first()} == {Destruction.objects.get().number}


def test_many_workers_at_once_destroy_each_case_once(monkeypatch):
    monkeypatch.setattr("support.destruction.working.BATCH", 3)
    for _number in range(24):
        due_case(files=[incoming()])
    done = at_once(lambda _worker: work_off()["destroyed"], range(4))
    assert sum(done) == 24
    assert Destruction.objects.filter(state="destroyed").count() == 24
    assert set(Destruction.objects.values_list("attempts", flat=True)) == {1}
    assert OutgoingMail.objects.filter(cause__startswith="receipt:").count() == 24
    assert AuditEvent.objects.filter(kind="case.destroyed").count() == 24
    assert [entry.sequence for entry in log.oldest_first()] == list(range(1, 25))
    assert not list(keyring.names())


def test_a_hold_and_the_destruction_at_once_are_one_of_them(ada):
    for _round in range(8):
        case = due_case()

        def hold(case=case) -> str:
            try:
                return "held" if keep_for_fraud(case, reason="Fraud", until=timezone.now() + timedelta(days=1), by=ada) else "again"
            except Gone:
                return "gone"

        said = at_once(lambda work: work(), [hold, work_off])
        case.refresh_from_db()
        assert (said[0], case.life) in {("held", Life.LIVE), ("gone", Life.DESTROYED)}

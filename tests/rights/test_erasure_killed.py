"""A worker that is killed between any two steps: the next one completes it, and until then nothing says that it is done."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as site
from django.test import Client

from accounts.models import User
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from purchases.models import Purchase
from rights.erasure import log
from rights.erasure.working import work_off
from rights.models import Erasure, State, SubjectRequest
from tests.databases import database_address
from tests.rights.asked import due_request, settle

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

KILLED = """
import os, signal
import django
django.setup()
from datetime import timedelta
from rights.erasure import beginning, finishing, log, working
from rights.models import Erasure
Erasure.SETTLE = timedelta(0)

def end(*args, **options):
    os.kill(os.getpid(), signal.SIGKILL)

def kill_before(module, name):
    setattr(module, name, end)

def kill_after(module, name, calls=1):
    whole, left = getattr(module, name), [calls]
    def killed(*args, **options):
        result = whole(*args, **options)
        left[0] -= 1
        if not left[0]:
            end()
        return result
    setattr(module, name, killed)

POINT
working.work_off()
"""
POINTS = {
    "claimed": "kill_before(working, 'carry_out')",
    "account closed, not committed": "kill_after(working, 'begun')",
    "in the log, not committed": "kill_after(log, 'append')",
    "begun": "kill_after(working, 'begin')",
    "first step done, not noted": "kill_after(working, 'taken')",
    "third step done and noted": "kill_after(working, 'note_progress', 3)",
    "fifteenth step done, not noted": "kill_after(working, 'taken', 15)",
    "all steps done": "kill_after(working, 'take_steps')",
    "looked at, not finished": "kill_after(finishing, 'facts_of')",
    "receipt written, not committed": "kill_after(finishing, 'mail_receipt')",
    "done, not told": "kill_after(finishing, 'finish')",
}


def run_until(point: str, tmp_path: Path, settings) -> int:
    """A process of its own works, and kills itself there; its exit status."""
    address = database_address()
    environment = os.environ | {"INFACTA_MODE": "test", "DATABASE_URL": address, "REDIS_URL": "", "DATA_DIR": str(tmp_path)}
    environment |= {"DJANGO_SETTINGS_MODULE": "infacta.settings", "ERASURES_LOG": str(settings.ERASURES_LOG)}
    code = KILLED.replace("POINT", POINTS[point])
    return subprocess.run([sys.executable, "-c", code], cwd=site.BASE_DIR, env=environment, check=False, timeout=120).returncode


@pytest.mark.parametrize("point", POINTS)
def test_killed_between_two_steps_the_next_run_completes_it(alice, tmp_path, settings, point):
    request = due_request(alice)
    assert run_until(point, tmp_path, settings) == -signal.SIGKILL
    request.refresh_from_db()
    if point != "done, not told":
        assert request.state == State.WORKING
        assert not AuditEvent.objects.filter(kind="erasure.done").exists()
        assert not OutgoingMail.objects.filter(cause__startswith="erasure-receipt:").exists()
        if erasure := Erasure.objects.first():
            assert "Not done yet" in Client().get(f"/privacy/erasure/{erasure.receipt}/").content.decode()
    work_off()
    assert SubjectRequest.objects.get().state == request.state, "it is in the hands of whoever was killed"
    for _run in range(2):
        settle()
        work_off()
    erasure = Erasure.objects.get()
    assert erasure.is_done
    assert SubjectRequest.objects.get().state == State.DONE
    assert User.objects.get(pk=alice.pk).erased_at
    assert not Purchase.objects.exclude(email="").exists()
    assert OutgoingMail.objects.filter(cause__startswith="erasure-receipt:").count() == 1
    assert {entry.number for entry in log.oldest_first()} == {request.number}
    assert AuditEvent.objects.filter(kind="erasure.done").count() == 1

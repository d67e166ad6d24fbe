"""Destroying a hundred thousand support cases that are due at once, each with a message and a small file, and a receipt mailed for each."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from django.utils import timezone

from bench import stage
from bench.figures import Figure
from mailroom.models import OutgoingMail
from support.destruction import log
from support.models import Author, Case, CaseDetails, CaseFile, CaseMessage, Channel, Destruction, Life, State
from support.vault import files, keyring

CASES = int(os.environ.get("BENCH_CASES", "100000"))
BATCH = 1000
CONTENT = b"all is lost\n" * 100
MEGABYTES = 1_000_000


def purge() -> Iterator[Figure]:
    for first in range(0, CASES, BATCH):
        make_due(range(first, first + BATCH))
    began = time.monotonic()
    process = stage.start(sys.executable, "manage.py", "purge_support")
    early, most = watch(process)
    took = time.monotonic() - began
    assert process.returncode == 0, "the purge says that something failed"
    demand_gone()
    yield Figure(f"cases destroyed a second, of {CASES:,} that are due", CASES / took, goal=200)
    yield Figure("memory when a tenth was done", early / MEGABYTES, "MB")
    yield Figure("memory at most", most / MEGABYTES, "MB", goal=early / MEGABYTES * 1.25, at_most=True)


def make_due(numbers: Sequence[int]) -> None:
    """As open_case and close leave them, without waiting for the disk."""
    now = timezone.now()
    cases = [
        Case(key_name=Case.new_key_name(), channel=Channel.FORM, state=State.CLOSED, closed_at=now, destroy_at=now) for _one in numbers
    ]
    for number, case in zip(numbers, cases, strict=True):
        write(keyring.path_of(case.key_name), os.urandom(keyring.BYTES))
        case.opened_at = now - timedelta(days=20)
        case.seal_details(CaseDetails(subject="It does not start", name="Vera Visitor", email=f"visitor{number}@example.com"))
    Case.objects.bulk_create(cases)
    messages = [CaseMessage(case=case, author=Author.CUSTOMER, channel=Channel.FORM) for case in cases]
    for message in messages:
        message.seal("My printer is on fire. " * 20)
    CaseMessage.objects.bulk_create(messages)
    kept = [CaseFile(case=message.case, message=message, size=len(CONTENT), sha256=sha256(CONTENT).hexdigest()) for message in messages]
    for file in kept:
        file.seal_name("log.txt")
        write(files.path_of(file.case.key_name, file.stored_as), CONTENT)
    CaseFile.objects.bulk_create(kept)


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def watch(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    """Its memory when a tenth was done, and at most after that."""
    early = most = 0
    while process.poll() is None:
        time.sleep(1)
        if not early and Destruction.objects.filter(state="destroyed").count() < CASES / 10:
            continue
        used = stage.memory_of(process) if process.poll() is None else 0
        early, most = early or used, max(most, used)
    return early, most


def demand_gone() -> None:
    """Every row, key, file and line of the log is as it must be; otherwise the figure would measure something else."""
    assert Case.objects.filter(life=Life.DESTROYED).count() == Destruction.objects.filter(state="destroyed").count() == CASES
    assert OutgoingMail.objects.filter(cause__startswith="receipt:").count() == CASES
    assert not CaseMessage.objects.exists()
    assert not any(keyring.names())
    assert not any(files.folders())
    assert sum(1 for _entry in log.oldest_first()) == CASES


MEASURES = (purge,)

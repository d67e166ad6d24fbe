"""Making reports: a worker takes a request that is due, with a lease, and writes the report; whoever is killed leaves nothing, and the next begins again."""

import errno
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from audit.kinds import Kind as Fact
from audit.log import record
from infacta.reading import as_read_by
from mailroom.outgoing import write
from privacy.registry import registry
from rights.models import Kind, ReportFile, State, SubjectRequest
from rights.models.report_file import new_name
from rights.models.subject_request import SubjectRequestQuerySet, digest
from rights.report import safe
from rights.report.writing import Writer
from support.vault.files import Written

log = logging.getLogger(__name__)
BEAT = timedelta(seconds=5)  # so often, at most, a worker says how far it is
LONGEST_PAUSE = timedelta(hours=1)
NO_ROOM = "no room on the disk"


class Overtaken(Exception):
    """The request is not this worker's any more: it was cancelled, or the lease ran out and another began again."""


@dataclass
class Work:
    """A request in hand, and the report that it becomes."""

    request: SubjectRequest
    report: ReportFile
    lease_token: str

    @property
    def held(self) -> SubjectRequestQuerySet:
        """The request, if it is still this worker's: for conditional updates."""
        return SubjectRequest.objects.filter(pk=self.request.pk, state=State.WORKING, lease_token=self.lease_token)


def make_due(most: int = 10) -> int:
    """Make the reports that are due; returns how many were made."""
    due = SubjectRequest.objects.due(timezone.now()).filter(kind=Kind.REPORT).order_by("begins_at", "pk")
    return sum(make(pk) for pk in due.values_list("pk", flat=True)[:most])


def make(pk: int) -> bool:
    """Make one report, if it is due and nobody else makes it; whether it was made."""
    work = claim(pk)
    if work is None:
        return False
    try:
        return carry_out(work)
    except Overtaken:
        with suppress(OSError):  # then it is a stray
            safe.destroy(work.report.name)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        log.warning("The report %s could not be written: %s", work.request, error)
        put_off(work, NO_ROOM if full else f"the disk: {error.strerror or type(error).__name__}")
    except Exception as error:
        log.exception("The report %s could not be made.", work.request)
        put_off(work, type(error).__name__)
    return False


@transaction.atomic
def claim(pk: int) -> Work | None:
    """Take the request, and give what is to be made a name; None if it is not due, or another worker was quicker."""
    now, token = timezone.now(), secrets.token_hex(16)
    due = SubjectRequest.objects.due(now).filter(pk=pk, kind=Kind.REPORT)
    if not due.update(state=State.WORKING, lease_token=token, lease_until=now + SubjectRequest.LEASE, steps_done=0):
        return None
    request = SubjectRequest.objects.select_related("user").get(pk=pk)
    if request.person.account is None and not request.person.addresses:
        SubjectRequest.objects.filter(pk=pk).update(state=State.CANCELLED, ended_at=now, lease_token="", lease_until=None)
        return None
    report, _made = ReportFile.objects.get_or_create(request=request)
    return Work(request, report, token)


def carry_out(work: Work) -> bool:
    """What an earlier try left is removed first, under its own name; this one has another."""
    if not safe.destroy(work.report.name):
        raise OSError("what an earlier try left is still there")
    work.report.name = new_name()
    ReportFile.objects.filter(pk=work.report.pk).update(name=work.report.name)
    if not safe.has_room():
        raise OSError(errno.ENOSPC, NO_ROOM)
    with as_their_reader(work.request):
        writer = Writer(work.request, beat_of(work))
        written = safe.write(work.report.name, writer.pieces())
    finish(work, written, writer.cases)
    return True


@contextmanager
def as_their_reader(request: SubjectRequest) -> Iterator[None]:
    """In the language and time zone of the person: the account's, or the language that they asked in."""
    with as_read_by(request.user or SimpleNamespace(language=request.language, time_zone="")):
        yield


def beat_of(work: Work) -> Callable[[int], None]:
    """Says how far the work is, and renews the lease, every few seconds. Overtaken."""
    steps = sum(bool(declared.personal) for declared in registry.models.values())
    said_at = timezone.now() - BEAT

    def beat(done: int) -> None:
        nonlocal said_at
        now = timezone.now()
        if now - said_at < BEAT:
            return
        said_at = now
        if not work.held.update(steps=steps, steps_done=done, lease_until=now + SubjectRequest.LEASE):
            raise Overtaken

    return beat


@transaction.atomic
def finish(work: Work, written: Written, cases: list[str]) -> None:
    """The report is there: from now on it can be fetched, and the person is told. Overtaken if the request is not this worker's any more, or an erasure
    has taken the report's row away.
    """
    now, request = timezone.now(), work.request
    over = {"state": State.DONE, "ended_at": now, "lease_token": "", "lease_until": None, "problem": "", "proof_digest": "", "email": ""}
    if not work.held.update(**over):
        raise Overtaken
    token = secrets.token_hex(16) if request.email else ""  # whoever proved a mailbox may have no way to log in
    told = {"size": written.size, "sha256": written.sha256, "made_at": now, "valid_until": now + ReportFile.LIFE}
    if not ReportFile.objects.filter(pk=work.report.pk, destroyed_at=None).update(**told, token_digest=digest(token) if token else ""):
        raise Overtaken
    record(Fact.REPORT_MADE, user=request.user, number=request.number)
    if cases:
        record(Fact.CASES_REPORTED, user=request.user, number=request.number, cases=cases)
    tell(request, token)


def tell(request: SubjectRequest, token: str) -> None:
    """The mail says that it is ready, and holds nothing of it."""
    link = settings.SITE_URL + (reverse("your_data:report", args=[token]) if token else reverse("rights:your_data"))
    context: dict[str, Any] = {"link": link, "days": ReportFile.LIFE.days, "has_account": not token}
    with as_their_reader(request):
        write("rights/report_ready", to=request.person.addresses[0], user=request.user, cause=f"report:{request.number}", **context)


def put_off(work: Work, problem: str) -> None:
    """Not now: nothing is kept of the try, and it is made again later, sooner at first and then once an hour."""
    pause = min(timedelta(minutes=2 ** min(work.request.failures, 6)), LONGEST_PAUSE)
    later = {"state": State.WAITING, "begins_at": timezone.now() + pause, "lease_token": "", "lease_until": None, "steps_done": 0}
    work.held.update(failures=work.request.failures + 1, problem=problem[:200], **later)

"""Asking to be erased, thinking again, and what is said meanwhile: each one transaction with its audit event and its mail."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import in_role
from audit.kinds import Kind as Fact
from audit.log import record
from mailroom.models import OutgoingMail
from mailroom.outgoing import write
from rights.models import Kind, State, SubjectRequest

LINKS = Signer(salt="rights.erasure.cancel", sep=".")
SOON = timedelta(days=1)


class MayNot(Exception):
    """A member of staff cannot erase their own account: administration takes their rights away first."""


class TooLate(Exception):
    """It has begun, or is over: nothing can be cancelled any more."""


def pending_of(user: User) -> SubjectRequest | None:
    """What the account has asked for and is not over."""
    return SubjectRequest.objects.open().filter(user=user.pk, kind=Kind.ERASURE).first()


@transaction.atomic
def ask(user: User, request: HttpRequest) -> SubjectRequest:
    """The person has confirmed freshly who they are: it begins when the time for second thoughts is over. Asked twice it is one. Raises MayNot."""
    if user.is_staff or user.is_superuser:
        raise MayNot
    now = timezone.now()
    wanted = SubjectRequest(
        kind=Kind.ERASURE,
        user=user,
        email=user.email,
        language=user.language,
        proved_at=now,
        begins_at=now + timedelta(days=settings.ERASURE_COOLING_DAYS),
    )
    try:
        with transaction.atomic():
            wanted.save(force_insert=True)
    except IntegrityError:
        return SubjectRequest.objects.filter(user=user, kind=Kind.ERASURE).latest("pk")
    record(Fact.ERASURE_ASKED, user=user, request=request, number=wanted.number)
    write("rights/erasure_asked", to=user.email, cause=f"erasure-asked:{wanted.number}", user=user, **about(wanted))
    return wanted


def about(wanted: SubjectRequest) -> dict[str, Any]:
    """What the mails say."""
    return {"wanted": wanted, "cancel_url": settings.SITE_URL + cancel_path(wanted)}


def cancel_path(wanted: SubjectRequest) -> str:
    return reverse("erasure:cancel", args=[LINKS.sign(wanted.number)])


def behind_link(token: str) -> SubjectRequest | None:
    """What the mailed link is about; None if it is none of ours."""
    try:
        number = LINKS.unsign(token)
    except BadSignature:
        return None
    return SubjectRequest.objects.filter(number=number, kind=Kind.ERASURE).select_related("user").first()


@transaction.atomic
def cancel(wanted: SubjectRequest, *, by: User | None = None, request: HttpRequest | None = None) -> None:
    """Everything stays as it is. Raises TooLate if it has begun: of the worker and this, the one who changes the state first wins."""
    waiting = SubjectRequest.objects.filter(pk=wanted.pk, kind=Kind.ERASURE, state__in=[State.UNPROVED, State.WAITING])
    if not waiting.update(state=State.CANCELLED, ended_at=timezone.now(), email=""):
        raise TooLate
    record(Fact.ERASURE_CANCELLED, user=wanted.user, actor=by, request=request, number=wanted.number, **in_role(by))
    if wanted.email and wanted.proved_at:
        write("rights/erasure_cancelled", to=wanted.email, cause=f"erasure-cancelled:{wanted.number}", user=wanted.user, wanted=wanted)


@transaction.atomic
def begin_now(wanted: SubjectRequest, *, by: User, request: HttpRequest | None = None) -> None:
    """Staff do not let the person wait who wants no second thoughts. Raises TooLate."""
    waiting = SubjectRequest.objects.filter(pk=wanted.pk, kind=Kind.ERASURE, state=State.WAITING)
    if not waiting.update(begins_at=timezone.now()):
        raise TooLate
    record(Fact.ERASURE_ASKED, user=wanted.user, actor=by, request=request, number=wanted.number, **in_role(by))


def remind(now: datetime) -> int:
    """A day before it begins, one mail says so once more; returns how many were written. The unique cause decides that it is one."""
    soon = SubjectRequest.objects.filter(kind=Kind.ERASURE, state=State.WAITING, begins_at__gt=now, begins_at__lte=now + SOON)
    soon = soon.filter(asked_at__lt=now - SOON).exclude(email="").select_related("user")
    causes = {f"erasure-soon:{wanted.number}": wanted for wanted in soon}
    written = set(OutgoingMail.objects.filter(cause__in=causes).values_list("cause", flat=True))
    for cause in causes.keys() - written:
        wanted = causes[cause]
        write("rights/erasure_soon", to=wanted.email, cause=cause, user=wanted.user, **about(wanted))
    return len(causes.keys() - written)

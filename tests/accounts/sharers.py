"""What sharers and guessers leave in the audit log, in minutes from now backwards; and the run of the detectors."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.misuse import Outcome, detect
from accounts.models import MisuseFinding, User
from audit.models import AuditEvent
from tests.accounts.detecting import BROWSERS, far


def happened(kind: str, minutes_ago: float, user: User | None = None, ip: str | None = None, **detail: Any) -> AuditEvent:
    at = timezone.now() - timedelta(minutes=minutes_ago)
    return AuditEvent.objects.create(kind=kind, at=at, user=user, ip=ip, detail=detail)


def logged_in(user: User, minutes_ago: float, number: int, known: bool = False) -> AuditEvent:
    """A log-in from the network and with the browser of this number."""
    device = BROWSERS[number % len(BROWSERS)]
    return happened("login.succeeded", minutes_ago, user, far(number), area="resources", device=device, known=known)


def shared(user: User, strangers: int = 12, until: float = 1) -> list[AuditEvent]:
    """So many strangers log in, one every half hour, the last of them `until` minutes ago."""
    return [logged_in(user, until + 30 * (strangers - number), number) for number in range(strangers)]


def guessed_at(user: User | None, times: int, ip: str = far(99), until: float = 1) -> list[AuditEvent]:
    return [happened("login.failed", until + times - number, user, ip, area="resources") for number in range(times)]


def swept() -> Outcome:
    """The sweep, with all the time that it needs."""
    return detect(timedelta(minutes=10))


def days_ago(days: float) -> datetime:
    return timezone.now() - timedelta(days=days)


def kept(**conditions: object) -> list[tuple[str, int, str]]:
    """The findings by detector, score and state."""
    return list(MisuseFinding.objects.filter(**conditions).order_by("pk").values_list("detector", "score", "state"))

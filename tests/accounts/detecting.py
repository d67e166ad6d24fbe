"""Events as the audit log would hold them, for the tests of detectors: minutes from a beginning, and where from."""

from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.detectors import Detector, Event, Sign

BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)
BROWSERS = (
    "Chrome on Windows",
    "Firefox on Windows",
    "Edge on Windows",
    "Safari on Mac OS X",
    "Mobile Safari on iOS",
    "Chrome Mobile on Android",
    "Firefox on Ubuntu",
    "Samsung Internet on Android",
    "Chrome on Mac OS X",
    "Opera on Windows",
)


def far(number: int) -> str:
    """An address in a /16 of its own."""
    return f"20.{number}.1.1"


def event(minutes: float, kind: str, ip: str | None = None, user: int | None = 1, **detail: Any) -> Event:
    at = BEGIN + timedelta(minutes=minutes)
    return Event(int(minutes * 1000), kind, at, user, ip, detail)


def login(minutes: float, ip: str, device: str = BROWSERS[0], known: bool = False, **options: Any) -> Event:
    return event(minutes, "login.succeeded", ip, device=device, known=known, **options)


def failure(minutes: float, ip: str = far(9), user: int | None = 1, kind: str = "login.failed") -> Event:
    return event(minutes, kind, ip, user)


def taken(minutes: float, file: str, ip: str = far(0)) -> Event:
    return event(minutes, "download.taken", ip, file=file)


def strongest(detector: Detector, events: list[Event], start: int = 0) -> Sign | None:
    """The last sign, which is the strongest."""
    signs = list(detector.judge(sorted(events, key=lambda one: one.at), start))
    assert [sign.score for sign in signs] == sorted(sign.score for sign in signs)
    return signs[-1] if signs else None


def score(detector: Detector, events: list[Event]) -> int:
    sign = strongest(detector, events)
    return sign.score if sign else 0

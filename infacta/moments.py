"""How files and answers for programs write a moment."""

from datetime import UTC, datetime


def moment(at: datetime | None) -> str | None:
    """UTC, whole seconds, such as 2026-05-03T14:02:00Z; None stays None."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None

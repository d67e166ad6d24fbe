"""Everybody who joined, as a table: for another system, or to be brought in here again, which changes nothing."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from accounts.models import Suppression
from accounts.models.suppression import digest_of
from announcements.models import Mailbox, Subscription, Topic
from announcements.subscribers.columns import NO_TOPIC, WRITTEN, shielded
from audit.kinds import Kind
from audit.log import record
from infacta.spreadsheets import lines_of_table

ROWS_AT_ONCE = 2_000


def begin(request: HttpRequest | None = None, **by: str) -> None:
    """It is recorded before the first address leaves."""
    count = Subscription.objects.count()
    record(Kind.SUBSCRIBERS_EXPORTED, actor=request.user if request else None, request=request, count=count, **by)


def lines() -> Iterator[str]:
    """The lines of the table, in the order in which they joined; memory does not grow with their number."""
    return lines_of_table(WRITTEN, rows())


def rows() -> Iterator[list[str]]:
    last = 0
    while piece := list(Subscription.objects.filter(pk__gt=last).order_by("pk")[:ROWS_AT_ONCE]):
        keys = {row.email_key: digest_of(row.email) for row in piece}
        topics, reasons = topics_of(keys), reasons_of(keys)
        for row in piece:
            yield cells_of(row, topics.get(row.email_key, " ".join(Topic.values)), reasons.get(row.email_key, ""))
        last = piece[-1].pk


def topics_of(keys: Mapping[str, str]) -> dict[str, str]:
    mailboxes = Mailbox.objects.filter(email_key__in=list(keys))
    return {
        str(box.email_key): " ".join(topic for topic in Topic.values if getattr(box, f"wants_{topic}")) or NO_TOPIC for box in mailboxes
    }


def reasons_of(keys: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for digest, reason in Suppression.objects.filter(digest__in=list(keys.values())).order_by("pk").values_list("digest", "reason"):
        found.setdefault(digest, []).append(reason)
    return {key: " ".join(found[digest]) for key, digest in keys.items() if digest in found}


def cells_of(row: Subscription, topics: str, suppressed: str) -> list[str]:
    told: dict[str, Any] = {
        "email": shielded(row.email),
        "consented_at": row.asked_at,
        "topics": topics,
        "suppressed": suppressed,
    }
    return [as_text(told.get(name, getattr(row, name, ""))) for name in WRITTEN]


def as_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value or "")

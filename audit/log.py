"""Writing to the audit log."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest

from audit.kinds import Kind
from audit.models import AuditEvent
from audit.personal_data import NOTED
from infacta.network import client_ip
from privacy.ribbon import note


def record(
    kind: Kind,
    *,
    user: Any = None,
    request: HttpRequest | None = None,
    actor: Any = None,
    **detail: Any,
) -> AuditEvent:
    """Add one fact. Whoever calls this does it in the transaction of what the fact tells.

    `detail` holds short values without contact data: ids, codes of products, counts. The keys are declared in audit/details.py.
    """
    if request:
        note(request, NOTED)
    ip = client_ip(request) if request else None
    return AuditEvent.objects.create(kind=kind, user=user, actor=actor, ip=ip, detail=detail)


def fact(kind: Kind, *, user: Any = None, **detail: Any) -> AuditEvent:
    """What nobody's request brought about, for `record_all`; as in `record`."""
    return AuditEvent(kind=kind, user=user, detail=detail)


def record_all(facts: Iterable[AuditEvent]) -> None:
    """Add several facts in their order, in one statement."""
    AuditEvent.objects.bulk_create(facts)

"""Figures of staff's home that are made of audit events: how often each kind happened."""

from collections.abc import Sequence

from audit.kinds import Kind
from audit.models import AuditEvent
from infacta.figures import MONITOR, Figure, Listed, Series, Text, by_hour


def audited(
    slug: str, title: Text, about: Text, kinds: Sequence[Kind], *, position: int, permission: str = MONITOR, lists: bool = True
) -> Figure:
    """A figure with a series for each of these kinds; the index of kind and moment counts it. `lists`: each number leads to its events."""

    def listed(kind: Kind) -> Listed | None:
        return Listed("admin:audit_auditevent_changelist", "at", (("kind__exact", kind.value),)) if lists else None

    series = tuple(Series(kind.value, kind.label, listed(kind)) for kind in kinds)
    events = AuditEvent.objects.filter(kind__in=kinds)
    return Figure(
        slug=slug,
        title=title,
        about=about,
        permission=permission,
        series=lambda: series,
        count=lambda begin, end: by_hour(events.all(), "at", begin, end, named_by="kind"),
        position=position,
    )

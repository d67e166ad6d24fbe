"""The audit log as JSON Lines: one event a line (docs/audit-log.md), and the seals by which the lines can be checked elsewhere."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from audit.lines import exported_line_of, rows, stored
from audit.models import Seal
from audit.models.seal import moment

SEALED = ("number", "first_id", "last_id", "count", "first_at", "last_at", "sealed_at", "digest", "address_digest")


@dataclass(frozen=True)
class Selection:
    """Which events: from the first day to the last (both whole, UTC), of one person, of these kinds; None and () are no limit."""

    since: date | None = None
    until: date | None = None
    user: int | None = None
    kinds: Sequence[str] = ()

    def condition(self) -> tuple[str, list[object]]:
        """The selection as SQL, and its values."""
        terms: list[tuple[str, list[object]]] = []
        if self.since:
            terms.append(("at >= %s", [stored(datetime.combine(self.since, time.min, UTC))]))
        if self.until:
            terms.append(("at <= %s", [stored(datetime.combine(self.until, time.max, UTC))]))
        if self.user is not None:
            terms.append(("user_id = %s", [self.user]))
        if self.kinds:
            terms.append((f"kind IN ({', '.join(['%s'] * len(self.kinds))})", list(self.kinds)))
        return " AND ".join(sql for sql, _values in terms) or "true", [value for _sql, values in terms for value in values]


def exported_events(selection: Selection) -> Iterator[list[str]]:
    """The lines of the events selected, in lists."""
    condition, values = selection.condition()
    for chunk in rows(condition, *values):
        yield [exported_line_of(row) for row in chunk]


def exported_seals() -> Iterator[list[str]]:
    """A line for each seal, in lists: what its hash covers, then what may be destroyed, and the hash."""
    for seal in Seal.objects.order_by("number").iterator(chunk_size=1_000):
        told = {name: getattr(seal, name) for name in (*SEALED, "salt", "address_salt", "truncated_at", "purged_at", "hash")}
        yield [json.dumps({name: moment(value) if isinstance(value, datetime) else value for name, value in told.items()})]

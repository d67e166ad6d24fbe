"""The registrations of a promotion as a table for other programs: a row at a time, without names, addresses and networks."""

from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from infacta.spreadsheets import lines_of_table
from promotions.models import Promotion, RedemptionState

HEADER = ("number", "registered", "confirmed", "state", "batch", "label", "country", "disposable address", "person")
ROWS_AT_ONCE = 2_000
COLUMNS = ("pk", "held_at", "confirmed_at", "state", "code__batch__tag", "code__batch__label", "country", "is_disposable", "abuse_key")


def lines_of(promotion: Promotion) -> Iterator[str]:
    """The lines of the table, the oldest registration first. `person` is the same for variants of one address, and names nobody."""
    rows = promotion.redemptions.order_by("held_at", "pk").values_list(*COLUMNS).iterator(chunk_size=ROWS_AT_ONCE)
    return lines_of_table(HEADER, map(row_of, rows))


def row_of(row: tuple[Any, ...]) -> tuple[str, ...]:
    number, held_at, confirmed_at, state, tag, label, country, is_disposable, person = row
    moments = [timezone.localtime(at).isoformat(timespec="seconds") if at else "" for at in (held_at, confirmed_at)]
    return (str(number), *moments, RedemptionState(state).value, tag, label, country, "yes" if is_disposable else "no", person[:8])

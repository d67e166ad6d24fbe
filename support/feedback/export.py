"""Feedback as a table for other programs: a row at a time, without names and addresses."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils import timezone

from infacta.spreadsheets import lines_of_table
from support.models import Feedback

HEADER = ("number", "day", "product", "tags", "may be answered", "text")
ROWS_AT_ONCE = 500


def lines_of(feedback: QuerySet[Feedback]) -> Iterator[str]:
    """The lines of the table; memory does not grow with their number."""
    rows = feedback.select_related("product").prefetch_related("tags").iterator(ROWS_AT_ONCE)
    return lines_of_table(HEADER, map(row_of, rows))


def row_of(one: Feedback) -> tuple[str, ...]:
    day = timezone.localtime(one.written_at).date().isoformat()
    tags = ", ".join(tag.name for tag in one.tags.all())
    return str(one.pk), day, str(one.product or ""), tags, "yes" if one.may_we_answer else "no", one.text

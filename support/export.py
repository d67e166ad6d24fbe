"""Feedback as a table for other programs (RFC 4180): a row at a time, without names and addresses."""

import csv
from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils import timezone

from infacta.spreadsheets import MARK, Echo, harmless
from support.models import Feedback

HEADER = ("number", "day", "product", "tags", "may be answered", "text")
ROWS_AT_ONCE = 500


def lines_of(feedback: QuerySet[Feedback]) -> Iterator[str]:
    """The lines of the table; memory does not grow with their number."""
    writer = csv.writer(Echo())
    yield MARK + writer.writerow(HEADER)
    for one in feedback.select_related("product").prefetch_related("tags").iterator(ROWS_AT_ONCE):
        yield writer.writerow(harmless(row_of(one)))


def row_of(one: Feedback) -> tuple[str, ...]:
    day = timezone.localtime(one.written_at).date().isoformat()
    tags = ", ".join(tag.name for tag in one.tags.all())
    return str(one.pk), day, str(one.product or ""), tags, "yes" if one.may_we_answer else "no", one.text

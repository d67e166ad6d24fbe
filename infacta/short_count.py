"""Pages of the first ten thousand: nobody leafs through a million rows, and nobody waits until they are counted."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

MOST_COUNTED = 10_000


class ShortCount(Paginator):
    """Counted in whatever order is quickest."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[:MOST_COUNTED].count()) if isinstance(rows, QuerySet) else len(rows)

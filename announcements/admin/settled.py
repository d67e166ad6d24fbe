"""When deliveries were settled, without reading those of announcements that ended before."""

from typing import Any, cast

from django.contrib.admin import DateFieldListFilter
from django.db.models import Q, QuerySet

from announcements.models import Announcement


class SettledFilter(DateFieldListFilter):
    """As any filter by days. An index of a million deliveries an announcement would make sending pay for it; announcements are few."""

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows: Any = super().queryset(request, queryset)
        if since := cast(list[str] | None, self.used_parameters.get(self.lookup_kwarg_since)):
            going_on = Announcement.objects.filter(Q(ended_at=None) | Q(ended_at__gte=since[-1]))
            rows = rows.filter(announcement__in=list(going_on.values_list("pk", flat=True)))
        return rows

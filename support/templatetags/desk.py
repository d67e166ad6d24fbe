"""{% waiting_cases %}: on the start page of the staff area, how many cases wait for us, and for how long."""

from typing import Any

from django import template
from django.db.models import Count, Min

from support.models import Case

register = template.Library()


@register.inclusion_tag("admin/support/desk/waiting.html", takes_context=True)
def waiting_cases(context: Any) -> dict[str, Any]:
    """One query, for those who work on cases; nothing for others."""
    if not context["request"].user.has_perm("support.work_case"):
        return {}
    waiting = Case.objects.waiting().order_by()
    return {"works": True, **waiting.aggregate(waiting=Count("pk"), since=Min("waiting_since"))}

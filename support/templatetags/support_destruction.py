"""The banner on every page of the staff area while something is not destroyed that should be."""

from typing import Any

from django import template
from django.core.cache import cache
from django.utils import timezone

from support.destruction.standing import red

register = template.Library()
KEY, SECONDS = "support.destruction.red", 60


@register.inclusion_tag("admin/support/red.html", takes_context=True)
def destruction_banner(context: dict[str, Any]) -> dict[str, Any]:
    """For those alone who work on cases; one query a minute in each process."""
    request = context.get("request")
    if not request or not request.user.has_perm("support.work_case"):
        return {"red": set()}
    found = cache.get(KEY)
    if found is None:
        cache.set(KEY, found := red(timezone.now()), SECONDS)
    return {"red": found, "may_look": request.user.has_perm("support.view_destruction")}

"""The banner on every page of the staff area while something is there that should be gone, or nobody destroys it."""

from typing import Any

from django import template
from django.core.cache import cache
from django.utils import timezone

from privacy.models import RetentionRun
from privacy.retention.pages import MAY_LOOK
from privacy.retention.standing import SILENT

register = template.Library()
KEY, SECONDS = "privacy.retention.wrong", 60


@register.inclusion_tag("admin/privacy/retention_banner.html", takes_context=True)
def retention_banner(context: dict[str, Any]) -> dict[str, Any]:
    """For those alone who may look at retention; one query a minute in each process. It tells what the walks noted, and counts nothing."""
    request = context.get("request")
    if not request or not request.user.has_perm(MAY_LOOK):
        return {"wrong": 0}
    wrong = cache.get(KEY)
    if wrong is None:
        cache.set(KEY, wrong := RetentionRun.objects.wrong(timezone.now() - SILENT).count(), SECONDS)
    return {"wrong": wrong}

"""What pages of the area say of an erasure that was asked for."""

from typing import Any

from django import template

from rights.erasure.asking import pending_of

register = template.Library()


@register.inclusion_tag("rights/notice.html", takes_context=True)
def erasure_notice(context: Any) -> dict[str, Any]:
    """Until when it can be cancelled, and where; nothing if nothing was asked for. One query."""
    return {"pending": pending_of(context["user"])}

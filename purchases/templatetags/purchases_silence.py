"""The banner of partners that are silent for longer than usual."""

from typing import Any

from django import template

from purchases.models import Silence
from purchases.partners.registry import PARTNERS

register = template.Library()


@register.inclusion_tag("admin/purchases/silent_partners.html", takes_context=True)
def silent_partners(context: dict[str, Any]) -> dict[str, Any]:
    """For those alone who see notifications; one query, and none for others."""
    request = context["request"]
    lasting = Silence.objects.lasting() if request.user.has_perm("purchases.view_webhookevent") else []
    return {"silences": [(PARTNERS[silence.partner].name, silence) for silence in lasting if silence.partner in PARTNERS]}

"""{% staff_home %}: on the start page of the staff area, how the site is doing."""

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from infacta import reading
from operations.home.page import home_of

register = template.Library()
TOLD_ABOVE = ("silent-partners", "cases-waiting")
"""Of these the start page has banners of its own, which look at the moment."""


@register.simple_tag(takes_context=True)
def staff_home(context: Any) -> SafeString:
    """In the reader's time zone, of what their role may see."""
    request = context["request"]
    with reading.in_time_zone_of(request.user):
        return render_to_string("admin/operations/numbers.html", {"home": home_of(request.user, timezone.now(), TOLD_ABOVE)}, request)

"""{{ text|markdown }}, or {{ text|markdown:4 }} where the page's own headings go down to the third."""

from django import template
from django.utils.safestring import SafeString

from infacta.markdown import rendered

register = template.Library()


@register.filter
def markdown(text: str, first_heading: int = 3) -> SafeString:
    """The text as safe HTML whose headings begin at this one (infacta/markdown.py)."""
    return rendered(text, first_heading)

"""{{ words|translated }}: words that code wrote into a row, such as a reason, in the reader's language; what people wrote stays as it is."""

from typing import Any

from django import template
from django.utils.translation import gettext

register = template.Library()


@register.filter
def translated(words: Any) -> Any:
    """What is no text, or is in no catalogue, comes back as it is."""
    return gettext(words) if isinstance(words, str) and words else words

"""Texts with values in them that are made once, at the start, and read in many languages."""

from typing import Any

from django.utils.functional import lazy


def _fill_in(text: Any, values: dict[str, Any]) -> str:
    return str(text % values)


filled_in = lazy(_fill_in, str)
"""A lazy text with values in it; `text % values` would be in the language of whoever starts the site, for good."""

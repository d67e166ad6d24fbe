"""Values of rows: as data for programs, and as people read them."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from privacy.registry import Personal
from rights.report.collecting import Elsewhere, Entry, Named, Unreadable, Value, Who

EMPTY: tuple[Any, ...] = (None, "", [], {}, b"")


def as_data(value: Any) -> Any:
    """What JSON can hold: times in UTC by ISO 8601, decimals and identifiers as texts; all else as it is."""
    if isinstance(value, Who | Elsewhere | Named | Unreadable):
        return value.data
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dict):
        return {str(key): as_data(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [as_data(inner) for inner in value]
    if isinstance(value, Decimal | UUID | date):
        return str(value)
    return value.hex() if isinstance(value, bytes | memoryview) else value


def data_of(entry: Entry, files: list[str]) -> str:
    """The row as JSON."""
    row = {"id": as_data(entry.number)} | {one.name: as_data(one.value) for one in entry.values}
    return json.dumps(row | ({"files": files} if files else {}), ensure_ascii=True)


def html_of(entry: Entry, files: list[tuple[str, str]]) -> str:
    """The row as it stands in the book; what is empty is left out. `files` are addresses and names."""
    lines = [pair(one.personal.text, in_words(one)) for one in entry.values if one.value not in EMPTY]
    lines += [pair(_("file"), format_html('<a href="{}">{}</a>', *file)) for file in files]
    number = conditional_escape(str(entry.number))
    return f'<section class="row" id="r{number}"><h2>{number}</h2><dl>{"".join(lines)}</dl></section>\n'


def pair(text: Any, value: Any) -> str:
    return f"<div><dt>{conditional_escape(text)}</dt><dd>{conditional_escape(value)}</dd></div>"


def in_words(one: Value) -> Any:
    if one.field.choices and isinstance(one.value, str | int):
        return choices_of(one.field, get_language()).get(one.value, one.value)
    return words(one.value, one.personal)


@lru_cache(maxsize=100)
def choices_of(field: Any, language: str) -> dict[Any, str]:
    """Made once for all rows: `language` is here so that another one is another entry."""
    return {value: str(text) for value, text in field.flatchoices}


def words(value: Any, personal: Personal | None = None) -> Any:
    """A text, escaped later, or HTML that is safe."""
    for kind, say in WORDS.items():
        if isinstance(value, kind):
            return say(value, personal)
    return "–" if value in EMPTY else str(value)


def moment(value: datetime, _personal: Any = None) -> str:
    return date_format(timezone.localtime(value), "DATETIME_FORMAT")


def account(value: Who, _personal: Any = None) -> str:
    if value.who == "you":
        return _("you")
    return _("a member of our staff (%(role)s)") % {"role": _(value.role)} if value.role else _("a member of our staff")


def elsewhere(value: Elsewhere, _personal: Any = None) -> str:
    return _("number %(number)s of “%(title)s”") % {"number": value.number, "title": value.title}


def unreadable(value: Unreadable, _personal: Any = None) -> str:
    return _("cannot be read any more: its key is destroyed, or it is damaged")


def several(value: dict[str, Any], personal: Personal | None = None) -> SafeString:
    """What stands in JSON: each key by its declared name, if it has one."""
    keys = (personal and personal.keys) or {}
    pairs = ((keys.get(key, key), words(inner)) for key, inner in value.items())
    return format_html("<ul>{}</ul>", format_html_join("", "<li><b>{}:</b> {}</li>", pairs))


def listed(value: Any, _personal: Any = None) -> SafeString:
    return (
        format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((words(inner),) for inner in value))) if value else mark_safe("–")
    )


WORDS: dict[Any, Any] = {
    datetime: moment,
    bool: lambda value, _personal: _("yes") if value else _("no"),
    Decimal: lambda value, _personal: number_format(value),
    Who: account,
    Elsewhere: elsewhere,
    Named: lambda value, _personal: value.text,
    Unreadable: unreadable,
    dict: several,
    list: listed,
    tuple: listed,
    bytes: lambda value, _personal: value.hex(),
}
"""In this order: the small kinds are tuples too."""

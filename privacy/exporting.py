"""Every list of the staff area as a table for other programs: of what its filters and its search show, for administration alone.

A table of people leaves the house, and with it every rule of this house. So whoever takes one has proved who they are within ten minutes,
the audit log says which list and how many rows, and what is secret is not in it: an allow-list of columns, less what a name or a declaration
says must stay.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from itertools import islice
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import flatten_fieldsets, label_for_field
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core.exceptions import BadRequest, FieldDoesNotExist
from django.db.models import BinaryField, Field, FileField, JSONField, Model, TextField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone, translation
from django.utils.decorators import method_decorator
from django.utils.html import strip_tags
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from infacta.attachment import attachment
from infacta.spreadsheets import lines_of_table
from privacy.reach import declaration_of, reach_of

ROWS_AT_ONCE = 500
SECRET = re.compile(r"(^|_)(password|hash|digest|token|secret|sealed|salt|credentials|binding|key|keys|private|seed)(_|$)")
"""A column of such a name stays here, whatever list shows it."""
LONG = (TextField, JSONField, BinaryField, FileField)
"""What people wrote, and what is no text at all, stands on the page of its row; only a list that shows it exports it."""


@dataclass(frozen=True)
class Column:
    heading: str
    cell: Callable[[Any], str]


class Exportable(admin.ModelAdmin):
    """A list with a button that exports it. One that has an export of its own, or must have none, says so by `has_csv`."""

    has_csv = True
    csv_leaves_out: Sequence[str] = ()
    """Columns of the list that are not exported."""

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_csv"
        return [path("csv/", self.admin_site.admin_view(self.as_csv), name=name), *super().get_urls()]

    def may_export(self, request: HttpRequest) -> bool:
        return self.has_csv and reach_of(request).everybody and self.has_view_permission(request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        address = f"{self.address_of('csv')}?{self.wish(request)}" if self.may_export(request) else ""
        return super().changelist_view(request, {"csv_address": address, **(extra_context or {})})

    @method_decorator(require_POST)
    def as_csv(self, request: HttpRequest) -> HttpResponseBase:
        """The rows that the list shows, of all its pages, a row at a time. That it was taken is in the audit log first."""
        if not self.may_export(request):
            raise Http404
        back = f"{self.address_of('changelist')}?{self.wish(request)}"
        if declaration_of(self.model).personal and (elsewhere := to_confirm_first(request, back)):
            return elsewhere
        shown = self.list_wished(request)
        if shown is None:
            return redirect(self.address_of("changelist"))
        reach_of(request).exported(self.model, shown.queryset.count(), filters_of(shown))
        return self.table_of(request, shown)

    def list_wished(self, request: HttpRequest) -> ChangeList | None:
        """What the list would show; None if it cannot be understood what is wished."""
        try:
            return self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return None
        except OverflowError as error:
            raise BadRequest("a moment that no calendar has") from error

    def table_of(self, request: HttpRequest, shown: ChangeList) -> HttpResponse | StreamingHttpResponse:
        columns = columns_of(self)
        rows = ([column.cell(row) for column in columns] for row in shown.queryset.iterator(ROWS_AT_ONCE))
        lines = as_spoken_now(lines_of_table([column.heading for column in columns], rows))
        name = f"{self.opts.model_name}-{timezone.localdate():%Y-%m-%d}.csv"
        headers = {"Content-Disposition": attachment(name), "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)

    def address_of(self, page: str) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}")

    def wish(self, request: HttpRequest) -> str:
        """Filters, search and order of the list, on whatever page it is."""
        query = request.GET.copy()
        query.pop(PAGE_VAR, None)
        return query.urlencode()


def to_confirm_first(request: HttpRequest, back: str) -> HttpResponseRedirect | None:
    """To the page that asks who they are, for whoever takes people's rows away and has not proved it lately; then back to the list."""
    if reach_of(request).is_freshly_confirmed:
        return None
    messages.warning(request, _("Nothing was exported yet. Please confirm who you are, and press the button once more."))
    return redirect(f"{reverse('admin:confirm')}?{urlencode({'next': back})}")


def filters_of(shown: ChangeList) -> list[str]:
    """By what the list was narrowed, and not to what: somebody may have searched for an address."""
    return sorted([*shown.get_filters_params(), *(["q"] if shown.query else [])])


def as_spoken_now(lines: Iterable[str]) -> Iterator[str]:
    """The lines, some hundred at a time, in the language and time zone of now, for they are written when the view is long over."""
    language, zone, waiting = translation.get_language(), timezone.get_current_timezone(), iter(lines)
    with translation.override(language), timezone.override(zone):
        while together := "".join(islice(waiting, ROWS_AT_ONCE)):
            yield together


def columns_of(shows: Exportable) -> list[Column]:
    """The number of the row, what the list shows, and the short fields of the row's page that it does not show."""
    listed = [name for name in shows.list_display if isinstance(name, str) and not stays(shows, name)]
    also = [*(shows.fields or ()), *flatten_fieldsets(shows.fieldsets or ())]
    others = [name for name in dict.fromkeys(map(str, also)) if name not in shows.list_display and is_short(shows.model, name)]
    number = [Column(_("number"), lambda row: str(row.pk))] if shows.opts.pk.name not in listed else []
    return [
        *number,
        *(listed_column(shows, name) for name in listed),
        *(plain_column(shows.model, name) for name in others if not stays(shows, name)),
    ]


def stays(shows: Exportable, name: str) -> bool:
    """Whether what this column shows is secret, or sealed, or may not even stand in the person's own report."""
    declared = declaration_of(shows.model).personal.get(name)
    withheld = declared is not None and bool(declared.withheld or declared.shown)
    return name in shows.csv_leaves_out or withheld or SECRET.search(name) is not None


def field_of(model: type[Model], name: str) -> Any:
    """The column of this name; None if it is none, such as what a list makes up of several."""
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, Field) and field.concrete and not field.many_to_many else None


def is_short(model: type[Model], name: str) -> bool:
    field = field_of(model, name)
    return field is not None and not isinstance(field, LONG)


def listed_column(shows: Exportable, name: str) -> Column:
    """A column as the list shows it; of what the list made up, its words."""
    heading, made_up = label_for_field(name, shows.model, shows, return_attr=True)
    field = field_of(shows.model, name)
    if field is not None:
        return Column(str(heading), of_field(field, field.name))
    if made_up is None or not callable(made_up):
        return Column(str(heading), lambda row: text_of(getattr(row, name)))
    is_of_row, as_boolean = not hasattr(shows, name), getattr(made_up, "boolean", False)

    def cell(row: Any) -> str:
        value = made_up(row)
        return text_of(bool(value) if as_boolean else value)

    return Column(str(heading), (lambda row: str(row)) if is_of_row and name == "__str__" else cell)


def plain_column(model: type[Model], name: str) -> Column:
    """A column that the list does not show; of another row its number alone, for which nothing more need be asked of the database."""
    field = field_of(model, name)
    return Column(str(field.verbose_name), of_field(field, field.attname))


def of_field(field: Any, name: str) -> Callable[[Any], str]:
    """What people read of a column: the words of a choice, and not its name."""
    words = {value: str(label) for value, label in field.flatchoices} if getattr(field, "choices", None) else {}

    def cell(row: Any) -> str:
        value = getattr(row, name)
        return text_of(words.get(value, value) if words else value)

    return cell


def text_of(value: Any) -> str:
    """One cell. Moments in the reader's time zone, as spreadsheets read them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S") if timezone.is_aware(value) else str(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return unescape(strip_tags(value)) if isinstance(value, SafeString) else str(value)

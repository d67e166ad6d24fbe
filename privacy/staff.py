"""What every page of the staff area has in common: whose rows it shows, and what is noted of changes."""

from collections.abc import Iterable
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AutocompleteMixin, AutocompleteSelect, AutocompleteSelectMultiple
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import BadRequest
from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from infacta.paging import number_in
from infacta.short_count import ShortCount
from privacy.exporting import Exportable
from privacy.reach import number_of_person, person_of, reach_of, rows_of_one, visible
from privacy.searching import LOOKUPS, found

LONGEST_SEARCH = 300
ENDINGS = ("", "__exact", "__id__exact", "__isnull", "__isempty", "__gte", "__lt")


class NumbersAlone(AutocompleteMixin):
    """Django's autocompletion breaks on a chosen value that is no number; whoever sends one shall read that it is no valid choice."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        return super().optgroups(name, [one for one in value if number_in(str(one))], attr)


class SelectOne(NumbersAlone, AutocompleteSelect):
    pass


class SelectSome(NumbersAlone, AutocompleteSelectMultiple):
    pass


class WithinReach(BaseModelAdmin):
    """Shows, and offers for choice, the rows that are within the request's reach."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return visible(request, super().get_queryset(request))

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Any]:
        """What a field that names another row offers."""
        rows = super().get_field_queryset(db, db_field, request)
        return visible(request, db_field.remote_field.model._default_manager.using(db) if rows is None else rows)


class StaffInline(WithinReach, admin.TabularInline):
    """Rows on the page of another row."""


class StaffAdmin(WithinReach, Exportable):
    """Long lists are not counted; whose rows are seen is decided here; what staff change is noted without names.

    Django's own note repeats the text of the row, which for many of ours is a customer's address, kept for as long as the
    member of staff is there. The kind of row and its number tell as much, and lead nowhere once the row is gone.
    """

    show_full_result_count = False
    paginator = ShortCount
    tells_itself = False  # whether what is done here is told to the person by an event of its own kind, so that it is not told twice

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row of a page of its own. One that is out of reach is answered as one that does not exist: with 404.

        Django breaks on a field without a name, and means the row's number by none.
        """
        row = super().get_object(request, object_id, from_field or None)
        if row is None:
            raise Http404
        if person := person_of(row):
            reach_of(request).looked_at(person.pk)
        return row

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        try:
            response = super().changelist_view(request, extra_context)
        except OverflowError as error:
            raise BadRequest("a moment that no calendar has") from error
        self.note_looks(request, (getattr(response, "context_data", None) or {}).get("cl"))
        return response

    def list_wished(self, request: HttpRequest) -> ChangeList | None:
        """To take one person's rows away is a look at that person, whether the list was shown before or not."""
        shown = super().list_wished(request)
        self.note_looks(request, shown)
        return shown

    def note_looks(self, request: HttpRequest, shown: ChangeList | None) -> None:
        """A list that is narrowed to one person's rows is a look at that person, as a page is: by their number, by a filter or by a search."""
        for number in filter(None, map(number_in, request.GET.getlist(rows_of_one(self.model)))):
            reach_of(request).looked_at(number)
        if shown and (shown.query or shown.get_filters_params()):
            look_at_the_only_one(request, shown.result_list)

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """Two forms at once, perhaps one pressed twice, both look before either writes: the database takes one, and whoever sent the other reads so."""
        try:
            return super().changeform_view(request, *args, **options)
        except IntegrityError:
            return self.overtaken(request)

    def overtaken(self, request: HttpRequest) -> HttpResponse:
        """What is answered where another form was quicker; nothing is kept of this one."""
        text = _("Nothing was saved: something of the same name was saved at the same moment, perhaps by this very form. See this list.")
        self.message_user(request, text, messages.WARNING)
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """By what stands in an index, if the list says of any path how (privacy/searching.py). Otherwise each word is one more condition, and a
        database takes so many and no more."""
        paths, typed = list(self.get_search_fields(request)), search_term[:LONGEST_SEARCH]
        if typed.strip() and any(path.rpartition("__")[2] in LOOKUPS for path in paths):
            return found(queryset, paths, typed), False
        return super().get_search_results(request, queryset, typed)

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """Lists are narrowed by the filters beside them, and to one person's rows; by nothing else.

        Whoever may ask "does it begin with …?" of a column reads it letter by letter, though no page shows it: the digest of a password,
        the key of an authenticator app, the link in a mail that waits.
        """
        return lookup == rows_of_one(self.model) or lookup in self.lookups_of_filters(request)

    def lookups_of_filters(self, request: Any) -> set[str]:
        """What the filters of the list ask by, with each ending that a filter of Django's may give it."""
        filters = [part[0] if isinstance(part, tuple | list) else part for part in self.get_list_filter(request)]
        own = {one.parameter_name for one in filters if isinstance(one, type) and issubclass(one, admin.SimpleListFilter)}
        return {f"{path}{ending}" for path in filters if isinstance(path, str) for ending in ENDINGS} | {str(name) for name in own}

    @transaction.atomic
    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *location: Any) -> HttpResponse | None:
        """An action on many rows and what is recorded of it are one transaction. Django breaks on a chosen row that has no number."""
        if not all(map(number_in, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            raise BadRequest("a row without a number")
        return super().response_action(request, queryset, *location)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What goes with a row: in full for those who see everybody's rows, and else in numbers."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        if not reach_of(request).everybody:
            deleted, protected = [], [_("rows that hold on to it")] if protected else []
        return deleted, counts, lacking, protected

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", SelectOne(db_field, self.admin_site, using=kwargs.get("using")))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", SelectSome(db_field, self.admin_site, using=kwargs.get("using")))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What the address of an empty form fills in: never a moment, for Django breaks on one that is only written."""
        moments = {field.name for field in self.opts.fields if isinstance(field, DateTimeField)}
        return {name: value for name, value in super().get_changeform_initial_data(request).items() if name not in moments}

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        return self.note(request, obj, ADDITION, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        return self.note(request, obj, CHANGE, message)

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Any]) -> list[LogEntry]:
        return [self.note(request, obj, DELETION, "") for obj in queryset]

    def note(self, request: HttpRequest, obj: Model, action: int, message: Any) -> LogEntry:
        """The admin's own note of a change; and if the row leads to a person, the reach is told of it too."""
        if not self.tells_itself and (person := person_of(obj)):
            reach_of(request).changed(person, obj, fields_in(message))
        return LogEntry.objects.create(
            user=cast(Any, request.user),
            content_type=ContentType.objects.get_for_model(obj, for_concrete_model=False),
            object_id=str(obj.pk),
            object_repr=f"{obj._meta.verbose_name} {obj.pk}",
            action_flag=action,
            change_message=message,
        )


class ReadOnlyAdmin(StaffAdmin):
    """Facts: staff look at them, and change nothing."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Autocompletion(AutocompleteJsonView):
    """What a field offers while somebody types: to find one person alone there is a look at them, as on a list."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if self.term:
            look_at_the_only_one(self.request, context["object_list"])
        return context


def look_at_the_only_one(request: HttpRequest, rows: Iterable[Any]) -> None:
    """If all of the rows that lead to somebody lead to one person, they are a look at that person; rows that lead to nobody hide no one."""
    people = {person for row in rows if (person := number_of_person(row))}
    if len(people) == 1:
        reach_of(request).looked_at(people.pop())


def fields_in(message: Any) -> list[str]:
    """The labels of the fields that a note of the admin names: [{"changed": {"fields": […]}}]."""
    parts = message if isinstance(message, list) else []
    return [str(label) for part in parts for what in part.values() for label in what.get("fields", ())]

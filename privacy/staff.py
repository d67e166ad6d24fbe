"""What every page of the staff area has in common."""

from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.admin.widgets import AutocompleteMixin, AutocompleteSelect, AutocompleteSelectMultiple
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from infacta.paging import number_in


class NumbersAlone(AutocompleteMixin):
    """Django's autocompletion breaks on a chosen value that is no number; whoever sends one shall read that it is no valid choice."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        return super().optgroups(name, [one for one in value if number_in(str(one))], attr)


class SelectOne(NumbersAlone, AutocompleteSelect):
    pass


class SelectSome(NumbersAlone, AutocompleteSelectMultiple):
    pass


class StaffAdmin(admin.ModelAdmin):
    """Long lists are not counted, and what staff change is noted without names.

    Django's own note repeats the text of the row, which for many of ours is a customer's address, kept for as long as the
    member of staff is there. The kind of row and its number tell as much, and lead nowhere once the row is gone.
    """

    show_full_result_count = False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", SelectOne(db_field, self.admin_site, using=kwargs.get("using")))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", SelectSome(db_field, self.admin_site, using=kwargs.get("using")))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        return note(request, obj, ADDITION, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        return note(request, obj, CHANGE, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[LogEntry]:
        return [note(request, obj, DELETION, "") for obj in queryset]


class ReadOnlyAdmin(StaffAdmin):
    """Facts: staff look at them, and change nothing."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def note(request: HttpRequest, obj: Model, action: int, message: Any) -> LogEntry:
    return LogEntry.objects.create(
        user=cast(Any, request.user),
        content_type=ContentType.objects.get_for_model(obj, for_concrete_model=False),
        object_id=str(obj.pk),
        object_repr=f"{obj._meta.verbose_name} {obj.pk}",
        action_flag=action,
        change_message=message,
    )

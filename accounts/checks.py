"""System checks of the staff area: what staff see goes through the filter of people's rows, and what they may do is decided (promise C15)."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_permission_codename
from django.core import checks
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model

from accounts.roles import PERMISSIONS, ROLES, permissions_of
from privacy.reach import is_about_people
from privacy.staff import StaffAdmin, WithinReach


@checks.register
def what_staff_may_do_is_decided(app_configs: Any, **options: Any) -> list[checks.Error]:
    """Each model in the staff area has its line in the table of permissions, and each permission there exists (accounts.E001, E002)."""
    missing = sorted({model._meta.label_lower for model in shown()} - PERMISSIONS.keys())
    unknown = {right for role in ROLES for right in permissions_of(role)} - existing()
    return [
        checks.Error(
            f"Nobody decided what staff may do with {label}.",
            hint=f'Add a line "{label}": ("administration\'s rights", "support\'s rights") to PERMISSIONS in accounts/roles.py, and to docs/roles.md.',
            id="accounts.E001",
        )
        for label in missing
    ] + [
        checks.Error(
            f"accounts/roles.py names the permission {app}.{codename}, which does not exist.",
            hint="Correct it there, or declare it in the model's Meta.permissions.",
            id="accounts.E002",
        )
        for app, codename in sorted(unknown)
    ]


@checks.register
def peoples_rows_are_filtered(app_configs: Any, **options: Any) -> list[checks.Error]:
    """What shows rows about people derives from what filters them, and offers no list of everybody (accounts.E003, E004)."""
    unfiltered = [shows for shows in admin.site._registry.values() if is_about_people(shows.model) and not isinstance(shows, StaffAdmin)]
    unfiltered_inlines = [inline for inline in inlines() if is_about_people(inline.model) and not issubclass(inline, WithinReach)]
    return [
        checks.Error(
            f"{shows} shows rows about people without their filter.",
            hint="Derive it from privacy.staff.StaffAdmin, ReadOnlyAdmin or StaffInline.",
            id="accounts.E003",
        )
        for shows in [*unfiltered, *unfiltered_inlines]
    ] + [
        checks.Error(
            f"{shows} offers {name!r} as a filter or raw id, which would name everybody's rows.",
            hint="Search by it instead, or use autocomplete_fields.",
            id="accounts.E004",
        )
        for shows in admin.site._registry.values()
        for name in names_of_people(shows)
    ]


def inlines() -> list[Any]:
    return [inline for shows in admin.site._registry.values() for inline in shows.inlines]


def shown() -> set[type[Model]]:
    """Every model of which the staff area shows rows."""
    return {*admin.site._registry, *(inline.model for inline in inlines())}


def existing() -> set[tuple[str, str]]:
    """Every permission that Django makes for the installed models."""
    found: set[tuple[str, str]] = set()
    for model in apps.get_models():
        options = model._meta
        found |= {(options.app_label, get_permission_codename(action, options)) for action in options.default_permissions}
        found |= {(options.app_label, codename) for codename, _name in options.permissions}
    return found


def names_of_people(shows: admin.ModelAdmin) -> Iterator[str]:
    """The list filters and raw ids that lead to rows about people: Django would list all of them, or name any of them."""
    filters = [part[0] if isinstance(part, tuple | list) else part for part in shows.list_filter]
    for path in [*filters, *shows.raw_id_fields]:
        field = field_at(shows.model, path) if isinstance(path, str) else None
        if field is not None and isinstance(field.related_model, type) and is_about_people(field.related_model):
            yield str(path)


def field_at(model: type[Model], path: str) -> Any:
    """The field at the end of a look-up path; None if there is none (Django's own checks say so)."""
    field: Any = None
    for name in path.split("__"):
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            return None
        model = field.related_model or model
    return field

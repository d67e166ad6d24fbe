"""A JSON field is a table in a field: what may stand in it is declared key by key (privacy.json_keys has the notation)."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core import checks
from django.db.models import Field, JSONField

from privacy.registry import Personal, registry


@checks.register
def every_key_is_declared(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Each JSON field that holds personal data names its keys, and nothing else names any (privacy.E008).

    That no other key is written is seen when one is: the tests look at every row that they write (tests/json_guard.py).
    """
    return [message for field, declared in _personal_fields() if (message := _error_of(field, declared))]


def _personal_fields() -> Iterator[tuple["Field[Any, Any]", Personal]]:
    for model in apps.get_models(include_auto_created=True):
        declaration = registry.models.get(model._meta.label)
        for field in model._meta.concrete_fields if declaration else ():
            if declaration and field.name in declaration.personal:
                yield field, declaration.personal[field.name]


def _error_of(field: "Field[Any, Any]", declared: Personal) -> checks.Error | None:
    label = f"{field.model._meta.label}.{field.name}"
    if isinstance(field, JSONField) and not declared.keys:
        return checks.Error(
            f"The JSON field {label} does not say which keys stand in it.",
            hint=f'Add keys={{"key": _("what it is to the person"), …}} to Personal(…) of "{field.name}" in the declaration of {field.model._meta.label}.',
            id="privacy.E008",
        )
    if declared.keys and not isinstance(field, JSONField):
        return checks.Error(
            f"{label} declares keys, but it is no JSON field.", hint="Remove keys=… from its declaration.", id="privacy.E008"
        )
    return None

"""Nothing is written into a JSON field but the keys that its declaration names: a test that writes another one fails, whatever it tests.

It stands where Django hands a value to the database (`get_db_prep_save`): save(), bulk_create() and update() all pass by there.
"""

from typing import Any

import pytest
from django.db.models import JSONField

from privacy.json_keys import undeclared_in
from privacy.registry import Personal, registry


class UndeclaredKey(AssertionError):
    """Something wrote a key into a JSON field of which the declaration knows nothing."""


def demand_declared(field: Any, value: Any) -> None:
    """Raises UndeclaredKey with a sentence that says what to write where."""
    label = field.model._meta.label if hasattr(field, "model") else ""
    declaration = registry.models.get(label)
    declared = declaration.fields.get(field.name) if declaration else None
    if isinstance(declared, Personal) and (unknown := undeclared_in(value, declared.keys or {})):
        raise UndeclaredKey(
            f"{label}.{field.name} was given keys that are not declared: {', '.join(map(repr, unknown))}. "
            f'Add them to keys={{…}} of "{field.name}" in the declaration of {label}, with what they are to the person.'
        )


@pytest.fixture(autouse=True)
def declared_keys_alone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """For every test that is not marked `any_keys`."""
    if request.node.get_closest_marker("any_keys"):
        return
    original = JSONField.get_db_prep_save

    def guarded(self: Any, value: Any, connection: Any) -> Any:
        if not hasattr(value, "resolve_expression"):
            demand_declared(self, value)
        return original(self, value, connection)

    monkeypatch.setattr(JSONField, "get_db_prep_save", guarded)

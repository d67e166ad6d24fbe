"""A fate is carried out by something: what it names is there."""

from typing import Any

from django.apps import apps
from django.core import checks
from django.core.exceptions import FieldDoesNotExist

from privacy.erasing import named
from privacy.fates import Anonymised, Erased
from privacy.registry import ModelDeclaration, registry


@checks.register
def every_fate_can_be_carried_out(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """The eraser that a fate names, and the fields that it blanks (privacy.E030, E031)."""
    messages: list[checks.CheckMessage] = []
    for declared in registry.models.values():
        if isinstance(declared.fate, Erased | Anonymised) and declared.fate.by:
            messages += eraser_missing(f"The fate of {declared.model}", declared.fate.by, "privacy.E030")
        messages += _fields_missing(declared)
    return messages


def eraser_missing(whose: str, dotted: str, number: str) -> list[checks.CheckMessage]:
    """What is wrong with a dotted name that should lead to an eraser."""
    try:
        named(dotted)
    except ImportError as error:
        hint = "Write an Eraser (privacy/erasing.py) of that name in the app's erasing.py, or correct the name in its personal data."
        return [checks.Error(f"{whose} names {dotted!r}, which cannot be used: {error}", hint=hint, id=number)]
    return []


def _fields_missing(declared: ModelDeclaration) -> list[checks.CheckMessage]:
    blanks = declared.fate.blanks if isinstance(declared.fate, Anonymised) else {}
    return [
        checks.Error(
            f"The fate of {declared.model} blanks {name!r}, but there is no such field.",
            hint="Correct the name in blanks={…}.",
            id="privacy.E031",
        )
        for name in blanks
        if not _has_field(declared.model, name)
    ]


def _has_field(label: str, name: str) -> bool:
    """True also for a model that is not there: another check says so."""
    try:
        return bool(apps.get_model(label)._meta.get_field(name).concrete)
    except FieldDoesNotExist:
        return False
    except LookupError:
        return True

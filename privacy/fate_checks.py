"""System checks: a fate that nothing carries out, or a place of files that no erasure reaches, stops the start."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.exceptions import FieldDoesNotExist
from django.db.models import FileField

from privacy.erasing import named
from privacy.fates import Anonymised, Erased
from privacy.registry import ModelDeclaration, registry

NOBODYS = ("BASE_DIR", "DATA_DIR")
"""The program itself, and the folder in which the others lie."""


@checks.register
def every_fate_can_be_carried_out(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """What a fate names is there: its eraser, and the fields that it blanks (privacy.E030, E031)."""
    messages: list[checks.CheckMessage] = []
    for declared in registry.models.values():
        messages += eraser_missing(declared) + fields_missing(declared)
    return messages


def eraser_missing(declared: ModelDeclaration) -> list[checks.CheckMessage]:
    by = declared.fate.by if isinstance(declared.fate, Erased | Anonymised) else ""
    if not by:
        return []
    try:
        named(by)
    except ImportError as error:
        return [
            checks.Error(
                f"The fate of {declared.model} names {by!r}, which cannot be used: {error}",
                hint=f"Write an Eraser (privacy/erasing.py) of that name, or correct the fate in the personal data of {declared.model.split('.')[0]}.",
                id="privacy.E030",
            )
        ]
    return []


def fields_missing(declared: ModelDeclaration) -> list[checks.CheckMessage]:
    blanks = declared.fate.blanks if isinstance(declared.fate, Anonymised) else {}
    return [
        checks.Error(
            f"The fate of {declared.model} blanks {name!r}, but there is no such field.",
            hint="Correct the name in blanks={…}.",
            id="privacy.E031",
        )
        for name in blanks
        if not has_field(declared.model, name)
    ]


def has_field(label: str, name: str) -> bool:
    """True also for a model that is not there: another check says so."""
    try:
        return bool(apps.get_model(label)._meta.get_field(name).concrete)
    except FieldDoesNotExist:
        return False
    except LookupError:
        return True


@checks.register
def every_file_has_an_eraser(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Files lie where a declaration says so, and something destroys those of one person (privacy.E032, E033)."""
    return [*undeclared_roots(), *undeclared_fields()]


def undeclared_roots() -> list[checks.CheckMessage]:
    """Settings that name a folder or a file below the data folder."""
    declared = {root.setting: root for root in registry.roots}
    messages: list[checks.CheckMessage] = []
    for name in sorted(dir(settings)):
        if name.endswith(("_DIR", "_LOG")) and isinstance(getattr(settings, name), Path) and name not in {*declared, *NOBODYS}:
            messages.append(
                checks.Error(
                    f"Nobody says what lies in settings.{name}.",
                    hint=f"Write registry.root(FileRoot({name!r}, …)) in the personal data of the app that writes there, with what erases one person's files.",
                    id="privacy.E032",
                )
            )
    for root in registry.roots:
        if not root.eraser and not root.reason:
            messages.append(
                unerased(f"settings.{root.setting}", "Give its FileRoot eraser='app.erasing.name', or the reason why it needs none.")
            )
        elif root.eraser:
            messages += not_importable(root.setting, root.eraser)
    return messages


def not_importable(setting: str, dotted: str) -> list[checks.CheckMessage]:
    try:
        named(dotted)
    except ImportError as error:
        return [unerased(f"settings.{setting}", str(error))]
    return []


def unerased(what: str, hint: str) -> checks.CheckMessage:
    return checks.Error(f"Nothing erases one person's files in {what}.", hint=hint, id="privacy.E033")


def fields_of(label: str) -> Sequence[Any]:
    try:
        return apps.get_model(label)._meta.concrete_fields
    except LookupError:
        return ()


def undeclared_fields() -> list[checks.CheckMessage]:
    """A file field that is personal needs an eraser of its own: deleting a row leaves its file."""
    messages = []
    for declared in registry.models.values():
        for field in fields_of(declared.model):
            by = declared.fate.by if isinstance(declared.fate, Erased | Anonymised) else ""
            if isinstance(field, FileField) and field.name in declared.personal and not by:
                messages.append(
                    unerased(f"{declared.model}.{field.name}", "Give its fate by='app.erasing.name', which deletes the file too.")
                )
    return messages

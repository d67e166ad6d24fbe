"""Where data lies outside of the tables: folders, logs, backups, mails, and the files that fields name."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.db.models import FileField

from privacy.checks.fates import eraser_missing
from privacy.fates import Anonymised, Erased
from privacy.registry import NotPersonal, Place, registry

A_PLACE = re.compile(r"(?:_DIR|MAILDIR|_LOG|_ROOT)$")
ALWAYS = ("EMAIL_BACKEND", "SUPPORT_BACKUP_DAYS")
"""Mails go out, and backups are made, whatever the settings say."""


@checks.register
def every_place_is_declared(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Each place belongs to a flow, which says how long it is kept, or holds nothing of anybody (privacy.E009, E010)."""
    declared = {*registry.places, *(place.name for place in _places_of_flows())}
    present = {**_places_of_settings(), **{name: f"Where the files of {name} lie" for name in _personal_file_fields()}}
    missing: list[checks.CheckMessage] = [_undeclared(place, what) for place, what in present.items() if place not in declared]
    gone = declared - present.keys() - set(dir(settings))
    return missing + [
        checks.Error(f"The place {place} is declared, but there is no such setting or file field.", hint="Remove it.", id="privacy.E010")
        for place in sorted(gone)
    ]


@checks.register
def every_place_is_reached_by_erasure(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """What is one person's in a place is erased by something, or need not be (privacy.E032, E033)."""
    fields = _personal_file_fields()
    messages: list[checks.CheckMessage] = []
    for place in _places_of_flows():
        if place.eraser:
            messages += eraser_missing(f"The place {place.name}", place.eraser, "privacy.E032")
        elif not place.unerased and place.name not in fields:
            messages.append(
                _unreached(place.name, f'Write Place("{place.name}", eraser="app.erasing.name"), or unerased="why nothing need erase it".')
            )
    return messages + [
        _unreached(name, 'Give its model\'s fate by="app.erasing.name", which deletes the file too.')
        for name, by in fields.items()
        if not by
    ]


def _places_of_flows() -> list[Place]:
    return [place for flow in registry.flows for place in flow.places]


def _undeclared(place: str, what: str) -> checks.Error:
    return checks.Error(
        f"{what} is not declared.",
        hint=f'Write registry.flow(Flow("slug", (), _("what lies there"), RETENTION, places=(Place("{place}", …),))) in the app\'s personal_data.py, '
        f'with a retention that has a destroyer, or registry.place("{place}", NotPersonal("why nothing of anybody lies there")).',
        id="privacy.E009",
    )


def _unreached(place: str, hint: str) -> checks.Error:
    return checks.Error(f"Nothing erases what is one person's in {place}.", hint=hint, id="privacy.E033")


def _places_of_settings() -> dict[str, str]:
    """Folders and logs that the settings name, and each handler of the logs."""
    found = {name: f"The place that the setting {name} names" for name in dir(settings) if A_PLACE.search(name) and _is_path(name)}
    found |= {name: f"What {name} stands for" for name in ALWAYS}
    return found | {
        f"LOGGING.{name}": f"The log handler {name!r} of LOGGING" for name in cast(dict[str, Any], settings.LOGGING["handlers"])
    }


def _is_path(name: str) -> bool:
    value = getattr(settings, name)
    return isinstance(value, str | Path) and bool(str(value))


def _personal_file_fields() -> dict[str, str]:
    """File fields, but for those that are declared NotPersonal, each with the eraser of its model: deleting a row leaves the file."""
    return dict(_file_fields())


def _file_fields() -> Iterator[tuple[str, str]]:
    for model in apps.get_models(include_auto_created=True):
        declaration = registry.models.get(model._meta.label)
        fate = declaration.fate if declaration else None
        for field in model._meta.concrete_fields:
            if isinstance(field, FileField) and not (declaration and isinstance(declaration.fields.get(field.name), NotPersonal)):
                yield f"{model._meta.label}.{field.name}", fate.by if isinstance(fate, Erased | Anonymised) else ""

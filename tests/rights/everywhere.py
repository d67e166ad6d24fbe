"""All that the installation holds, as text: the database, with what is sealed in it opened, and every file."""

import os
import re
import subprocess
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection

from infacta.sealed_text import CannotOpen, opened
from privacy.fates import Anonymised, Erased, Kept
from privacy.registry import registry
from support.vault import keyring

FERNET = re.compile(r"gAAAA[\w-]{20,}={0,2}")


def database() -> str:
    """Every row of every table. What the site can open is opened, for whoever has the site's key could too."""
    dump = pg_dump() if connection.vendor == "postgresql" and not connection.in_atomic_block else rows()
    return dump + "\n".join(filter(None, map(plain, FERNET.findall(dump))))


def pg_dump() -> str:
    parts = connection.settings_dict
    where = ["-h", parts["HOST"] or "127.0.0.1", "-p", str(parts["PORT"] or 5432), "-U", parts["USER"], parts["NAME"]]
    environment = os.environ | {"PGPASSWORD": parts["PASSWORD"] or "", "PGTZ": "UTC"}
    done = subprocess.run(["pg_dump", "--data-only", *where], capture_output=True, text=True, check=True, env=environment)
    return done.stdout


def rows() -> str:
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found += [" ".join(f"{value}" for value in row) for row in cursor.fetchall()]
    return "\n".join(found)


def plain(token: str) -> str:
    try:
        return opened(token)
    except CannotOpen:
        return ""


def files(*roots: Path) -> str:
    """Names and contents, of whatever lies below."""
    found = []
    for root in roots:
        for path in root.rglob("*"):
            found += [path.name, path.read_bytes().decode(errors="replace")] if path.is_file() else [path.name]
    return "\n".join(found)


def everything(*roots: Path) -> str:
    return database() + files(Path(settings.MAIL_DIR), Path(settings.CASE_FILES_DIR), *roots)


def stands(value: str, text: str) -> bool:
    """A moment stands there without its zone, as databases write it."""
    with suppress(ValueError):
        value = f"{datetime.fromisoformat(value):%Y-%m-%d %H:%M:%S}"
    return value in text


STAY = {
    "support.Case.reference": "the audit log, which is kept, tells the number of the case that was destroyed",
}
"""Besides what a fate keeps."""


def may_stay(where: str) -> bool:
    """Whether the fate of this field says that it stays: "app.Model.field" or "app.Model.field.key". What it names of the catalogue stays there."""
    if where in STAY or names_catalogue(where):
        return True
    app, model, name = where.split(" ")[0].split(".")[:3] if where.count(".") > 1 else (*where.split(" ")[0].split("."), "")
    fate = registry.models[f"{app}.{model}"].fate
    if isinstance(fate, Kept):
        return True
    return isinstance(fate, Anonymised) and name not in fate.blanks and not isinstance(fate, Erased)


def names_catalogue(where: str) -> bool:
    """Whether the value is the name of a row that is about nobody, such as a product."""
    parts = where.split(".")
    if len(parts) != 3 or " " in where:
        return False
    field = apps.get_model(".".join(parts[:2]))._meta.get_field(parts[2])
    return bool(field.is_relation) and not registry.models[field.related_model._meta.label].personal


def key_is_there(key_name: str) -> bool:
    return keyring.exists(key_name)

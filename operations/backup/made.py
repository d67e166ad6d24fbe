"""A backup as it lies in its folder: named for the moment of its data, with a manifest and a list of checksums.

Only a folder that was renamed to such a name is a backup. While one is being written or removed its name begins with a dot, so what broke off is never
taken for one.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from operations.backup.problems import Unusable

NAME = re.compile(r"\d{8}T\d{6}Z")
MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
FORMAT = 1
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself; all of `rows`, `migrations` and `audit_head` is of the very moment of the dump.

    `sums` is the digest of the list of checksums, `key` a keyed digest that tells whether SECRET_KEY is the same.
    """

    began_at: datetime
    ended_at: datetime
    engine: str
    database: str
    server: str
    version: str
    key: str
    sums: str
    audit_head: str
    migrations: Mapping[str, str]
    rows: Mapping[str, int]
    parts: Mapping[str, Mapping[str, int]]
    left_out: Mapping[str, str]
    format: int = FORMAT

    @property
    def bytes(self) -> int:
        return sum(part["bytes"] for part in self.parts.values())

    @property
    def files(self) -> int:
        return sum(part["files"] for part in self.parts.values())

    def as_text(self) -> str:
        return json.dumps(vars(self), default=lambda moment: moment.isoformat(), indent=1) + "\n"


@dataclass(frozen=True)
class Made:
    """A whole backup; `at` is the moment of its data."""

    path: Path
    manifest: Manifest

    @property
    def at(self) -> datetime:
        return self.manifest.began_at

    @property
    def bytes(self) -> int:
        return self.manifest.bytes


def name_of(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def newest(folder: Path) -> Made | None:
    """The latest whole backup in the folder; None if there is none, or no such folder."""
    return next(iter(newest_first(folder)), None)


def newest_first(folder: Path) -> list[Made]:
    """All whole backups in the folder. What cannot be read is none."""
    try:
        names = sorted(filter(NAME.fullmatch, os.listdir(folder)), reverse=True)
    except OSError:
        return []
    found = (made_in(folder / name) for name in names)
    return [made for made in found if made]


def made_in(path: Path) -> Made | None:
    try:
        return Made(path, manifest_of(path))
    except Unusable:
        return None


def manifest_of(path: Path) -> Manifest:
    """What stands in the backup's manifest. Unusable, with the reason, if there is none that can be read."""
    try:
        text = (path / MANIFEST).read_text()
    except (OSError, UnicodeError) as error:
        raise Unusable(f"{path} is no backup, or one that broke off: {MANIFEST} cannot be read ({reason_of(error)}).") from error
    try:
        values: dict[str, Any] = json.loads(text)
        if values["format"] != FORMAT:
            raise Unusable(f"{path} has the format {values['format']!r}, which this version of the site does not know.")
        return Manifest(**values | {name: datetime.fromisoformat(values[name]) for name in ("began_at", "ended_at")})
    except (ValueError, TypeError, KeyError) as error:
        raise Unusable(f"{path / MANIFEST} is damaged: restore another backup.") from error


def reason_of(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


def megabytes(size: int) -> str:
    return f"{size / MEGABYTE:,.1f} MB"

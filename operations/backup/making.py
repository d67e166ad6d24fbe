"""Making a backup: the database first and then the files, so that each row of the dump finds its file; whole, or not at all."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone

from infacta.file_log import sync
from operations.backup import contents
from operations.backup.databases import database_of_the_site
from operations.backup.databases.kind import in_pieces
from operations.backup.facts import head_of_audit, key_digest, migrations_in, rows_in, version_of_the_site
from operations.backup.made import MANIFEST, NAME, Made, Manifest, megabytes, name_of, newest, reason_of
from operations.backup.problems import Failed, Tell, Unusable
from operations.backup.writing import PIECE, Writer, files_in, sync_all

UNFINISHED = ".unfinished-"
REMOVING = ".removing-"
MARGIN = 64_000_000
"""Bytes that a disk must have left besides."""


class Expected(NamedTuple):
    """What a backup would hold: bytes of files, those among them that must be copied, and of the database, of which a dump takes less."""

    files: int
    bytes: int
    to_copy: int
    database: int

    @property
    def room(self) -> int:
        return self.to_copy + self.database + MARGIN


def demand_place(folder: Path) -> None:
    """Unusable if a backup may not lie there."""
    for setting in contents.SERVED:
        inside = Path(getattr(settings, setting)).resolve()
        if folder.resolve().is_relative_to(inside):
            raise Unusable(f"{folder} lies in {inside} ({setting}), which is no place for backups: name another folder.")
    for setting in filter(contents.APART.search, contents.LEFT_OUT):
        apart = Path(getattr(settings, setting, "") or "/").resolve()
        if around := [place for place in contents.folders().values() if apart.is_relative_to(place.resolve())]:
            raise Unusable(f"{apart} ({setting}) lies in {around[0]}, and may be in no backup: {contents.LEFT_OUT[setting]}. Move it out.")
    if folder.exists() and not folder.is_dir():
        raise Unusable(f"{folder} is a file: name a folder.")
    if NAME.fullmatch(folder.name) and (folder / MANIFEST).exists():
        raise Unusable(f"{folder} is a backup itself: name the folder that it lies in.")


def expected(folder: Path, anew: bool) -> Expected:
    """Looks at every file's size and time, and reads none."""
    writer = Writer(folder, None if anew else newest(folder))
    files = size = to_copy = 0
    for part, source in contents.folders().items():
        for found in files_in(source):
            files, size = files + 1, size + found.size
            to_copy += 0 if writer.is_unchanged(f"{part}/{found.name}", found) else found.size
    logs = sum(path.stat().st_size for path in contents.logs().values() if path.exists())
    return Expected(files, size + logs, to_copy + logs, dump_size(folder))


def dump_size(folder: Path) -> int:
    """What a dump may take at most: half as much again as the last one, or as much as the database."""
    database, last = database_of_the_site(), newest(folder)
    part = last.manifest.parts.get(database.file) if last else None
    whole = database.size()
    if database.engine == "sqlite":
        return 2 * whole
    return min(whole, part["bytes"] * 3 // 2) if part else whole


def demand_room(folder: Path, planned: Expected) -> None:
    """Failed if the disk has too little left."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(there).free
    if free < planned.room:
        raise Failed(
            f"{folder} has {megabytes(free)} left, and a backup may need {megabytes(planned.room)}: make room, or name another disk."
        )


def make(folder: Path, anew: bool, tell: Tell) -> Made:
    """Write one more backup into the folder, whose lock the caller has. Failed; whatever goes wrong, nothing of it is left."""
    began = timezone.now()
    name = name_of(began)
    if (folder / name).exists():
        raise Failed(f"{folder / name} was made in this very second: try again.")
    unfinished = folder / f"{UNFINISHED}{name}"
    with for_the_owner_alone():
        try:
            unfinished.mkdir(mode=0o700)
            writer = Writer(unfinished, None if anew else newest(folder))
            manifest = fill(unfinished, writer, began, tell)
            sync_all(unfinished)
            unfinished.rename(folder / name)
            sync(folder)
        except OSError as error:
            raise Failed(
                f"The backup was not made: {error.filename or folder}: {reason_of(error)}. Nothing of it was left behind."
            ) from error
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return Made(folder / name, manifest)


def fill(folder: Path, writer: Writer, began: datetime, tell: Tell) -> Manifest:
    """Everything, and last the manifest: without it there is no backup."""
    database = database_of_the_site()
    database.demand_programs()
    with database.dumping(folder) as dump:
        rows = rows_in(database.tables(dump.query), dump.query, lambda table: tell(f"counting {table}"))
        migrations, head = migrations_in(dump.query), head_of_audit(dump.query)
        writer.write(database.file, counted(dump.pieces, lambda size: tell(f"database: {megabytes(size)}")))
    copy_files(writer, tell)
    manifest = Manifest(
        began_at=began,
        ended_at=timezone.now(),
        engine=database.engine,
        database=database.name(),
        server=database.server(),
        version=version_of_the_site(),
        key=key_digest(began),
        sums=writer.write_sums(),
        audit_head=head,
        migrations=migrations,
        rows=rows,
        parts=writer.parts,
        left_out=contents.left_out(),
    )
    (folder / MANIFEST).write_text(manifest.as_text())
    return manifest


def copy_files(writer: Writer, tell: Tell) -> None:
    """The folders, and then the logs: a log that is younger than the dump is right, one that is older would be none."""
    for part, source in contents.folders().items():
        for found in files_in(source):
            writer.copy(part, source, found)
            tell(f"{part}: {writer.parts[part]['files']:,} files, {megabytes(writer.parts[part]['bytes'])}")
    for name, path in contents.logs().items():
        if path.exists():
            writer.write(name, in_pieces(path, PIECE))


def counted(pieces: Iterable[bytes], tell: Callable[[int], None]) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        tell(size)
        yield piece


@contextmanager
def for_the_owner_alone() -> Iterator[None]:
    """Whatever is made inside nobody else reads."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def clear_leftovers(folder: Path) -> list[str]:
    """What was being written or removed when its process was killed goes; the caller has the folder's lock. Returns what there was."""
    left = [entry for entry in folder.iterdir() if entry.name.startswith((UNFINISHED, REMOVING))]
    for entry in left:
        shutil.rmtree(entry, ignore_errors=True)
    return [entry.name for entry in left]


def prepared(folder: Path) -> Path:
    """The folder, made if it is not there. Failed."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Failed(f"{folder} cannot be made: {error.strerror}.") from error
    return folder


def is_on_the_same_disk(folder: Path) -> bool:
    """Whether one broken disk takes the site's files and their backup."""
    there = Path(settings.DATA_DIR)
    return there.exists() and folder.stat().st_dev == there.stat().st_dev

"""Putting the files of a backup back where the site has them: nothing that is there is overwritten."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from infacta.file_log import sync
from operations.backup import contents
from operations.backup.made import Made
from operations.backup.problems import Failed, Unusable
from operations.backup.writing import Sums, digest_of

ON_THE_WAY = ".restoring"
FOR_THE_SITE_ALONE = 0o600


@dataclass
class Placed:
    """How many files were put back, how many were there already, and which were there with another content and stay so."""

    put: int = 0
    there: int = 0
    others: list[str] = field(default_factory=list)


def files_of(sums: Sums) -> Iterator[tuple[str, Path, str]]:
    """Name in the backup, place on the site and checksum of each file of the folders."""
    folders = contents.folders()
    for name, digest in sums.items():
        part, _, rest = name.partition("/")
        if rest and part in folders:
            yield name, folders[part] / rest, digest


def put_files(made: Made, sums: Sums, tell: Callable[[str], None]) -> Placed:
    """Failed, such as for a full disk: what was put so far stays, does no harm, and is found there by the next try."""
    placed = Placed()
    for name, target, digest in files_of(sums):
        tell(f"files: {placed.put + placed.there:,}")
        try:
            if target.exists():
                same = digest_of(target) == digest
                placed.there += same
                placed.others += [] if same else [name]
            else:
                put(made.path / name, target)
                placed.put += 1
        except OSError as error:
            raise Failed(f"{target} cannot be written: {error.strerror}. The database is as it was; run the command again.") from error
    return placed


def put(source: Path, target: Path) -> None:
    """Whole, or not at all, and never over another file. OSError."""
    sealed = target.is_relative_to(settings.CASE_FILES_DIR)
    target.parent.mkdir(mode=0o700 if sealed else 0o777, parents=True, exist_ok=True)
    copy = target.with_name(f".{target.name}{ON_THE_WAY}")
    try:
        shutil.copyfile(source, copy)
        shutil.copystat(source, copy)
        copy.chmod(FOR_THE_SITE_ALONE if sealed else settings.FILE_UPLOAD_PERMISSIONS)
        with copy.open("rb") as file:
            os.fsync(file.fileno())
        os.link(copy, target)
    finally:
        copy.unlink(missing_ok=True)


def demand_same_logs(made: Made) -> None:
    """Unusable if a log that is there is another one than the backup's: each only ever grows, so one must begin with the other."""
    for name, place in contents.logs().items():
        here, then = content_of(place), content_of(made.path / name)
        if not (here.startswith(then) or then.startswith(here)):
            raise Unusable(
                f"{place} is the log of another site, or was changed: it does not begin as that of the backup. Move it away first."
            )


def put_logs(made: Made) -> list[str]:
    """A log that reaches as far as the backup's, or further, is left alone. Returns the places of those that were put back. Failed."""
    back = []
    for name, place in contents.logs().items():
        then = content_of(made.path / name)
        if len(content_of(place)) >= len(then):
            continue
        copy = place.with_name(f".{place.name}{ON_THE_WAY}")
        try:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copyfile(made.path / name, copy)
            copy.chmod(FOR_THE_SITE_ALONE)
            with copy.open("rb") as file:
                os.fsync(file.fileno())
            copy.rename(place)
            sync(place.parent)
        except OSError as error:
            raise Failed(
                f"{place} cannot be written: {error.strerror}. Copy it from {made.path / name} by hand before the site starts."
            ) from error
        back.append(str(place))
    return back


def content_of(path: Path) -> bytes:
    """b"" for one that is not there. Unusable if it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}. Mend that first.") from error

"""Whether a backup is whole: every checksum, and the dump as its own database's program reads it."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from operations.backup.databases import database_of_the_site, dump_file_of
from operations.backup.made import SUMS, Made, manifest_of, megabytes, newest
from operations.backup.problems import Tell, Unusable
from operations.backup.writing import Sums, digest_of, sums_in

NAMED = 5


def chosen(path: Path, newest_too: bool) -> Made:
    """The backup at the path, or, with `newest_too`, the newest in that folder. Unusable."""
    made = newest(path)
    if made and newest_too:
        return made
    if made:
        raise Unusable(f"{path} is the folder of backups: name one of them, such as {made.path}, the newest.")
    return Made(path.absolute(), manifest_of(path))


def demand_whole(made: Made, tell: Tell) -> Sums:
    """Reads all of it, and gives the checksums by name. Unusable names what is wrong; nothing is changed by looking."""
    sums = sums_in(made.path)
    if hashlib.sha256((made.path / SUMS).read_bytes()).hexdigest() != made.manifest.sums:
        raise Unusable(f"{made.path} is damaged: {SUMS} is not the list that was written. Use another backup.")
    demand_own_names(made, sums)
    read = 0

    def note(size: int) -> None:
        nonlocal read
        read += size
        tell(f"checking: {megabytes(read)} of {megabytes(made.bytes)}")

    folder = made.path.resolve()
    wrong = [name for name, digest in sums.items() if not is_right(folder / name, digest, note)]
    if wrong:
        named = ", ".join(wrong[:NAMED]) + (", …" if len(wrong) > NAMED else "")
        raise Unusable(
            f"{made.path} is damaged: {len(wrong):,} of {len(sums):,} files are missing or not as written: {named}. Use another backup."
        )
    demand_readable(made)
    return sums


def is_right(path: Path, digest: str, note: Callable[[int], None]) -> bool:
    """A file of this content at this very place: a link, be it only of a folder above, may lead to any file of the machine."""
    try:
        return os.path.realpath(path) == str(path) and digest_of(path, note) == digest
    except OSError:
        return False


def demand_own_names(made: Made, sums: Sums) -> None:
    """A name that leads out of the backup was not written by the site: nor one with `//`, behind which a path begins anew."""
    if strange := [name for name in sums if "\0" in name or not {"", ".", ".."}.isdisjoint(name.split("/"))]:
        raise Unusable(f"{made.path} names a file outside of itself ({strange[0]}): it was not made by the site.")
    if dump_file_of(made.manifest.engine) not in sums:
        raise Unusable(f"{made.path} has no dump of the database.")


def demand_readable(made: Made) -> None:
    """The dump's own program looks at it, if this site has the same kind of database."""
    database = database_of_the_site()
    if database.engine == made.manifest.engine:
        database.demand_whole(made.path / database.file)

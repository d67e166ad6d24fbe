"""Reading a Maildir: whatever lies in new/ is taken in, and is then no longer there.

A mail that is taken is removed, for the file may hold card data, which this site never keeps (promise G5). Whoever wants it in cur/, as
mail readers do, says so. Two readers at once do no harm: the same mail counts once.
"""

import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.db import InterfaceError, OperationalError

from mailroom.incoming import take_in
from mailroom.opening import MOST_BYTES

log = logging.getLogger(__name__)


def mails_in(folder: Path) -> Iterator[Path]:
    """The files of mails that wait."""
    return (path for path in sorted((folder / "new").iterdir()) if path.is_file() and not path.is_symlink())


def read_all(folder: Path, keep: bool = False) -> int:
    """Take in every mail of the Maildir; returns how many. If the database is away that ends it, with its own error, and leaves the rest where it is."""
    taken = 0
    for path in mails_in(folder):
        try:
            with path.open("rb") as file:
                raw = file.read(MOST_BYTES + 1)
        except OSError as error:
            log.warning("A mail in the Maildir cannot be read: %s", type(error).__name__)
            continue
        if took(raw):
            put_away(path, folder, keep)
            taken += 1
    return taken


def took(raw: bytes) -> bool:
    """Whether the mail is kept now; one that cannot be stays in new/, and does not hold up the others, unless the database is away."""
    try:
        take_in(raw)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.error("A mail in the Maildir could not be kept (%s); it stays there.", type(error).__name__)
        return False
    return True


def put_away(path: Path, folder: Path, keep: bool) -> None:
    with suppress(FileNotFoundError):
        if keep:
            path.rename(folder / "cur" / f"{path.name.partition(':')[0]}:2,S")
        else:
            path.unlink()

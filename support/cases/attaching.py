"""Files that come with what somebody writes: bounded, and sealed before anything else is done with them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from support.models import Case, CaseFile, CaseMessage, FileKind
from support.vault import files, uploads

MOST_FILES, LARGEST = uploads.MOST_FILES, uploads.LARGEST
LONGEST_NAME = 200


class CannotAttach(Exception):
    """The files cannot be taken; the message says why, and what to do."""


@dataclass(frozen=True)
class Incoming:
    """A file that somebody sends: its bytes can be read once."""

    name: str
    size: int
    pieces: Iterable[bytes]


@dataclass(frozen=True)
class Adopted:
    """A file that was sealed before there was a case: its name in the vault, the key it lies under, what the sender calls it, its size and SHA-256."""

    key_name: str
    stored_as: str
    name: str
    size: int
    sha256: str
    kind: FileKind


def demand_bounds(incoming: Sequence[Incoming]) -> None:
    """Raise CannotAttach if there are too many, or one is too large."""
    if len(incoming) > MOST_FILES:
        raise CannotAttach(uploads.too_many())
    for file in incoming:
        if file.size > LARGEST:
            raise CannotAttach(uploads.too_large(safe_name(file.name)))


def attach(message: CaseMessage, incoming: Sequence[Incoming]) -> list[CaseFile]:
    """Keep the files in the vault, in the transaction of their message. CannotAttach; what was written is taken away if the transaction fails."""
    demand_bounds(incoming)
    kept: list[CaseFile] = []
    try:
        if incoming and not files.has_room(sum(file.size for file in incoming)):
            raise CannotAttach(uploads.no_room())
        for file in incoming:
            kept.append(keep(message.case, message, file))
    except OSError as error:
        discard(kept)
        raise CannotAttach(uploads.no_room()) from error
    except BaseException:
        discard(kept)
        raise
    return kept


def keep(case: Case, message: CaseMessage | None, file: Incoming, kind: FileKind = FileKind.ATTACHMENT) -> CaseFile:
    """One file: its bytes first, and then the row. OSError if they cannot be kept; nothing is half kept then."""
    row = CaseFile(case=case, message=message, kind=kind)
    row.seal_name(safe_name(file.name))
    written = files.append(case.key_name, row.stored_as, file.pieces)
    row.size, row.sha256 = written.size, written.sha256
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except BaseException:
        files.destroy(case.key_name, row.stored_as)
        raise
    return row


def adopt(message: CaseMessage, file: Adopted) -> CaseFile:
    """The row of a file that lies there already, under the key of the message's case."""
    row = CaseFile(case=message.case, message=message, kind=file.kind, stored_as=file.stored_as, size=file.size, sha256=file.sha256)
    row.seal_name(safe_name(file.name))
    row.save(force_insert=True)
    return row


def discard(kept: Iterable[CaseFile]) -> None:
    for row in kept:
        files.destroy(row.case.key_name, row.stored_as)


def safe_name(name: str) -> str:
    """The last part of whatever path was named, in one line; never empty, and none that a system takes for something else."""
    last = " ".join("".join(filter(str.isprintable, name.replace("\\", "/").rpartition("/")[2])).split()).strip(". ")
    return last[-LONGEST_NAME:] or str(_("file"))

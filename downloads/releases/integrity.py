"""Whether release files are what was released: row against storage, and storage against rows. It only looks.

It never holds more than a piece of a file in memory, and of the rows no more than the names of the files.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import Storage

from downloads.models import ReleaseFile
from infacta.log_lines import visible

PIECE = 1024 * 1024
UNDER_WAY = timedelta(hours=1)  # an upload is in the storage before its row is committed
Read = Callable[[int], None]  # is told of each piece how many bytes were read


class Fault(StrEnum):
    MISSING = "missing"
    UNREADABLE = "unreadable"
    CORRUPTED = "corrupted"
    FORGED = "bad signature"
    UNSIGNED = "not signed"
    ORPHANED = "orphaned"


@dataclass(frozen=True)
class Finding:
    """What is wrong with a file; `name` is its name in the storage."""

    fault: Fault
    name: str
    why: str

    def __str__(self) -> str:
        """One line, whatever characters the names hold."""
        return visible(f"{self.fault}: {self.name}: {self.why}")


def reason_not_to_sign(file: ReleaseFile, read: Read) -> Finding | None:
    """A file is signed only as it was uploaded. Over an earlier signature that does not fit, a new one would hide what somebody did to the row."""
    if not file.has_a_files_name:
        return Finding(Fault.FORGED, file.stored_as, f"{file.release}, {file}: no upload has such a name")
    return content_fault(file, read) or (signature_fault(file) if file.signed_by else None)


def content_fault(file: ReleaseFile, read: Read) -> Finding | None:
    """What is wrong with the bytes in the storage; None if size and SHA-256 are those of the upload. Another size needs no reading."""
    storage = file.file.storage
    with as_findings(file) as faults:
        size = storage.size(file.stored_as)
        if size != file.size:
            return Finding(Fault.CORRUPTED, file.stored_as, f"{size:,} bytes instead of {file.size:,}")
        digest = digest_of(storage, file.stored_as, read)
        if digest != file.sha256:
            return Finding(Fault.CORRUPTED, file.stored_as, f"SHA-256 {digest} instead of {file.sha256}")
    return faults[0] if faults else None


@contextmanager
def as_findings(file: ReleaseFile) -> Iterator[list[Finding]]:
    """What goes wrong while the file is read, as a finding in the list; nothing for a file that was deleted meanwhile: its row goes first."""
    faults: list[Finding] = []
    try:
        yield faults
    except FileNotFoundError:
        if ReleaseFile.objects.filter(pk=file.pk).exists():
            faults.append(Finding(Fault.MISSING, file.stored_as, f"{file.release}, {file}"))
    except OSError as error:
        faults.append(Finding(Fault.UNREADABLE, file.stored_as, error.strerror or str(error)))
    except ValueError as error:  # a NUL in the name
        faults.append(Finding(Fault.UNREADABLE, file.stored_as, str(error)))
    except SuspiciousOperation:
        faults.append(Finding(Fault.UNREADABLE, file.stored_as, "this name leads out of the storage"))


def digest_of(storage: Storage, name: str, read: Read) -> str:
    digest = hashlib.sha256()
    with storage.open(name) as source:
        while piece := source.read(PIECE):
            digest.update(piece)
            read(len(piece))
    return digest.hexdigest()


def signature_fault(file: ReleaseFile) -> Finding | None:
    """What is wrong with the signature; None if it fits the digest and the name that the row holds."""
    if not file.signed_by:
        return Finding(Fault.UNSIGNED, file.stored_as, f"{file.release}, {file}: manage.py sign_files signs it")
    if file.is_signed_well():
        return None
    return Finding(Fault.FORGED, file.stored_as, f"{file.release}, {file}: not what the key {file.signed_by_id} signed")


def orphans(storage: Storage, now: datetime) -> Iterator[Finding]:
    """Files in the storage that no row names, but for those so new that their upload may be under way."""
    named = set(ReleaseFile.objects.values_list("file", flat=True).iterator())
    try:
        for name in sorted_names(storage, ""):
            if name not in named and (written_at := last_written(storage, name)) and written_at < now - UNDER_WAY:
                yield Finding(Fault.ORPHANED, name, f"no row names it; it was written on {written_at:%Y-%m-%d}")
    except OSError as error:
        yield Finding(Fault.UNREADABLE, str(error.filename), f"{error.strerror}; what no row names was not looked for any further")


def last_written(storage: Storage, name: str) -> datetime | None:
    """When the file was last written; None if it was deleted since it was listed."""
    try:
        return storage.get_modified_time(name)
    except FileNotFoundError:
        return None


def sorted_names(storage: Storage, folder: str) -> Iterator[str]:
    """Every file in this folder of the storage, and in the folders in it."""
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}{name}" for name in sorted(names))
    for inner in sorted(folders):
        yield from sorted_names(storage, f"{folder}{inner}/")

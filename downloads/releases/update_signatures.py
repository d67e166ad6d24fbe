"""Sparkle's edSignature: Ed25519 over the bytes of a file, by a key of its own (docs/decisions/signatures.md says why, and what it costs).

A worker makes it, because it takes seconds for a large file. What it finds to do are the rows that lack one, so it may run twice at a time, late
or never: until then appcasts leave the file out.
"""

import logging
import mmap
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from typing import IO

from django.conf import settings

from accounts.limits import UPDATE_SIGNING
from accounts.models import Throttle
from downloads.models import ReleaseFile
from downloads.releases.integrity import PIECE, Fault, Finding, Read, as_findings, signature_fault
from downloads.signing import UPDATES, BadKey, SigningKey, present_key

AT_ONCE = timedelta(seconds=10)  # other sweeps wait for this one where one process runs them all
log = logging.getLogger(__name__)


def sign_due_files() -> int:
    """Sign files that no key for updates has signed yet, the latest first, for some seconds; returns how many were signed."""
    due = ReleaseFile.objects.not_signed_for_updates().select_related("release__product", "signed_by").order_by("-pk")
    began, signed = time.monotonic(), 0
    for file in due.iterator(chunk_size=100):
        if time.monotonic() - began > AT_ONCE.total_seconds():
            break
        if Throttle.objects.admit(UPDATE_SIGNING, str(file.pk)):
            signed += is_signed_now(file)
    return signed


def is_signed_now(file: ReleaseFile) -> bool:
    try:
        fault = sign_for_updates(file, present_key(UPDATES), read=lambda count: None)
    except BadKey as error:
        log.error("%s is not signed for updaters: %s", file.stored_as, error)
        return False
    if fault:
        log.error("A release file is not signed for updaters: %s", fault)
    return fault is None


def sign_for_updates(file: ReleaseFile, key: SigningKey, read: Read) -> Finding | None:
    """Sign the bytes, if they are what was uploaded: digest and first signature fit. Otherwise, and if the file is gone, says why not."""
    if fault := signature_fault(file):
        return fault
    with as_findings(file) as faults, mapped(file) as content:
        read(len(content))
        digest = sha256(content).hexdigest()
        if digest != file.sha256:
            return Finding(Fault.CORRUPTED, file.stored_as, f"SHA-256 {digest} instead of {file.sha256}")
        file.sign_for_updates(key.signature_over(content), key)
    return faults[0] if faults else None


def update_fault(file: ReleaseFile) -> Finding | None:
    """What is wrong with the signature for updaters of a file whose bytes were found good; None if it fits them, or if there is none yet."""
    if not file.update_signed_by:
        return None
    with as_findings(file) as faults, mapped(file) as content:
        if not file.update_signed_by.verifies_bytes(file.update_signature, content):
            return Finding(Fault.FORGED, file.stored_as, f"{file.release}, {file}: for updaters; not what {file.update_signed_by} signed")
    return faults[0] if faults else None


@contextmanager
def mapped(file: ReleaseFile) -> Iterator[mmap.mmap | bytes]:
    """The file's bytes without reading them into memory: the kernel may take its pages back. From elsewhere than a disk a copy comes first."""
    with on_disk(file) as source:
        if not file.size:  # nothing can be mapped of an empty file
            yield b""
            return
        with mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as content:
            yield content


@contextmanager
def on_disk(file: ReleaseFile) -> Iterator[IO[bytes]]:
    storage = file.file.storage
    try:
        path = storage.path(file.stored_as)
    except NotImplementedError:
        with storage.open(file.stored_as) as remote, tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as copy:
            shutil.copyfileobj(remote, copy, PIECE)
            copy.flush()
            yield copy
        return
    with open(path, "rb") as local:
        yield local

"""One backup at a time in a folder, and none while one of them is read."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from operations.backup.problems import Failed

LOCK = ".lock"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """For whoever writes or removes backups. Failed if somebody else does, or reads one; the kernel lets go when the process ends, however it ends."""
    with os.fdopen(os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Failed(f"Another backup is being made in {folder}, or one is being read: try again when that is done.") from error
        yield


@contextmanager
def kept(folder: Path) -> Iterator[None]:
    """For whoever reads a backup: nobody removes it meanwhile. A copy on a medium that cannot be written is read without a lock."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDONLY)
    except OSError:
        yield
        return
    with os.fdopen(descriptor) as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield

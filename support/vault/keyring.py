"""The keys of cases: a small file each, in a folder of their own that no backup of the database or of the files holds.

Destroying one destroys at once whatever was sealed under it, in backups too.
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NAME = re.compile(r"[0-9a-f]{32}")
BYTES = 32


class KeyGone(Exception):
    """The case's key is destroyed: what was sealed under it is nothing any more."""


def create(name: str) -> bytes:
    """Make the key of this name: 32 hexadecimal digits. It is on the disk when this returns.

    FileExistsError if there is one; another OSError if it cannot be kept, such as on a full disk: nothing of it is left then.
    """
    return create_at(path_of(name))


def create_at(path: Path) -> bytes:
    """The same for whoever keeps keys in a folder of their own (rights/report/safe.py), as are the functions at a path below."""
    key = os.urandom(BYTES)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(descriptor)
        sync(path.parent)
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
    return key


def key_of(name: str) -> bytes:
    """The key; KeyGone if it is destroyed. It is read each time, for a copy in memory would outlive it."""
    return key_at(path_of(name))


def key_at(path: Path) -> bytes:
    try:
        key = path.read_bytes()
    except FileNotFoundError as error:
        raise KeyGone(path.name) from error
    if len(key) != BYTES:
        raise KeyGone(path.name)
    return key


def derived(name: str, use: str) -> bytes:
    """32 bytes for another use than sealing, such as the link to a case: they die with the key."""
    return HKDF(SHA256(), BYTES, salt=None, info=f"infacta.support.{use}".encode()).derive(key_of(name))


def destroy(name: str) -> None:
    """Overwrite the key and remove it; nothing if it is gone. OSError if it cannot be: whoever calls looks whether it `exists`.

    What lies in its place and is no file, such as a link or a pipe, is removed and neither followed nor waited for.
    """
    destroy_at(path_of(name))


def destroy_at(path: Path) -> None:
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(path.lstat().st_mode):
            path.unlink()
            return
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            os.write(descriptor, os.urandom(BYTES))
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        path.unlink()


def exists(name: str) -> bool:
    """Whether anything lies where the key would."""
    return os.path.lexists(path_of(name))


def names() -> Iterator[str]:
    """The names of all keys that there are, in no order."""
    for folder in folders():
        for entry in os.scandir(folder):
            if NAME.fullmatch(entry.name):
                yield entry.name


def folders() -> Iterator[Path]:
    if settings.CASE_KEYS_DIR.is_dir():
        yield from (path for path in settings.CASE_KEYS_DIR.iterdir() if path.is_dir())


def path_of(name: str) -> Path:
    """Two digits make a folder, so that none grows without bounds. ValueError for what is no name of a key."""
    if not NAME.fullmatch(name):
        raise ValueError("no name of a key")
    return Path(settings.CASE_KEYS_DIR) / name[:2] / name


def sync(folder: Path) -> None:
    """What was made or removed in this folder is on the disk when this returns."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Files of a case, sealed under its key as a stream: memory does not grow with them, and they can be written on after an interruption.

A file is a row of records: a random nonce, the length of what follows, and up to PIECE bytes sealed with AES-256-GCM, bound to the file's name
and to where in it they stand. So no record can be moved, left out in the middle or taken from another file; what is cut off at the end shows by
the size and digest that the file's row keeps. A nonce is never used twice, even if a record is cut off and written again.
"""

import hashlib
import os
import shutil
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from support.vault.keyring import NAME, key_of, sync

PIECE = 256 * 1024
ROOM_LEFT = 256 * 1024 * 1024
"""So much of the disk is left to everything else: to keys, and to the words of others."""
NONCE, LENGTH, TAG = 12, struct.Struct(">I"), 16
HEAD = NONCE + LENGTH.size


class Damaged(Exception):
    """The file is not what was written."""


class Written(NamedTuple):
    """How much is in the file now: bytes that were given, and bytes on the disk. `sha256` is of what this call wrote, "" if that was not wanted."""

    size: int
    stored: int
    sha256: str


def append(key_name: str, name: str, pieces: Iterable[bytes], size: int = 0, stored: int = 0, *, digest: bool = True) -> Written:
    """Write on behind the first `size` bytes, which take `stored` on the disk; what an interrupted call left behind them is cut off first.

    All of it is on the disk when this returns. OSError, such as for a full disk, or what `pieces` raises: the file is then as before, or gone
    if there was none.
    """
    return append_at(path_of(key_name, name), key_of(key_name), pieces, size, stored, digest=digest)


def append_at(path: Path, key: bytes, pieces: Iterable[bytes], size: int = 0, stored: int = 0, *, digest: bool = True) -> Written:
    """The same for whoever keeps files in a folder of their own (rights/report/safe.py)."""
    cipher, name, sha256, before = AESGCM(key), path.name, hashlib.sha256(), stored
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        file.truncate(stored)
        file.seek(stored)
        try:
            for piece in even(pieces):
                nonce = os.urandom(NONCE)
                record = cipher.encrypt(nonce, piece, bound_to(name, size))
                file.write(nonce + LENGTH.pack(len(record)) + record)
                if digest:
                    sha256.update(piece)
                size, stored = size + len(piece), stored + HEAD + len(record)
            file.flush()
            os.fsync(file.fileno())
            if not before:  # the name of a file that was there is on the disk already
                sync(path.parent)
        except Exception:
            give_up(path, file.fileno(), before)
            raise
    return Written(size, stored, sha256.hexdigest() if digest else "")


def give_up(path: Path, descriptor: int, stored: int) -> None:
    """Nothing half kept: what this call began is taken away."""
    with suppress(OSError):
        if stored:
            os.ftruncate(descriptor, stored)
        else:
            path.unlink()


def even(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of PIECE, but for the last."""
    kept = bytearray()
    for piece in pieces:
        if len(piece) == PIECE and not kept:
            yield piece
            continue
        kept += piece
        while len(kept) >= PIECE:
            yield bytes(kept[:PIECE])
            del kept[:PIECE]
    if kept:
        yield bytes(kept)


def content(key_name: str, name: str) -> Iterator[bytes]:
    """What was written, a record at a time. KeyGone; FileNotFoundError; Damaged."""
    cipher, at = AESGCM(key_of(key_name)), 0
    with path_of(key_name, name).open("rb") as file:
        while head := file.read(HEAD):
            piece = opened(cipher, head, file.read(length_in(head)), bound_to(name, at))
            at += len(piece)
            yield piece


def length_in(head: bytes) -> int:
    if len(head) < HEAD:
        raise Damaged("a record breaks off")
    length: int = LENGTH.unpack(head[NONCE:])[0]
    if not TAG <= length <= PIECE + TAG:
        raise Damaged("a record of no possible length")
    return length


def opened(cipher: AESGCM, head: bytes, record: bytes, bound: bytes) -> bytes:
    try:
        return cipher.decrypt(head[:NONCE], record, bound)
    except InvalidTag as error:
        raise Damaged("a record is not what was written") from error


def has_room(size: int) -> bool:
    """Whether so many bytes can be kept, and the rest of the site goes on. OSError."""
    folder = Path(settings.CASE_FILES_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return shutil.disk_usage(folder).free >= size + ROOM_LEFT


def destroy(key_name: str, name: str) -> None:
    """Remove the file; nothing if it is gone. OSError if it cannot be: whoever calls looks whether it `exists`."""
    with suppress(FileNotFoundError):
        path_of(key_name, name).unlink()


def exists(key_name: str, name: str) -> bool:
    """Whether anything lies where the file would."""
    return os.path.lexists(path_of(key_name, name))


def destroy_folder(key_name: str) -> None:
    """Remove all files that lie there for a case, whatever they are called, and the folder. Nothing if it is gone; OSError if it cannot be.

    A link in its place is removed, and what it leads to is left alone.
    """
    folder = folder_of(key_name)
    with suppress(FileNotFoundError):
        if folder.is_symlink():
            folder.unlink()
            return
        for entry in list(os.scandir(folder)):
            os.unlink(entry)
        folder.rmdir()


def folder_exists(key_name: str) -> bool:
    return os.path.lexists(folder_of(key_name))


def folders() -> Iterator[str]:
    """The names of all folders that there are, in no order: a folder a case, by the name of its key."""
    root = Path(settings.CASE_FILES_DIR)
    for first in root.iterdir() if root.is_dir() else ():
        if first.is_dir():
            yield from (entry.name for entry in os.scandir(first) if NAME.fullmatch(entry.name))


def names(key_name: str) -> list[str]:
    """The files that lie there for a case."""
    folder = folder_of(key_name)
    return sorted(entry.name for entry in os.scandir(folder)) if folder.is_dir() else []


def path_of(key_name: str, name: str) -> Path:
    """ValueError for what is no name: 32 hexadecimal digits, as the key's."""
    if not NAME.fullmatch(name):
        raise ValueError("no name of a file")
    return folder_of(key_name) / name


def folder_of(key_name: str) -> Path:
    if not NAME.fullmatch(key_name):
        raise ValueError("no name of a key")
    return Path(settings.CASE_FILES_DIR) / key_name[:2] / key_name


def bound_to(name: str, at: int) -> bytes:
    return f"infacta.support.file:{name}:{at}".encode()

"""A sealed file that can be read from anywhere in it, as `zipfile` wants it: only the record that is being read is open in memory."""

import io
from bisect import bisect_right
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from support.vault.files import HEAD, TAG, Damaged, bound_to, length_in, opened, path_of
from support.vault.keyring import key_of


class SealedReader(io.RawIOBase):
    """What was written at a path, readable and seekable. FileNotFoundError when it is made; Damaged also while it is read."""

    def __init__(self, path: Path, key: bytes) -> None:
        super().__init__()
        self.cipher, self.name = AESGCM(key), path.name
        self.file: BinaryIO = path.open("rb")
        self.begins, self.places, self.size = index_of(self.file)
        self.at, self.number, self.piece = 0, -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("before the beginning")
        self.at = base + offset
        return self.at

    def tell(self) -> int:
        return self.at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """At most the rest of one record."""
        if self.at >= self.size:
            return 0
        number = bisect_right(self.begins, self.at) - 1
        if number != self.number:
            self.piece, self.number = self.record(number), number
        start = self.at - self.begins[number]
        part = self.piece[start : start + len(buffer)]
        buffer[: len(part)] = part
        self.at += len(part)
        return len(part)

    def record(self, number: int) -> bytes:
        self.file.seek(self.places[number])
        head = self.file.read(HEAD)
        return opened(self.cipher, head, self.file.read(length_in(head)), bound_to(self.name, self.begins[number]))

    def close(self) -> None:
        if hasattr(self, "file"):
            self.file.close()
        super().close()


class Reader(SealedReader):
    """A file of a case. KeyGone too."""

    def __init__(self, key_name: str, name: str) -> None:
        super().__init__(path_of(key_name, name), key_of(key_name))


def index_of(file: BinaryIO) -> tuple[list[int], list[int], int]:
    """Where each record begins in what was written, where it lies in the file, and how much was written. Damaged."""
    begins, places, at, place = [], [], 0, 0
    size = file.seek(0, io.SEEK_END)
    while place < size:
        file.seek(place)
        length = length_in(file.read(HEAD))
        if place + HEAD + length > size:
            raise Damaged("a record breaks off")
        begins.append(at)
        places.append(place)
        at, place = at + length - TAG, place + HEAD + length
    return begins, places, at

"""The ZIP of a report, made as a row of pieces: it can be written without ever going back, and no more than a piece of it is in memory."""

import hashlib
import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from support.vault.files import PIECE


class Part(NamedTuple):
    """One file of the ZIP; `problem` says what is wrong with it, "" if nothing is."""

    name: str
    size: int
    sha256: str
    problem: str = ""


class Sink:
    """What a ZIP is written to: it keeps what comes until it is taken. It has no `tell`, so the ZIP never tries to go back."""

    def __init__(self) -> None:
        self.kept = bytearray()

    def write(self, piece: bytes) -> int:
        self.kept += piece
        return len(piece)

    def flush(self) -> None:
        pass

    def taken(self, least: int = PIECE) -> Iterator[bytes]:
        """What has come, if it is worth a piece."""
        if self.kept and len(self.kept) >= least:
            piece, self.kept = bytes(self.kept), bytearray()
            yield piece


class Archive:
    """`add` writes a file and yields what is ready; `parts` says what was written, for the manifest."""

    def __init__(self) -> None:
        self.sink = Sink()
        self.zip = ZipFile(self.sink, "w", ZIP_DEFLATED, compresslevel=6)  # type: ignore[call-overload]
        self.parts: list[Part] = []

    def add(self, name: str, pieces: Iterable[bytes], unreadable: tuple[type[Exception], ...] = ()) -> Iterator[bytes]:
        """A file that breaks off is kept as far as it came, and its part says so."""
        sha256, size, problem = hashlib.sha256(), 0, ""
        told = ZipInfo(name, time.gmtime()[:6])
        told.compress_type, told.external_attr = ZIP_DEFLATED, 0o600 << 16
        with self.zip.open(told, "w", force_zip64=True) as file:
            try:
                for piece in pieces:
                    sha256.update(piece)
                    size += len(piece)
                    file.write(piece)
                    yield from self.sink.taken()
            except unreadable as error:
                problem = type(error).__name__
        self.parts.append(Part(name, size, sha256.hexdigest(), problem))
        yield from self.sink.taken()

    def end(self) -> Iterator[bytes]:
        self.zip.close()
        yield from self.sink.taken(1)

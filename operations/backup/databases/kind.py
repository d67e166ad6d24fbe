"""What the two databases have in common."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

Query = Callable[[str], Sequence[Sequence[Any]]]
Table = str


class Dump(NamedTuple):
    """A dump that is about to be read: its bytes, and a way to ask the very state that it holds."""

    pieces: Iterable[bytes]
    query: Query


class Database(Protocol):
    """The site's database. `engine` is Django's word for it, `file` the name of its dump in a backup. Each method may raise Failed, with a sentence."""

    engine: str
    file: str

    def demand_programs(self) -> None:
        """Failed if a program that this needs is not there, or too old."""

    def name(self) -> str:
        """As an operator types it to confirm."""

    def server(self) -> str:
        """The server's version."""

    def size(self) -> int:
        """Bytes on the disk: more than a dump takes."""

    def dumping(self, scratch: Path) -> AbstractContextManager[Dump]:
        """A dump of one moment, while the site goes on; `scratch` is a folder for whatever it needs beside."""

    def tables(self, query: Query) -> list[Table]:
        """All tables of the site that the query sees."""

    def demand_whole(self, dump: Path) -> None:
        """Unusable if the database's own program cannot read the dump."""

    def query(self, sql: str) -> Sequence[Sequence[Any]]:
        """Ask the site's database."""

    def others(self) -> list[str]:
        """Who is connected besides this process."""

    def restore(self, dump: Path) -> None:
        """All that is in the database is replaced by the dump, in one transaction: Failed leaves it as it was."""


def in_pieces(path: Path, size: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(size):
            yield piece

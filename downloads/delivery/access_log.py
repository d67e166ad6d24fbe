"""Reading nginx's log of release files (deploy/nginx/infacta.conf has its format): how much of each download was really sent.

A log is read from where it was left, in pieces of whole lines. Each piece is committed together with the position behind it, so that a
log can be read while it grows, after it was rotated and renamed, by two at once, or again, and counts once.
"""

import gzip
import re
import sys
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import BinaryIO

from downloads.models.access_log import Sent

PIECE = 4 * 1024 * 1024  # bytes; at most some 40,000 lines, each perhaps of a download of its own
GZIP = b"\x1f\x8b"

# $msec $request_id $upstream_http_x_download_session $request_method $status $body_bytes_sent "$sent_http_content_range" "$request_completion"
LINE = re.compile(
    rb"^(\d{1,12}\.\d{3}) [0-9a-f]{32} (\d{1,18}|-) ([A-Z]{1,20}) (\d{3}) (\d{1,15})"
    rb' "(?:bytes (\d{1,18})-\d{1,18}/\d{1,18}|[^"\n]*)" "(OK|)"$',
    re.MULTILINE,
)
Columns = tuple[bytes, bytes, bytes, bytes, bytes, bytes, bytes]


class Unreadable(Exception):
    """The file, or the rest of it, cannot be read; the text says why."""


class NotThere(Unreadable):
    """There is no such file."""


class Piece:
    """Some whole lines of a log, and what they say."""

    def __init__(self, begin: int, lines: bytes) -> None:
        self.begin, self.end, self.lines = begin, begin + len(lines), lines
        understood: list[Columns] = LINE.findall(lines)
        self.count = lines.count(b"\n") or 1
        self.bad_count = self.count - len(understood)
        self.sent = sent_in(understood)

    def bad_lines(self) -> Iterator[str]:
        """The lines that are none of this log's."""
        if self.bad_count:
            yield from (line.decode(errors="backslashreplace") for line in self.lines.splitlines() if not LINE.fullmatch(line))


def sent_in(lines: Iterable[Columns]) -> dict[int, Sent]:
    """What the lines tell of each download. An answer without a part of the file, such as 304, is a request too, but sent nothing of it."""
    found: defaultdict[int, Sent] = defaultdict(Sent)
    for at, session, method, status, size, start, completion in lines:
        if method != b"GET" or session == b"-":
            continue
        sent = found[int(session)]
        sent.requests += 1
        sent.latest = max(sent.latest, float(at))
        if status == b"200" or (status == b"206" and start):
            sent.bytes += int(size)
            if completion:
                sent.reached = max(sent.reached, int(start or 0) + int(size))
    return dict(found)


class Log:
    """A log from its beginning on: `fingerprint` says which one it is, whatever the file is called."""

    def __init__(self, source: BinaryIO) -> None:
        self.source, self.position, self.ahead = source, 0, b""
        while b"\n" not in self.ahead and len(self.ahead) < PIECE and (more := self._read()):
            self.ahead += more

    @property
    def fingerprint(self) -> str:
        """The digest of the first line, which holds a random number of nginx's; "" while there is no whole line. Asked for before `skip_to`."""
        first, ends, _rest = self.ahead[:PIECE].partition(b"\n")
        return sha256(first).hexdigest() if ends or len(first) == PIECE else ""

    def skip_to(self, position: int) -> bool:
        """Go on from this position; False if the log is shorter than that."""
        while self.position + len(self.ahead) < position:
            self.position += len(self.ahead)
            self.ahead = self._read()
            if not self.ahead:
                return False
        self.ahead = self.ahead[position - self.position :]
        self.position = position
        return True

    def next_piece(self) -> Piece | None:
        """The next whole lines; None at the end, before which half a line may be left for the next time."""
        while not (end := self.ahead.rfind(b"\n") + 1) or len(self.ahead) < PIECE:
            if len(self.ahead) >= PIECE:  # no line of this log is so long
                end = len(self.ahead)
                break
            if not (more := self._read()):
                break
            self.ahead += more
        if not end:
            return None
        piece = Piece(self.position, self.ahead[:end])
        self.position, self.ahead = piece.end, self.ahead[end:]
        return piece

    def _read(self) -> bytes:
        try:
            return self.source.read(PIECE)
        except (OSError, EOFError, zlib.error) as error:
            raise Unreadable(str(error)) from error


@contextmanager
def opened(name: str) -> Iterator[Log]:
    """The log in a file, packed (gzip) or not, or for "-" on the standard input. Raises Unreadable."""
    try:
        file: BinaryIO = sys.stdin.buffer if name == "-" else open(name, "rb")  # noqa: SIM115
    except FileNotFoundError as error:
        raise NotThere(error.strerror or str(error)) from error
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from error
    with file:
        packed = file.peek(2)[:2] == GZIP  # type: ignore[attr-defined]
        yield Log(gzip.GzipFile(fileobj=file) if packed else file)  # type: ignore[arg-type]

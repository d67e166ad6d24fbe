"""The files of a backup while it is written: for their owner alone, with a checksum each, unchanged ones linked to the backup before."""

import hashlib
import os
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from operations.backup.made import SUMS, Made
from operations.backup.problems import Unusable

PIECE = 1024 * 1024
Sums = dict[str, str]


class Found(NamedTuple):
    """A file that is there: its name below its folder, its size and when it was changed, in nanoseconds."""

    name: str
    size: int
    changed: int


def files_in(folder: Path, below: str = "") -> Iterator[Found]:
    """Every file, in order of names; what goes meanwhile is passed over, and so are links."""
    try:
        entries = sorted(os.scandir(folder / below), key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    for entry in entries:
        name = f"{below}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from files_in(folder, f"{name}/")
        elif entry.is_file(follow_symlinks=False):
            try:
                stat = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            yield Found(name, stat.st_size, stat.st_mtime_ns)


class Writer:
    """Fills a new folder. `sums` and `parts` say what is in it; `before` is the backup whose unchanged files need no second copy."""

    def __init__(self, folder: Path, before: Made | None) -> None:
        self.folder, self.before = folder, before
        self.sums: Sums = {}
        self.parts: dict[str, dict[str, int]] = defaultdict(lambda: {"files": 0, "bytes": 0})
        self.known = sums_in(before.path) if before else {}

    def write(self, name: str, pieces: Iterable[bytes]) -> int:
        """A file of the backup with this content; returns its size. OSError."""
        digest, size = hashlib.sha256(), 0
        with os.fdopen(os.open(self.made_room_for(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for piece in pieces:
                digest.update(piece)
                size += file.write(piece)
        self.note(name, digest.hexdigest(), size)
        return size

    def copy(self, part: str, source: Path, found: Found) -> None:
        """A file of one of the site's folders. OSError; what is gone by now was destroyed or deleted, and is passed over."""
        name = f"{part}/{found.name}"
        if self.before and self.is_unchanged(name, found) and self.link(self.before.path, name):
            return self.note(name, self.known[name], found.size)
        try:
            file = (source / found.name).open("rb")
        except FileNotFoundError:
            return None
        with file:
            self.write(name, iter(lambda: file.read(PIECE), b""))
        os.utime(self.folder / name, ns=(found.changed, found.changed))
        return None

    def is_unchanged(self, name: str, found: Found) -> bool:
        """Whether the backup before has the same file, by its size and the time of its last change."""
        if self.before is None or name not in self.known:
            return False
        try:
            stat = (self.before.path / name).lstat()
        except OSError:
            return False
        return (stat.st_size, stat.st_mtime_ns) == (found.size, found.changed)

    def link(self, before: Path, name: str) -> bool:
        """Whether the file is now one and the same in both backups; not every file system can do that."""
        try:
            os.link(before / name, self.made_room_for(name))
        except OSError:
            return False
        return True

    def made_room_for(self, name: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def note(self, name: str, digest: str, size: int) -> None:
        self.sums[name] = digest
        part = self.parts[name.partition("/")[0]]
        part["files"] += 1
        part["bytes"] += size

    def write_sums(self) -> str:
        """The list of checksums, as sha256sum reads it; returns its own checksum."""
        content = b"".join(line_of(name, digest) for name, digest in sorted(self.sums.items()))
        path = self.folder / SUMS
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        return hashlib.sha256(content).hexdigest()


def line_of(name: str, digest: str) -> bytes:
    """Of a name with a line break or a backslash the line says so by a backslash, as coreutils write it."""
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return os.fsencode(f"{'' if escaped == name else chr(92)}{digest}  {escaped}\n")


def sums_in(path: Path) -> Sums:
    """The checksums that a backup lists, by name. Unusable."""
    try:
        lines = os.fsdecode((path / SUMS).read_bytes()).split("\n")[:-1]
    except OSError as error:
        raise Unusable(f"{path} is damaged: {SUMS} cannot be read ({error.strerror}).") from error
    return dict(map(listed, lines))


def listed(line: str) -> tuple[str, str]:
    digest, _, name = line.partition("  ")
    if digest.startswith("\\"):
        for written, meant in (("\\\\", "\0"), ("\\n", "\n"), ("\\r", "\r"), ("\0", "\\")):
            name = name.replace(written, meant)
    return name, digest.lstrip("\\")


def digest_of(path: Path, tell: Callable[[int], None] = lambda size: None) -> str:
    """The SHA-256 of a file. OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            tell(len(piece))
    return digest.hexdigest()


def sync_all(folder: Path) -> None:
    """All that was written there is on the disk: once for the file system, which with many small files takes a fraction of asking for each. OSError."""
    if not shutil.which("sync"):
        return os.sync()
    done = subprocess.run(["sync", "--file-system", str(folder)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    if done.returncode:
        raise OSError(f"cannot be brought to the disk: {done.stderr.strip()}")
    return None

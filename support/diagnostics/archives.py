"""Looking into a bundle without unpacking it: every byte is counted while it is read, nothing is written anywhere, nothing in it is believed.

A bundle that is no ZIP file, or a hostile one, is not lost for that: it stays the file that was sent, and staff see what is wrong with it.
"""

import hashlib
import json
import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from support.diagnostics.archive_ends import NotLookedInto, demand_plain_end
from support.diagnostics.asking import clean, validator
from support.diagnostics.limits import MEGABYTE

MOST_ENTRIES = 500
MOST_EXPANDED = 4096 * MEGABYTE
MOST_RATIO = 300
RATIO_FROM = MEGABYTE  # what is small may be as repetitive as it likes
PIECE = 64 * 1024
MANIFEST, MOST_MANIFEST = "manifest.json", MEGABYTE
DRIVE = re.compile(r"^[A-Za-z]:")
ARCHIVES = (".zip", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".jar", ".zst", ".cab", ".iso")
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError, OSError)


class Flag(TextChoices):
    NO_ZIP = "no-zip", _("this is no ZIP file, or a damaged one: it can be opened as the file that it is")
    TOO_MANY = "too-many", _("it has more than 500 entries, and was not looked into")
    BOMB = "bomb", _("it expands to far more than a log does: it was not read to its end, and cannot be opened here")
    OVERLAPS = "overlaps", _("its entries lie over each other, as in a file made to fill disks")
    NO_MANIFEST = "no-manifest", _("its manifest is missing or is none")
    MISSING = "missing", _("the manifest names it, and it is not there")
    UNNAMED = "unnamed", _("the manifest does not name it")
    CHANGED = "changed", _("it is not what the manifest says")
    UNSAFE_NAME = "unsafe-name", _("its name leads out of the folder")
    TWICE = "twice", _("another entry has this name too")
    LINK = "link", _("it is a link, and leads elsewhere")
    ENCRYPTED = "encrypted", _("it is encrypted")
    METHOD = "method", _("it is compressed in another way than the wizard does")
    NESTED = "nested", _("it is an archive itself, which was not opened")
    DAMAGED = "damaged", _("it is damaged")
    UNREAD = "unread", _("its content was not checked yet")


CLOSED = {Flag.BOMB, Flag.LINK, Flag.ENCRYPTED, Flag.METHOD, Flag.OVERLAPS}


@dataclass
class Item:
    """An entry of the archive, with what the manifest says of it. `number` is its place in the archive, None if it is only named."""

    number: int | None
    path: str
    size: int
    title: str = ""
    kind: str = ""
    edited: bool = False
    sha256: str = ""
    flags: list[Flag] = field(default_factory=list)

    @property
    def may_be_opened(self) -> bool:
        return self.number is not None and not CLOSED & set(self.flags)


@dataclass
class Contents:
    """`flags` are of the bundle as a whole; it is as the wizard made it if neither it nor an item has one other than UNREAD."""

    items: list[Item] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)

    @property
    def is_as_told(self) -> bool:
        return not self.flags and all(set(item.flags) <= {Flag.UNREAD} for item in self.items)


def inspected(file: BinaryIO, budget: int = MOST_EXPANDED) -> Contents:
    """What is in the bundle. Contents are read and compared with the manifest until `budget` bytes have come out; the others are UNREAD."""
    try:
        demand_plain_end(file, MOST_ENTRIES)
        with zipfile.ZipFile(file) as archive:
            return contents_of(archive, budget)
    except NotLookedInto:
        return Contents(flags=[Flag.TOO_MANY])
    except UNREADABLE:
        return Contents(flags=[Flag.NO_ZIP])


def contents_of(archive: zipfile.ZipFile, budget: int) -> Contents:
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:  # the end may lie about that
        raise NotLookedInto
    contents = Contents([Item(number, clean(entry.filename), entry.file_size) for number, entry in enumerate(entries)])
    names = Counter(entry.filename for entry in entries)
    for item, entry in zip(contents.items, entries, strict=True):
        item.flags += flags_of(entry, names)
    if overlap(entries):
        contents.flags.append(Flag.OVERLAPS)
        for item in contents.items:
            item.flags.append(Flag.OVERLAPS)
    elif sum(entry.file_size for entry in entries) > MOST_EXPANDED:
        contents.flags.append(Flag.BOMB)
    compare(contents, manifest_of(archive, contents))
    read_all(archive, contents, 0 if contents.flags else budget)
    contents.items = [item for item in contents.items if item.path != MANIFEST or set(item.flags) - {Flag.UNREAD}]
    return contents


def flags_of(entry: zipfile.ZipInfo, names: Counter[str]) -> Iterator[Flag]:
    """What is to be seen of an entry from outside."""
    path = entry.orig_filename.replace("\\", "/")
    if path.startswith("/") or DRIVE.match(path) or ".." in path.split("/") or "\0" in path or entry.is_dir():
        yield Flag.UNSAFE_NAME
    if names[entry.filename] > 1:
        yield Flag.TWICE
    if stat.S_ISLNK(entry.external_attr >> 16):
        yield Flag.LINK
    if entry.flag_bits & 0x1:
        yield Flag.ENCRYPTED
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        yield Flag.METHOD
    if path.lower().endswith(ARCHIVES):
        yield Flag.NESTED
    if entry.file_size > RATIO_FROM and entry.file_size > MOST_RATIO * max(1, entry.compress_size):
        yield Flag.BOMB


def overlap(entries: list[zipfile.ZipInfo]) -> bool:
    """Whether two entries share bytes: a bundle of some kilobytes could hold terabytes in that way."""
    ends = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < ends:
            return True
        ends = entry.header_offset + 30 + len(entry.orig_filename.encode("utf-8", "replace")) + entry.compress_size
    return False


def manifest_of(archive: zipfile.ZipFile, contents: Contents) -> dict[str, Any] | None:
    """None, and a flag, if there is none that is as the schema says."""
    held = [item for item in contents.items if item.path == MANIFEST]
    if len(held) == 1 and held[0].may_be_opened and held[0].size <= MOST_MANIFEST:
        try:
            manifest = json.loads(b"".join(pieces_of(archive, archive.infolist()[held[0].number or 0])))
            if validator("manifest").is_valid(manifest):
                return dict(clean(manifest))
        except (*UNREADABLE, RecursionError):
            held[0].flags.append(Flag.DAMAGED)
    contents.flags.append(Flag.NO_MANIFEST)
    return None


def compare(contents: Contents, manifest: dict[str, Any] | None) -> None:
    """What the manifest says of each entry, and what it names that is not there."""
    if manifest is None:
        return
    named = {told["path"]: told for told in manifest["items"]}
    for item in contents.items:
        told = named.pop(item.path, None)
        if told:
            describe(item, told)
            item.flags += [Flag.CHANGED] if told["size"] != item.size else []
        elif item.path != MANIFEST:
            item.flags.append(Flag.UNNAMED)
    for told in named.values():
        missing = Item(None, told["path"], int(told["size"]), flags=[Flag.MISSING])
        describe(missing, told)
        contents.items.append(missing)


def describe(item: Item, told: dict[str, Any]) -> None:
    item.title, item.kind = told.get("title", ""), told["kind"]
    item.edited, item.sha256 = bool(told.get("edited")), told["sha256"]


def read_all(archive: zipfile.ZipFile, contents: Contents, budget: int) -> None:
    for item in contents.items:
        if item.number is None or not item.may_be_opened:
            continue
        if item.size > budget:
            item.flags.append(Flag.UNREAD)
            continue
        budget -= item.size
        look_at(archive.infolist()[item.number], archive, item)


def look_at(entry: zipfile.ZipInfo, archive: zipfile.ZipFile, item: Item) -> None:
    """Read it once: is it whole, is it what the manifest says, is it an archive?"""
    digest, first = hashlib.sha256(), b""
    try:
        for piece in pieces_of(archive, entry):
            first = first or piece[:4]
            digest.update(piece)
    except UNREADABLE:
        item.flags.append(Flag.DAMAGED)
        return
    if item.sha256 and digest.hexdigest() != item.sha256 and Flag.CHANGED not in item.flags:
        item.flags.append(Flag.CHANGED)
    if first == b"PK\3\4" and Flag.NESTED not in item.flags:
        item.flags.append(Flag.NESTED)


def pieces_of(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Never more than the entry says that it has: `zipfile` stops there. BadZipFile if it is something else."""
    with archive.open(entry) as content:
        while piece := content.read(PIECE):
            yield piece


class NotToBeOpened(Exception):
    """There is no such item, or it is one that is not opened here."""


def opened(file: BinaryIO, number: int) -> tuple[Item, Iterator[bytes]]:
    """One item, and its bytes as they are read. NotToBeOpened; while it is read also what `zipfile` raises for what is damaged."""
    contents = inspected(file, budget=0)
    item = next((item for item in contents.items if item.number == number), None)
    if item is None or not item.may_be_opened or Flag.BOMB in contents.flags:
        raise NotToBeOpened
    return item, read_to_the_end(file, number)


def read_to_the_end(file: BinaryIO, number: int) -> Iterator[bytes]:
    with file, zipfile.ZipFile(file) as archive:
        yield from pieces_of(archive, archive.infolist()[number])

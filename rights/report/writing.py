"""Writing a report: the book, the data and the files, kind by kind, from one reading of the rows.

The rows of a kind go into pages of the book, and at the same time into the data, which waits in a sealed file without a name until its turn comes
(support/vault/uploads.py): a ZIP takes one file after the other.
"""

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language

from privacy.registry import Enclosure
from rights.models import SubjectRequest
from rights.report.archive import Archive, Part
from rights.report.collecting import UNREADABLE, Chapter, Entry, chapters_of
from rights.report.facts import FORMAT, VERSION, about, left_out, site
from rights.report.values import as_data, data_of, html_of
from support.vault.files import PIECE
from support.vault.uploads import SealedFile

ROWS, HEAVY_ROWS = 500, 20  # rows on a page of the book; of those with files, which wait for the page's end
SCHEMA = Path(settings.BASE_DIR) / "docs" / "report.schema.json"
MARK = "<!--rows-->"
LONGEST_NAME = 160  # bytes: with its number before it, file systems take it
ACTIVE = (".html", ".htm", ".shtml", ".xhtml", ".xht", ".svg", ".svgz", ".xml", ".xsl", ".xslt", ".mhtml", ".mht", ".hta", ".js", ".mjs")
"""Endings of files in which a browser runs scripts: they get another one."""


class Spool:
    """Words that wait, sealed under a key that is in memory alone."""

    def __init__(self) -> None:
        self.sealed, self.kept = SealedFile(), bytearray()

    def write(self, text: str) -> None:
        """OSError, such as for a full disk."""
        self.kept += text.encode()
        if len(self.kept) >= PIECE:
            self.spill()

    def spill(self) -> None:
        if self.kept:
            self.sealed.write(bytes(self.kept))
            self.kept.clear()

    def pieces(self) -> Iterator[bytes]:
        self.spill()
        return self.sealed.pieces()


@dataclass
class Page:
    """One page of the book."""

    address: str
    number: int


@dataclass
class Writer:
    """One report under way. `beat` is called again and again with how many kinds are done; it may raise, and then nothing is left."""

    request: SubjectRequest
    beat: Callable[[int], None]
    archive: Archive = field(default_factory=Archive)
    files: list[dict[str, Any]] = field(default_factory=list)
    pages: dict[str, list[Page]] = field(default_factory=dict)
    made_at: datetime = field(default_factory=timezone.now)
    cases: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chapters = chapters_of(self.request.person)
        self.spool = Spool()

    def pieces(self) -> Iterator[bytes]:
        """The ZIP."""
        yield from self.add("style.css", render_to_string("rights/report/style.css"))
        self.spool.write(json.dumps(self.head())[:-1] + ', "records": [')
        for number, chapter in enumerate(self.chapters):
            self.beat(number)
            self.spool.write((", " if number else "") + json.dumps(about(chapter))[:-1] + ', "rows": [')
            yield from self.chapter(chapter)
            self.spool.write(f'], "count": {chapter.count}}}')
        self.spool.write(
            f'], "left_out": {json.dumps([asdict(one) for one in left_out(self.chapters)])}, "files": {json.dumps(self.files)}}}'
        )
        yield from self.archive.add("report.json", self.spool.pieces())
        yield from self.archive.add("report.schema.json", [SCHEMA.read_bytes()])
        yield from self.add("index.html", self.index())
        yield from self.manifest()
        yield from self.archive.end()

    def add(self, name: str, text: str) -> Iterator[bytes]:
        return self.archive.add(name, [in_bytes(text)])

    # A kind of record

    def chapter(self, chapter: Chapter) -> Iterator[bytes]:
        """Its pages, each with the files of its rows behind it."""
        entries = chapter.entries()
        most = HEAVY_ROWS if chapter.has_files else ROWS
        self.pages[chapter.slug] = []
        while first := next(entries, None):
            page = Page(f"pages/{chapter.slug}-{len(self.pages[chapter.slug]) + 1}.html", len(self.pages[chapter.slug]) + 1)
            self.pages[chapter.slug].append(page)
            waiting: list[tuple[str, Entry, Enclosure]] = []
            rows = chain([first], islice(entries, most - 1))
            yield from self.archive.add(page.address, self.page(chapter, page, rows, waiting))
            yield from self.enclosed(chapter, waiting)

    def page(self, chapter: Chapter, page: Page, rows: Iterable[Entry], waiting: list[tuple[str, Entry, Enclosure]]) -> Iterator[bytes]:
        context = {"chapter": chapter, "about": about(chapter), "page": page, "is_first": page.number == 1, "contents": "../index.html"}
        head, _mark, tail = self.rendered("rights/report/page.html", context).partition(MARK)
        yield head.encode()
        for entry in rows:
            files = [(name_of(chapter, entry, one, number), one.name) for number, one in enumerate(entry.enclosures, 1)]
            waiting += [(name, entry, one) for (name, _shown), one in zip(files, entry.enclosures, strict=True)]
            self.spool.write((", " if chapter.count > 1 else "") + data_of(entry, [name for name, _shown in files]))
            self.note(chapter, entry)
            yield in_bytes(html_of(entry, [(f"../{name}", shown) for name, shown in files]))
        self.beat(self.chapters.index(chapter))
        yield tail.encode()

    def note(self, chapter: Chapter, entry: Entry) -> None:
        """Remember which cases were opened: the audit log says so."""
        if chapter.declared.model == "support.Case":
            self.cases += [str(one.value) for one in entry.values if one.column.name == "reference"]

    def enclosed(self, chapter: Chapter, waiting: list[tuple[str, Entry, Enclosure]]) -> Iterator[bytes]:
        for name, entry, one in waiting:
            yield from self.archive.add(name, one.pieces(), UNREADABLE)
            part = self.archive.parts[-1]
            self.files.append({"record": chapter.declared.model, "id": as_data(entry.number), "name": one.name} | part_data(part))

    # What stands before and behind the rows

    def head(self) -> dict[str, Any]:
        asked, person = self.request, self.request.person
        return {
            "format": FORMAT,
            "version": VERSION,
            "site": site(),
            "request": {
                "number": asked.number,
                "asked_at": as_data(asked.asked_at),
                "proved_at": as_data(asked.proved_at),
                "proved_by": "log-in" if asked.user_id and not asked.email else "mailbox",
            },
            "made_at": as_data(self.made_at),
            "language": get_language(),
            "time_zone": timezone.get_current_timezone_name(),
            "person": {"account": person.account, "addresses": list(person.addresses)},
        }

    def index(self) -> str:
        kinds = [(chapter, about(chapter), self.pages[chapter.slug]) for chapter in self.chapters]
        context = {
            "kinds": kinds,
            "with_rows": [kind for kind in kinds if kind[0].count],
            "without_rows": [chapter for chapter in self.chapters if not chapter.count and chapter.can_be_found],
            "left_out": left_out(self.chapters),
            "files": self.files,
            "total": sum(chapter.count for chapter in self.chapters),
            "person": self.request.person,
            "time_zone": timezone.get_current_timezone_name(),
        }
        return self.rendered("rights/report/index.html", context)

    def rendered(self, template: str, context: dict[str, Any]) -> str:
        shared = {"request_number": self.request.number, "made_at": self.made_at, "site": site(), "language": get_language()}
        return render_to_string(template, shared | context)

    def manifest(self) -> Iterator[bytes]:
        """The SHA-256 of each part, for programs and for `sha256sum --check`."""
        parts = list(self.archive.parts)
        yield from self.add("manifest.json", json.dumps({"parts": [part_data(part) for part in parts]}, indent=1))
        yield from self.add("SHA256SUMS", "".join(f"{part.sha256}  {part.name}\n" for part in [*parts, self.archive.parts[-1]]))


def in_bytes(text: str) -> bytes:
    """What no mail and no program could write down, such as half of a pair of UTF-16, is a question mark: one such letter keeps nobody's report."""
    return text.encode(errors="replace")


def part_data(part: Part) -> dict[str, Any]:
    told: dict[str, Any] = {"path": part.name, "size": part.size, "sha256": part.sha256}
    return told | ({"problem": part.problem} if part.problem else {})


def name_of(chapter: Chapter, entry: Entry, one: Enclosure, number: int) -> str:
    """Where a file lies in the ZIP: its name is a stranger's, so nothing of it leads out of its folder, no system trips over it, and no browser runs it."""
    plain = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in unicodedata.normalize("NFC", one.name))
    short = plain.strip(".").encode()[-LONGEST_NAME:].decode(errors="ignore") or "file"
    ending = ".txt" if Path(short).suffix.lower() in ACTIVE else ""
    return f"files/{chapter.slug}/{entry.number}-{number}-{short}{ending}"

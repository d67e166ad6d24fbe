"""The files that a mail encloses, for a handler that takes them: bounded, and where they are text, without card and account numbers (promise G5)."""

import codecs
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from itertools import islice
from typing import Any

from mailroom.texts import decoded, header_text, screened
from privacy.card_data import DIGIT_RUN, clean_text

MOST_FILES = 10
LARGEST = 10 * 1024 * 1024
LONGEST_NAME = 200
BODIES = ("text/plain", "text/html")
SIGNATURES = ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")
"""Of the mail itself: no file that somebody enclosed."""
PIECE = 256 * 1024
BREAK = re.compile(r"[^\d\s]\s*\n(?=[^\d\n])")
LETTERS = re.compile(r"[^\W\d_](?=[^\W\d_])")
"""Where a text can be cut without cutting a number, though it be spread over lines: at the end of a line, or else between two letters."""
MOST_DENSE = 1024 * 1024
"""So many characters of a file may stand in long runs of digits: in each of them a card number may begin, and looking for it takes seconds a megabyte."""
UTF_16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class NumbersAlone(Exception):
    """So much of the text is digits that it is not looked through for card numbers."""


@dataclass(frozen=True)
class MailFile:
    """A file of a mail. `content` is empty once it is destroyed, and the rest stays as long as the mail's text."""

    name: str
    content_type: str
    size: int
    sha256: str
    content: bytes = field(default=b"", repr=False)

    @property
    def is_here(self) -> bool:
        return len(self.content) == self.size

    def described(self) -> dict[str, Any]:
        """All but the bytes, as `several` reads it."""
        return {"name": self.name, "content_type": self.content_type, "size": self.size, "sha256": self.sha256}

    @classmethod
    def several(cls, described: Iterable[dict[str, Any]], content: bytes) -> tuple["MailFile", ...]:
        """Files by their descriptions, and their bytes one behind the other."""
        files, position = [], 0
        for description in described:
            end = position + description["size"]
            files.append(cls(**description, content=content[position:end]))
            position = end
        return tuple(files)


def is_body(part: Message) -> bool:
    """Whether the part is what the sender wrote, and not what they enclosed."""
    return part.get_content_type() in BODIES and part.get_content_disposition() != "attachment"


def files_of(message: Message) -> tuple[tuple[MailFile, ...], int]:
    """The first MOST_FILES of the files that are not too large, and how many are left out."""
    parts = list(enclosed_in(message))
    files = list(islice(filter(None, (file_in(part, number) for number, part in enumerate(parts, 1))), MOST_FILES))
    return tuple(files), len(parts) - len(files)


def enclosed_in(message: Message) -> Iterator[Message]:
    for part in message.walk():
        if not (part.is_multipart() or is_body(part) or part.get_content_type() in SIGNATURES):
            yield part


def file_in(part: Message, number: int) -> MailFile | None:
    """None if it is too large, cannot be looked through, or nothing can be decoded."""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes) or len(content) > LARGEST:
        return None
    try:
        content = without_numbers(content)
    except NumbersAlone:
        return None
    return MailFile(name_of(part, number), part.get_content_type()[:100], len(content), hashlib.sha256(content).hexdigest(), content)


def name_of(part: Message, number: int) -> str:
    """What the sender calls it, in a line, and still to be cleaned of paths by whoever keeps it; of an unnamed one its number."""
    name = part.get_filename() or ""
    text = header_text(decoded(name.encode("utf-8", "surrogateescape"), ""))
    return screened(" ".join(text.split()))[-LONGEST_NAME:] or f"{number}.{part.get_content_subtype()[:20]}"


def without_numbers(content: bytes) -> bytes:
    """The very same bytes, unless it is text with card or account numbers in it: the same text without them. NumbersAlone.

    What is packed, encrypted, a picture or a PDF cannot be looked through.
    """
    for encoding, mark in encodings_of(content):
        try:
            text = content[len(mark) :].decode(encoding)
        except ValueError:
            continue
        clean = clean_in_pieces(text)
        return content if clean == text else mark + clean.encode(encoding, "replace")
    return content


def encodings_of(content: bytes) -> list[tuple[str, bytes]]:
    """What it may be encoded in, with the mark that stands before the text; none for what is no text, as a NUL tells."""
    if content[:2] in UTF_16:
        return [(UTF_16[content[:2]], content[:2])]
    return [] if b"\x00" in content else [("utf-8", b""), ("latin-1", b"")]


def clean_in_pieces(text: str) -> str:
    """Piece by piece, so that it takes little memory however many digits there are. NumbersAlone."""
    clean, dense = [], 0
    for piece in pieces_of(text):
        dense += sum(run.end() - run.start() for run in DIGIT_RUN.finditer(piece))
        if dense > MOST_DENSE:
            raise NumbersAlone
        clean.append(clean_text(piece))
    return "".join(clean)


def pieces_of(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        cut = BREAK.search(text, start + PIECE, start + 2 * PIECE) or LETTERS.search(text, start + PIECE, start + 2 * PIECE)
        end = cut.end() if cut else start + 2 * PIECE
        yield text[start:end]
        start = end

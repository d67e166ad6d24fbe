"""What changed between two wordings: first which paragraphs, then which words of them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from privacy.paragraphs import Paragraph

WORDS = re.compile(r"\S+\s*")
ALIKE = 0.4
"""From so many words in common on, of all words of both, a paragraph is the other one, changed."""
SAME, ADDED, REMOVED, CHANGED = "same", "added", "removed", "changed"


@dataclass(frozen=True)
class Piece:
    """Words of a paragraph that are the same, were added, or were removed."""

    kind: str
    text: str


@dataclass(frozen=True)
class Change:
    """A paragraph that was added, removed or changed, and the heading that it stands under."""

    kind: str
    heading: str
    pieces: tuple[Piece, ...]


def changes_between(old: Sequence[Paragraph], new: Sequence[Paragraph]) -> list[Change]:
    """In the order of the new wording; what was removed stands where it stood."""
    found: list[Change] = []
    matcher = SequenceMatcher(None, [part.text for part in old], [part.text for part in new], autojunk=False)
    for tag, first_old, last_old, first_new, last_new in matcher.get_opcodes():
        if tag == "equal":
            continue
        for before, after in paired(range(first_old, last_old), range(first_new, last_new), old, new):
            found.append(change_of(before, after, old, new))
    return found


def paired(olds: range, news: range, old: Sequence[Paragraph], new: Sequence[Paragraph]) -> Iterator[tuple[int | None, int | None]]:
    """Which of the removed paragraphs lives on in which of the added ones: the next one of its kind that has enough words in common."""
    words_of_old = {place: frozenset(old[place].text.split()) for place in olds}
    waiting = list(olds)
    for place in news:
        words = frozenset(new[place].text.split())
        match = next(
            (one for one in waiting if old[one].kind == new[place].kind and alike(words_of_old[one], words)),
            None,
        )
        if match is not None:
            skipped = waiting[: waiting.index(match)]
            waiting = waiting[waiting.index(match) + 1 :]
            yield from ((one, None) for one in skipped)
        yield match, place
    yield from ((one, None) for one in waiting)


def alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= ALIKE * len(one | other)


def change_of(before: int | None, after: int | None, old: Sequence[Paragraph], new: Sequence[Paragraph]) -> Change:
    if before is None and after is not None:
        return Change(ADDED, heading_of(new, after), (Piece(ADDED, new[after].text),))
    if before is not None and after is None:
        return Change(REMOVED, heading_of(old, before), (Piece(REMOVED, old[before].text),))
    assert before is not None and after is not None  # noqa: S101, PT018  (of each pair at least one is there)
    return Change(CHANGED, heading_of(new, after), tuple(pieces_of(old[before].text, new[after].text)))


def heading_of(paragraphs: Sequence[Paragraph], place: int) -> str:
    """The headings above a paragraph, the section's and its own; of a heading, the section's alone."""
    section = own = ""
    for paragraph in paragraphs[:place]:
        if paragraph.kind == "h2":
            section, own = paragraph.text, ""
        elif paragraph.kind == "h3":
            own = paragraph.text
    if paragraphs[place].kind in ("h2", "h3"):
        own = ""
    return " · ".join(part for part in (section, own) if part)


def pieces_of(old: str, new: str) -> Iterator[Piece]:
    """Word by word; what was removed stands before what came in its place."""
    before, after = WORDS.findall(old), WORDS.findall(new)
    for tag, first_old, last_old, first_new, last_new in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece(SAME, "".join(after[first_new:last_new]).rstrip())
            continue
        if last_old > first_old:
            yield Piece(REMOVED, "".join(before[first_old:last_old]).rstrip())
        if last_new > first_new:
            yield Piece(ADDED, "".join(after[first_new:last_new]).rstrip())

"""The words of a policy, paragraph by paragraph, read from the very page that visitors read.

What is kept and compared is therefore what was shown, and no second description of it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from html.parser import HTMLParser
from itertools import groupby

BLOCKS = {"h2": "h2", "h3": "h3", "p": "p", "li": "item", "tr": "row", "div": "fact"}
"""The elements that are a paragraph each, and what kind. A `div` is one inside of a description list alone, with its term and what is said of it."""


@dataclass(frozen=True)
class Paragraph:
    """`anchor` is the place of the page that it belongs to; headings, items of lists and rows of tables are paragraphs too."""

    anchor: str
    kind: str
    text: str


class PolicyReader(HTMLParser):
    """Collects the paragraphs of a policy's HTML, but for what leads about in it (`nav`); addresses of others' pages stand in brackets after their links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Paragraph] = []
        self.anchor, self.kind, self.words, self.address = "", "", list[str](), ""
        self.in_list = self.in_navigation = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.in_list += tag == "dl"
        self.in_navigation += tag == "nav"
        if self.is_block(tag):
            self.end()
            self.kind = BLOCKS[tag]
        self.anchor = attributes.get("id") or self.anchor
        if tag == "a" and (attributes.get("href") or "").startswith(("https://", "http://")):
            self.address = attributes["href"] or ""
        if tag == "br":
            self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if self.is_block(tag):
            self.end()
        self.in_list -= tag == "dl"
        self.in_navigation -= tag == "nav"
        if tag == "a" and self.address:
            self.words.append(f" ({self.address})")
            self.address = ""
        if tag == "dt":
            self.words.append(": ")
        if tag in ("td", "th"):
            self.words.append(" · ")

    def handle_data(self, data: str) -> None:
        if not self.in_navigation:
            self.words.append(data)

    def is_block(self, tag: str) -> bool:
        return tag in BLOCKS and (tag != "div" or self.in_list > 0)

    def end(self) -> None:
        text = " ".join("".join(self.words).split()).removesuffix("·").replace(" : ", ": ").strip()
        if text:
            self.found.append(Paragraph(self.anchor, self.kind or "p", text))
        self.kind, self.words = "", []


def paragraphs_of(html: str) -> list[Paragraph]:
    return PolicyReader(html).found


def as_kept(paragraphs: Iterable[Paragraph]) -> list[tuple[str, str, str]]:
    return [astuple(paragraph) for paragraph in paragraphs]


def as_read(kept: Iterable[Iterable[str]]) -> list[Paragraph]:
    return [Paragraph(*parts) for parts in kept]


def in_groups(paragraphs: Iterable[Paragraph]) -> Iterator[tuple[str, list[Paragraph]]]:
    """Paragraphs of one kind that follow each other stand together, as the items of a list do."""
    for kind, group in groupby(paragraphs, key=lambda paragraph: paragraph.kind):
        yield kind, list(group)

"""Markdown as plain text, for the part of a mail that is read without HTML: the same words in the same order, links with their addresses."""

from collections.abc import Callable
from textwrap import wrap

from markdown_it.tree import SyntaxTreeNode

from infacta.markdown import reader

WIDTH = 72  # RFC 3676, 4.2 recommends 78 at most, and a reply needs room for its marks
UNDERLINES = {"h1": "=", "h2": "-"}
Address = Callable[[str], str]


def plain_text(markdown: str, address: Address = str) -> str:
    """Paragraphs, headings, lists, quotations, code and tables, with an empty line between them; `address` says how a link's is written."""
    return Writer(address).blocks(SyntaxTreeNode(reader.parse(markdown)))


class Writer:
    def __init__(self, address: Address) -> None:
        self.address = address

    def blocks(self, node: SyntaxTreeNode, between: str = "\n\n", width: int = WIDTH) -> str:
        return between.join(filter(None, (self.block(child, width) for child in node.children)))

    def block(self, node: SyntaxTreeNode, width: int) -> str:
        match node.type:
            case "paragraph":
                return wrapped(self.words(node), width)
            case "heading":
                return underlined(wrapped(self.words(node), width), UNDERLINES.get(node.tag, ""))
            case "bullet_list" | "ordered_list":
                return self.list_of(node, width)
            case "blockquote":
                return begun(self.blocks(node, width=max(width - 2, 20)), "> ", "> ")
            case "fence" | "code_block":
                return begun(node.content.rstrip("\n"), "    ", "    ")
            case "hr":
                return "-" * 3
            case "table":
                return "\n".join(" | ".join(map(self.words, row.children)) for part in node.children for row in part.children)
        return ""

    def list_of(self, node: SyntaxTreeNode, width: int) -> str:
        first = int(node.attrs.get("start", 1))
        marks = [f"{first + number}. " if node.type == "ordered_list" else "- " for number in range(len(node.children))]
        items = zip(marks, node.children, strict=True)
        return "\n".join(
            begun(self.blocks(item, "\n", max(width - len(mark), 20)), mark, " " * len(mark)) or mark.rstrip() for mark, item in items
        )

    def words(self, node: SyntaxTreeNode) -> str:
        return "".join(map(self.inline, node.children))

    def inline(self, node: SyntaxTreeNode) -> str:
        match node.type:
            case "link":
                return self.link(node)
            case "softbreak":
                return " "
            case "hardbreak":
                return "\n"
            case "text" | "code_inline":
                return node.content
        return self.words(node)

    def link(self, node: SyntaxTreeNode) -> str:
        """The words and the address behind them; once, where the words are the address."""
        words, address = self.words(node).removeprefix("mailto:"), self.address(str(node.attrs.get("href", ""))).removeprefix("mailto:")
        return address if words in ("", address) else f"{words} ({address})"


def wrapped(text: str, width: int) -> str:
    """Lines of that many characters, and longer ones where a word is longer: an address that is broken leads nowhere."""
    lines = (wrap(line, width, break_long_words=False, break_on_hyphens=False) for line in text.split("\n"))
    return "\n".join("\n".join(line) for line in lines)


def underlined(text: str, line: str) -> str:
    return f"{text}\n{line * min(max(map(len, text.split(chr(10)))), WIDTH)}" if line and text else text


def begun(text: str, first: str, others: str) -> str:
    """The lines with something before each; before an empty one nothing that ends in a space."""
    lines = text.split("\n") if text else []
    return "\n".join(f"{others if number else first}{line}".rstrip() for number, line in enumerate(lines))

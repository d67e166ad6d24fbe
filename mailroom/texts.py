"""What people read of a mail: its characters as they were meant, HTML as text, and no card data (promise G5)."""

import codecs
import html
import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message

import re2

from privacy.card_data import clean_text, names_payment

MOST_TEXT = 200_000
UNSEEN = [re2.compile(rf"(?is)<{name}\b.*?</{name}\b[^>]*>") for name in ("script", "style", "title")] + [re2.compile(r"(?s)<!--.*?-->")]
BLOCK = re.compile(r"</(?:p|div|tr|li|h[1-6]|pre|table)\b[^<>]*>|<[bh]r\b[^<>]*>", re.IGNORECASE)
CELL = re.compile(r"</t[dh]\b[^<>]*>", re.IGNORECASE)
TAG = re.compile(r"<[^<>]*>")
NO_TEXT_CODECS = {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined", "utf-7"}
LABELLED = re.compile(r"^(?P<label>[^:=\n]{1,40}?)(?P<sign>[ \t]*[:=][ \t]*)(?P<value>\S.*)$", re.MULTILINE)


def header_text(value: str) -> str:
    """The header with its encoded words decoded (RFC 2047); as it stands if they are none."""
    try:
        chunks = decode_header(value)
    except (HeaderParseError, ValueError, IndexError):
        return value
    return "".join(chunk if isinstance(chunk, str) else decoded(chunk, charset or "") for chunk, charset in chunks)


def content_of(part: Message) -> str:
    content = part.get_payload(decode=True)
    return decoded(content, part.get_content_charset("") or "") if isinstance(content, bytes) else ""


def decoded(text: bytes, charset: str) -> str:
    """In the characters that it names, if those are known and fit; otherwise in UTF-8 if it can be, and else Windows-1252."""
    for name, errors in ((charset, "strict"), ("utf-8", "strict"), ("cp1252", "replace")):
        try:
            if codecs.lookup(name or "none").name not in NO_TEXT_CODECS:
                return text.decode(name, errors)
        except (LookupError, ValueError):
            continue
    return text.decode("latin-1")


def without_tags(rich: str) -> str:
    """What a reader of the HTML sees: a line each for paragraphs and rows; scripts and styles are gone.

    Patterns that take time in proportion to the text, for a parser that builds the tree took many seconds for fifty thousand open tags.
    """
    text = rich[: 2 * MOST_TEXT].replace("\n", " ")
    for unseen in UNSEEN:
        text = unseen.sub(" ", text)
    text = html.unescape(TAG.sub("", CELL.sub(" ", BLOCK.sub("\n", text))))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(" ".join(line.split()) for line in text.split("\n")))


def screened(text: str) -> str:
    """Without card and account numbers, and without what stands behind the name of a payment detail in a line of its own (promise G5)."""
    return LABELLED.sub(
        lambda line: f"{line['label']}{line['sign']}(removed)" if names_payment(line["label"]) else line[0], clean_text(text)
    )

"""Opening an incoming mail: from the bytes that anybody may have sent to headers and text, without card data, whatever is broken in it.

Nothing of the raw mail is kept: parts are decoded first, for a card number in base64 would pass any screen. Attachments are named and left out,
but for the files of mails whose handler takes files (mailroom/enclosed.py), and for what mail servers and providers report of a mail of ours
(RFC 3464, 6533, 5965): that is kept as the lines that it is made of.
"""

import json
import logging
import quopri
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from email import message_from_bytes, message_from_string
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from itertools import islice

from django.utils.crypto import salted_hmac

from mailroom.enclosed import MailFile, files_of, is_body
from mailroom.texts import MOST_TEXT, content_of, decoded, header_text, screened, without_tags

log = logging.getLogger(__name__)
MOST_BYTES = 15 * 1024 * 1024
MOST_PARTS, MOST_NESTED = 1000, 100
MOST_LINES, MOST_COMPARED, MOST_DIVIDERS = 300_000, 6_000_000, 30_000
"""What the parser's time and memory grow with: lines; lines held against the boundaries of all parts around them; and lines that may begin a part."""
LONGEST_HEADER, MOST_HEADERS = 2000, 100
RESULTS = "authentication-results"
KEPT_HEADERS = (
    "from",
    "to",
    "cc",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "return-path",
    "delivered-to",
    "x-original-to",
    "envelope-to",
    RESULTS,
    "auto-submitted",
    "precedence",
    "x-autoreply",
    "x-autorespond",
    "x-failed-recipients",
    "list-id",
    "content-type",
)
RECIPIENTS = ("delivered-to", "x-original-to", "envelope-to", "to", "cc")
MOST_REPORTS, LONGEST_REPORT = 10, 20_000
STATUS, FEEDBACK, ORIGINAL = "message/delivery-status", "message/feedback-report", "message/rfc822"
REPORTS = {
    STATUS: STATUS,
    "message/global-delivery-status": STATUS,
    FEEDBACK: FEEDBACK,
    ORIGINAL: ORIGINAL,
    "text/rfc822-headers": ORIGINAL,
    "message/global": ORIGINAL,
    "message/global-headers": ORIGINAL,
}
"""What is kept of a report, by what each kind of part tells; of the mail that it is about a few headers alone."""
HEADERS_OF_ORIGINAL = ("message-id", "return-path", "list-unsubscribe")
OWN_TAG = re.compile(r"(?:bounce|leave|case)\+[0-9a-z-]{10,64}@[0-9a-z.-]+")
"""Addresses that we made ourselves (announcements/tokens.py, support/models/case.py), of random digits and letters: by chance a run of them looks like an account number,
and the mail would be nobody's. Nobody sends a card number there by mistake, and the mail is destroyed once it is dealt with."""
ENCODED = re.compile(rb"=\?[^?\s]*\?[bq]\?[^?]*\?=|^[A-Za-z0-9+/]{16,}={0,2}[ \t\r]*$", re.IGNORECASE | re.MULTILINE)
LONG_HEADER = re.compile(rb"^content-[a-z-]+:(?:[^\n]|\n[ \t]){4000}", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Mail:
    """A mail as handlers read it, free of card data. `recipients` are lower-case addresses; `problem` says why it cannot be read in full."""

    headers: tuple[tuple[str, str], ...]
    text: str
    recipients: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    problem: str = ""
    reports: tuple[tuple[str, str], ...] = ()
    """What is told of a mail of ours: kind (STATUS, FEEDBACK or ORIGINAL) and text, which is lines of `name: value` and empty lines between groups."""
    files: tuple[MailFile, ...] = ()
    files_left_out: int = 0
    """Files are there only for a handler that takes them; `files_left_out` were more or larger than is taken."""

    def header(self, name: str) -> str:
        return next(iter(self.headers_named(name)), "")

    def headers_named(self, name: str) -> list[str]:
        """All of this name, the topmost first."""
        return [value for header, value in self.headers if header == name.lower()]

    @property
    def subject(self) -> str:
        return self.header("subject")

    @property
    def sender(self) -> str:
        """The address in From; "" if there is none, or more than one, for then nobody says whose it is."""
        addresses = [address for _name, address in addresses_in(self.headers_named("from"))]
        return addresses[0] if len(addresses) == 1 else ""

    @property
    def sent_at(self) -> datetime | None:
        """By its Date; None if there is none that can be read."""
        try:
            moment = parsedate_to_datetime(self.header("date"))
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError, RecursionError):
            return None

    @property
    def digest(self) -> str:
        """The same for the same mail, however often and by whichever way it is delivered; nothing can be computed back from it."""
        what = [self.header(name) for name in ("message-id", "from", "date", "subject")]
        enclosed = [[file.name, file.sha256] for file in self.files]
        text = json.dumps([*what, sorted(self.recipients), self.text, *map(list, self.reports), *enclosed])
        return salted_hmac("mailroom.opening", text, algorithm="sha256").hexdigest()

    def as_text(self) -> str:
        """All of it but the bytes of its files."""
        return json.dumps(asdict(replace(self, files=())) | {"files": [file.described() for file in self.files]})

    def content(self) -> bytes:
        """The bytes of its files, one behind the other."""
        return b"".join(file.content for file in self.files)

    @classmethod
    def of_text(cls, text: str, content: bytes = b"") -> "Mail":
        """What `as_text` and `content` told; without the content, files are named and empty."""
        parts = json.loads(text)
        headers = tuple((name, value) for name, value in parts.pop("headers"))
        reports = tuple((kind, told) for kind, told in parts.get("reports", ()))
        files, left_out = MailFile.several(parts.get("files", ()), content), parts.get("files_left_out", 0)
        attachments = tuple(parts["attachments"])
        return cls(headers, parts["text"], tuple(parts["recipients"]), attachments, parts["problem"], reports, files, left_out)


def without_files(mail: Mail) -> bool:
    """Whether files are to be taken out of a mail: of none."""
    return False


def opened_mail(raw: bytes, recipient: str = "", takes_files: Callable[[Mail], bool] = without_files) -> Mail:
    """The mail in these bytes; `recipient` is whom it was delivered to, if the mail server told, and `takes_files` says whether its files are wanted.

    What cannot be read has a `problem`; nothing raises but `takes_files`.
    """
    if problem := too_much(raw):
        return unread(raw, recipient, problem)
    try:
        # No mail server ends a line there, and the parser would: a header could hide within another from whoever checked the mail.
        message = message_from_bytes(raw.replace(b"\r\n", b"\n").replace(b"\r", b" ").lstrip(b" \n"))
        mail = read(message, recipient)
    except Exception as error:  # the standard library's parser has no end of them, and no mail may be lost for one
        return unread(raw, recipient, f"It cannot be read as a mail ({type(error).__name__}).")
    return with_files(mail, message) if takes_files(mail) and not mail.problem else mail


def with_files(mail: Mail, message: Message) -> Mail:
    try:
        files, left_out = files_of(message)
    except Exception as error:  # the same parser, and the message itself is worth more than its files
        log.warning("The files of a mail cannot be read: %s", type(error).__name__)
        files, left_out = (), len(mail.attachments)
    return replace(mail, files=files, files_left_out=left_out)


def too_much(raw: bytes) -> str:
    if not raw.strip():
        return "It is empty."
    if len(raw) > MOST_BYTES:
        return f"It is longer than {MOST_BYTES // 1024 // 1024} MB; what stands here is its beginning."
    lower = raw.lower()
    nested, lines = lower.count(b"multipart/") + lower.count(b"message/"), raw.count(b"\n")
    if nested > MOST_NESTED or lower.count(b"\ncontent-type") > MOST_PARTS:
        return f"It has more than {MOST_PARTS} parts, or {MOST_NESTED} of parts within parts."
    if lines > MOST_LINES or lines * (nested + 1) > MOST_COMPARED or raw.count(b"\n--") > MOST_DIVIDERS:
        return "It has more lines than we read."
    if LONG_HEADER.search(raw):  # of which the parser reads each parameter once for each parameter
        return "It has a header of a part that is longer than 4000 characters."
    return ""


def unread(raw: bytes, recipient: str, problem: str) -> Mail:
    """The beginning of a mail that is only looked at by people; what is encoded in it is left out, for no screen sees through it."""
    text = screened(decoded(ENCODED.sub(b"(left out)", quopri.decodestring(raw[:MOST_TEXT])), ""))
    subject = re.search(r"^subject:(.*)$", text[:20_000], re.IGNORECASE | re.MULTILINE)
    headers = (("subject", subject[1].strip()[:LONGEST_HEADER]),) if subject else ()
    return Mail(headers, text, tuple(filter(None, [screened_address(recipient.strip())])), (), problem)


def read(message: Message, recipient: str) -> Mail:
    headers = tuple(kept_headers(message))
    text, attachments, problem = text_of(message)
    recipients = dict.fromkeys(screened_address(address) for _name, address in addresses_in([recipient, *recipients_named(message)]))
    if not headers:
        problem = problem or "It has no headers."
    return Mail(headers, text, tuple(recipients), attachments, problem, reports_of(message))


def kept_headers(message: Message) -> Iterable[tuple[str, str]]:
    for name, text in headers_in(message, KEPT_HEADERS):
        yield name, screened(text)


def recipients_named(message: Message) -> list[str]:
    return [text for _name, text in headers_in(message, RECIPIENTS)]


def headers_in(message: Message, names: Sequence[str]) -> Iterable[tuple[str, str]]:
    """The first headers of these names, in a line each; not screened yet. No names: all of them."""
    for name, value in islice(message.raw_items(), MOST_HEADERS):
        if not names or name.lower() in names:
            raw = str(value)[: 4 * LONGEST_HEADER].encode("utf-8", "surrogateescape")
            text = as_it_stands(raw) if name.lower() == RESULTS else header_text(decoded(raw, ""))
            yield name.lower(), " ".join(text.split())[:LONGEST_HEADER]


def reports_of(message: Message) -> tuple[tuple[str, str], ...]:
    """What the mail reports of one of ours, bounded and without card data."""
    told = ((kind, report_in(part, kind)) for part in message.walk() if (kind := REPORTS.get(part.get_content_type(), "")))
    return tuple((kind, screened(text[:LONGEST_REPORT])) for kind, text in islice(told, MOST_REPORTS))


def report_in(part: Message, kind: str) -> str:
    """The lines of the report. The parser reads these parts as mails of their own; one that is packed it takes for the text of such a mail."""
    inner = part.get_payload() if part.is_multipart() else [message_from_string(content_of(part))]
    names = HEADERS_OF_ORIGINAL if kind == ORIGINAL else ()
    groups = []
    for message in islice((each for each in inner if isinstance(each, Message)), MOST_PARTS):
        groups.append("\n".join(f"{name}: {text}" for name, text in headers_in(message, names)))
        if kind != ORIGINAL and not message.is_multipart():
            message["Content-Transfer-Encoding"] = part.get("Content-Transfer-Encoding", "8bit")
            groups.append(content_of(message))
    return "\n\n".join(filter(str.strip, groups)).replace("\r\n", "\n")


def as_it_stands(raw: bytes) -> str:
    """The header byte for byte, or "" if it is not printable ASCII: our mail server took away what strangers wrote in its name, and saw no other name."""
    return raw.decode("ascii") if re.fullmatch(rb"[\t\r\n -~]*", raw) else ""


def text_of(message: Message) -> tuple[str, tuple[str, ...], str]:
    """The text (of HTML only where there is no plain text), what is attached, and why that is not all."""
    plain: list[str] = []
    rich: list[str] = []
    attachments: list[str] = []
    parts = list(islice((part for part in message.walk() if not part.is_multipart()), MOST_PARTS + 1))
    for part in parts[:MOST_PARTS]:
        kind = part.get_content_type()
        if is_body(part):
            (plain if kind == "text/plain" else rich).append(content_of(part))
        else:
            attachments.append(screened(kind)[:100])
    text = "\n".join(filter(str.strip, plain)) or "\n".join(without_tags(each) for each in rich)
    lines = (line.replace("\xa0", " ").rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    text = "\n".join(lines)
    problem = "It has too many parts." if len(parts) > MOST_PARTS else ""
    if len(text) > MOST_TEXT:
        problem = f"Its text is longer than {MOST_TEXT} characters; what stands here is its beginning."
    return screened(text[:MOST_TEXT]), tuple(attachments), problem


def screened_address(address: str) -> str:
    """The address in lower case, without card data; one of our own making as it is."""
    lower = address.lower()
    return lower if OWN_TAG.fullmatch(lower) else screened(lower)


def addresses_in(values: Iterable[str]) -> list[tuple[str, str]]:
    """Names and addresses; none if they are nested deeper than anybody nests them."""
    try:
        found = getaddresses([value[:LONGEST_HEADER] for value in values])
    except (RecursionError, IndexError, ValueError):
        return []
    return [(name, address) for name, address in found if "@" in address]

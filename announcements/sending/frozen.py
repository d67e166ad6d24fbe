"""An announcement's mail, made once and filled in for each recipient as bytes: what MIME costs is paid once, and not a million times.

Both parts are quoted-printable, and encoded in pieces: what stands between placeholders once, and a value between two soft line breaks, where it
can stand whatever comes before or after it.
"""

import re
from binascii import b2a_qp
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cached_property, lru_cache
from html import escape
from typing import NamedTuple

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from announcements.models import Announcement, Basis
from announcements.placeholders import PLACEHOLDER, spelled, unknown_in
from announcements.tokens import check_of, message_id, verp_token
from mailroom.dkim_signing import Signer, signer
from mailroom.envelopes import Unmailable, address_on_the_wire
from mailroom.smtp import Letter

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
PLAIN = re.compile(r"[A-Za-z0-9@.,+_ -]{0,70}")
SOFT_BREAK = b"=\r\n"


class CannotFreeze(Exception):
    """The text cannot be made into mails; the message says why."""


class Recipient(NamedTuple):
    """Whom one delivery goes to; `token` is the mailbox's, `name` how the site addresses the person, or ""."""

    delivery: int
    email: str
    token: str
    name: str
    basis: str


def one_line(text: str) -> str:
    """Without line breaks and controls: whatever is a header stays one."""
    return " ".join(CONTROLS.sub(" ", text).split())


def quoted(text: str) -> bytes:
    """In quoted-printable, with CRLF (RFC 2045, 6.7)."""
    lines = "\n".join(text.splitlines()) + ("\n" if text.endswith("\n") else "")
    return b2a_qp(lines.encode(), quotetabs=False, istext=True).replace(b"\n", b"\r\n")


def quoted_value(value: str) -> bytes:
    """The same of a value; most have nothing that must be encoded."""
    return value.encode() if PLAIN.fullmatch(value) else quoted(value)


@dataclass(frozen=True)
class Pattern:
    """A text with placeholders: literal pieces, and between them the names of values."""

    literals: list[bytes]
    names: list[str]

    @classmethod
    def of(cls, text: str) -> "Pattern":
        pieces = PLACEHOLDER.split(text)
        return cls([quoted(literal) for literal in pieces[::2]], pieces[1::2])

    def filled(self, values: Mapping[str, bytes]) -> bytes:
        """`values` are in quoted-printable already."""
        out = [self.literals[0]]
        for name, literal in zip(self.names, self.literals[1:], strict=True):
            out += SOFT_BREAK, values[name], SOFT_BREAK, literal
        return b"".join(out)


class Frozen:
    """The frozen content of an announcement, ready to be filled in."""

    def __init__(self, announcement: Announcement) -> None:
        self.announcement = announcement
        self.subject, self.text, self.html = announcement.frozen_subject, announcement.frozen_text, announcement.frozen_html
        if strange := sorted({*unknown_in(self.subject), *unknown_in(self.text), *unknown_in(self.html)}):
            raise CannotFreeze(_("There is no placeholder %(names)s.") % {"names": ", ".join(strange)})
        if not (self.subject.strip() and self.text.strip() and self.html.strip()):
            raise CannotFreeze(_("Subject or text are empty."))
        self.boundary = f"=_{check_of(f'boundary:{announcement.pk}')}_{check_of(self.text)}"
        self.signer: Signer | None = signer()
        with translation.override(announcement.language):
            self.words = {
                "hello": _("Hello,"),
                "hello_name": _("Hello {name},"),
                Basis.CUSTOMER: _("You get this mail because you are a customer of {site}.").format(site=settings.SITE_NAME),
                Basis.JOINED: _("You get this mail because you joined the announcement group of {site}.").format(site=settings.SITE_NAME),
                Basis.IMPORTED: _("You get this mail because you joined the announcement group of {site}.").format(site=settings.SITE_NAME),
            }

        links = {
            name: settings.SITE_URL + reverse(f"announcements:{page}", args=["TOKEN"]).replace("TOKEN", "{token}")
            for name, page in (("leave_url", "leave"), ("preferences_url", "preferences"))
        }
        self.links: dict[str, str] = links
        self.patterns = {basis: (self.pattern(self.text, basis, str), self.pattern(self.html, basis, escape)) for basis in Basis.values}

    def pattern(self, text: str, basis: str, escaped: Callable[[str], str]) -> Pattern:
        """With everything put in that is the same for all of one basis; of a link the token is left."""
        same = {name: escaped(link).replace("{token}", spelled("token")) for name, link in self.links.items()}
        same["why"] = escaped(self.words[basis])
        return Pattern.of(PLACEHOLDER.sub(lambda found: same.get(found[1], found[0]), text))

    def values(self, recipient: Recipient) -> dict[str, str]:
        """What stands for each placeholder in the mail to one recipient."""
        name = one_line(recipient.name)
        return {
            "greeting": self.words["hello_name"].replace("{name}", name) if name else self.words["hello"],
            "email": recipient.email,
            "leave_url": self.links["leave_url"].replace("{token}", recipient.token),
            "preferences_url": self.links["preferences_url"].replace("{token}", recipient.token),
            "why": self.words[recipient.basis],
        }

    def subject_for(self, values: Mapping[str, str]) -> str:
        return one_line(PLACEHOLDER.sub(lambda found: values[found[1]], self.subject))

    @cached_property
    def standing_headers(self) -> bytes:
        """Those that are the same in each mail."""
        name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
        message = EmailMessage(policy=SMTP)
        message["From"] = f"{phrase(name)} <{address}>" if name else address
        message["List-Id"] = list_id()
        for header, value in list_headers().items():
            message[header] = value
        return message.as_bytes().removesuffix(b"\r\n") + (
            b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="%b"\r\n' % self.boundary.encode()
        )

    def subject_header(self, values: Mapping[str, str]) -> bytes:
        return self._standing_subject or subject_line(self.subject_for(values))

    @cached_property
    def _standing_subject(self) -> bytes:
        """Empty if each mail has a subject of its own."""
        return b"" if PLACEHOLDER.search(self.subject) else subject_line(one_line(self.subject))

    def letter(self, recipient: Recipient, at: datetime) -> Letter:
        """The mail to one recipient as bytes; `at` is what it says under Date. An address that no mail can be addressed with leaves To empty, and
        the transport refuses it."""
        values = self.values(recipient)
        in_text = {name: quoted_value(values[name]) for name in ("greeting", "email")} | {"token": recipient.token.encode()}
        in_html = in_text | {name: quoted(escape(values[name])) for name in ("greeting", "email") if not PLAIN.fullmatch(values[name])}
        text, html = self.patterns[recipient.basis]
        boundary = self.boundary.encode()
        source = b"".join(
            [
                self.own_headers(recipient, values, at),
                self.standing_headers,
                b"\r\n--%b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" % boundary,
                text.filled(in_text),
                b"\r\n--%b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" % boundary,
                html.filled(in_html),
                b"\r\n--%b--\r\n" % boundary,
            ]
        )
        source = self.signer.signed(source) if self.signer else source
        return Letter(sender_of(recipient), recipient.email, source)

    def own_headers(self, recipient: Recipient, values: Mapping[str, str], at: datetime) -> bytes:
        try:
            to = address_on_the_wire(recipient.email)
        except Unmailable:
            to = ""
        lines = {"To": to, "Date": date_of(at), "Message-ID": message_id(self.announcement.pk, recipient.delivery)}
        lines["List-Unsubscribe"] = f"<{values['leave_url']}>,\r\n <{leave_address(recipient)}>"
        return self.subject_header(values) + "".join(f"{name}: {value}\r\n" for name, value in lines.items()).encode()

    def message(self, recipient: Recipient) -> EmailMultiAlternatives:
        """The same mail for a backend that makes its own MIME. `metadata` lets a provider's reports find the delivery (django-anymail)."""
        values = self.values(recipient)
        in_html = {name: escape(value) for name, value in values.items()}
        headers = {
            "Message-ID": message_id(self.announcement.pk, recipient.delivery),
            "List-Id": list_id(),
            "List-Unsubscribe": f"<{values['leave_url']}>, <{leave_address(recipient)}>",
        }
        message = EmailMultiAlternatives(
            self.subject_for(values),
            PLACEHOLDER.sub(lambda found: values[found[1]], self.text),
            settings.DEFAULT_FROM_EMAIL,
            [recipient.email],
            headers=headers | list_headers(),
        )
        message.attach_alternative(PLACEHOLDER.sub(lambda found: in_html[found[1]], self.html), "text/html")
        message.metadata = {"delivery": recipient.delivery}  # type: ignore[attr-defined]
        message.envelope_sender = sender_of(recipient)  # type: ignore[attr-defined]
        return message


@lru_cache(maxsize=8)
def date_of(at: datetime) -> str:
    return format_datetime(at)


def phrase(name: str) -> str:
    """A display name, quoted where it must be (RFC 5322, 3.2.5)."""
    cleaned = one_line(name).replace("\\", "").replace('"', "")
    return f'"{cleaned}"' if cleaned.isascii() else cleaned


def subject_line(subject: str) -> bytes:
    """Folded; as encoded words (RFC 2047) where it has letters beyond ASCII, or one word that is too long for a line."""
    charset = "us-ascii" if subject.isascii() and max(map(len, subject.split()), default=0) < 60 else "utf-8"
    folded = Header(subject, charset, maxlinelen=76, header_name="Subject").encode(linesep="\r\n")
    return f"Subject: {folded}\r\n".encode("ascii")


def list_id() -> str:
    """RFC 2919; the same for every announcement, for people sort their mail by it."""
    return f"Product announcements <announce.{settings.MAIL_DOMAIN}>"


def list_headers() -> dict[str, str]:
    """RFC 2369 and RFC 8058, and what keeps holiday answers away."""
    return {
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Help": f"<mailto:{settings.SUPPORT_EMAIL}?subject=help>",
        "List-Owner": f"<mailto:{settings.SUPPORT_EMAIL}>",
        "List-Post": "NO",
        "Precedence": "bulk",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }


def sender_of(recipient: Recipient) -> str:
    """The envelope's sender, to which bounces come (VERP)."""
    return f"bounce+{verp_token(recipient.delivery)}@{settings.MAIL_DOMAIN}"


def leave_address(recipient: Recipient) -> str:
    return f"mailto:leave+{recipient.token}@{settings.MAIL_DOMAIN}"

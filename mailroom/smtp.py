"""The SMTP transport of many mails: phase by phase over one connection, so that of each mail it is known what the relay said, and whether it may have it.

`smtplib` connects, greets, encrypts and logs in, by Django's own backend and its EMAIL_* settings. Then mails go over its socket: with PIPELINING
(RFC 2920) the end of one mail and the beginning of the next are one write, so a mail costs one round trip; without it, step by step.
"""

import contextlib
import smtplib
import time
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from django.core.mail import get_connection

from mailroom.envelopes import Unmailable, address_on_the_wire

LONGEST_LINE = 998  # RFC 5322, 2.1.1
LONGEST_RECORD = 16_384  # RFC 8446, 5.1: of what TLS writes at a time, either all arrives, or nothing that can be read
AUTHENTICATION = (530, 534, 535, 538)  # RFC 4954: the operator's fault, and no mail's
CLOSING = 421


class Fate(StrEnum):
    """What became of one mail, as far as this connection knows."""

    TAKEN = "taken"  # the relay answered 2yz to the final dot
    LATER = "later"  # 4yz, or the connection ended before the final dot: the relay does not have it
    REFUSED = "refused"  # 5yz, or it cannot be mailed at all
    UNKNOWN = "unknown"  # the connection ended after the final dot and before an answer that says yes or no (RFC 1047)
    NOT_TRIED = "not tried"  # nothing of it was handed over


class Outcome(NamedTuple):
    fate: Fate
    answer: str


class Letter(NamedTuple):
    """One mail to one recipient: `source` is its bytes with CRLF at the end of each line, not dot-stuffed."""

    sender: str
    recipient: str
    source: bytes


class RelayAway(Exception):
    """No connection to the relay: nothing can be sent at the moment. The message says why."""


class LogInRefused(RelayAway):
    """The relay does not know us: nothing can be sent until somebody mends the settings."""


class Lost(Exception):
    """The connection is gone. `in_doubt`: all of a mail, its final dot included, may have reached the relay."""

    def __init__(self, error: BaseException, in_doubt: bool = False) -> None:
        super().__init__(f"{type(error).__name__}: {error}")
        self.in_doubt = in_doubt


class Reply(NamedTuple):
    code: int
    words: str

    @property
    def is_refusal(self) -> bool:
        return self.code >= 400 or self.code < 200

    @property
    def outcome(self) -> Outcome:
        """Of a reply that decides over a mail (RFC 5321, 4.2.1)."""
        if 200 <= self.code < 300:
            return Outcome(Fate.TAKEN, str(self))
        is_final = 500 <= self.code < 600 and self.code not in AUTHENTICATION
        return Outcome(Fate.REFUSED if is_final else Fate.LATER, str(self))

    def __str__(self) -> str:
        return f"{self.code} {self.words}"


class Prepared(NamedTuple):
    """A letter as it goes over the wire: its commands, and its text with the final dot."""

    commands: tuple[bytes, bytes, bytes]
    data: bytes


class SmtpLine:
    """One connection to the relay of the settings, opened when it is needed, used again, and left after MOST_MAILS or when it was idle for too long."""

    MOST_MAILS = 1000
    MOST_IDLE = 30  # seconds; relays hang up on who is silent

    def __init__(self) -> None:
        self.smtp: Any = None  # smtplib.SMTP, while there is a connection
        self.carried, self.used_at = 0, 0.0

    def __enter__(self) -> "SmtpLine":
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()

    def open(self) -> None:
        """Connect and log in, unless it is done; RelayAway or LogInRefused."""
        if self.smtp and (self.carried >= self.MOST_MAILS or time.monotonic() - self.used_at > self.MOST_IDLE):
            self.close()
        if self.smtp:
            return
        backend: Any = get_connection()
        try:
            backend.open()
            backend.connection.ehlo_or_helo_if_needed()
        except smtplib.SMTPAuthenticationError as error:
            raise LogInRefused(str(Reply(error.smtp_code, words_of(error.smtp_error)))) from error
        except (OSError, smtplib.SMTPException) as error:
            raise RelayAway(f"{type(error).__name__}: {error}") from error
        self.smtp, self.carried, self.used_at = backend.connection, 0, time.monotonic()

    def close(self) -> None:
        """Say goodbye; a connection that is broken already needs none."""
        if self.smtp:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self.smtp.quit()
        self.drop()

    def drop(self) -> None:
        """End the connection without a word: what stands in it cannot be trusted any more."""
        if self.smtp:
            self.smtp.close()
        self.smtp = None

    def send(self, letters: Sequence[Letter], until: float) -> list[Outcome]:
        """Hand the letters over; one outcome a letter, in their order. After `until` (of the monotonic clock, in seconds) the one that was begun
        is finished, and no other.

        RelayAway if there is no connection and none can be made; then nothing was handed over.
        """
        self.open()
        prepared = [self._prepared(letter) for letter in letters]
        sound = [item for item in prepared if isinstance(item, Prepared)]
        outcomes = self._outcomes(sound, until)
        return [next(outcomes) if isinstance(item, Prepared) else item for item in prepared]

    def _outcomes(self, letters: Sequence[Prepared], until: float) -> Iterator[Outcome]:
        outcomes: list[Outcome] = []
        try:
            for outcome in self._hand_over(letters, until):
                outcomes.append(outcome)
        except Lost as lost:
            self.drop()
            outcomes.append(Outcome(Fate.UNKNOWN if lost.in_doubt else Fate.LATER, str(lost)))
        self.carried += len(outcomes)
        self.used_at = time.monotonic()
        outcomes += [Outcome(Fate.NOT_TRIED, "")] * (len(letters) - len(outcomes))
        return iter(outcomes[: len(letters)])

    def _prepared(self, letter: Letter) -> Prepared | Outcome:
        """As it goes over the wire; or the outcome of one that no relay, or not this one, can be given."""
        try:
            sender, recipient = address_on_the_wire(letter.sender), address_on_the_wire(letter.recipient)
        except Unmailable as reason:
            return Outcome(Fate.REFUSED, str(reason))
        utf8 = b"" if recipient.isascii() else b" SMTPUTF8"
        if utf8 and not self.smtp.has_extn("smtputf8"):
            return Outcome(Fate.REFUSED, "The relay takes no address with letters beyond ASCII (SMTPUTF8, RFC 6531).")
        if has_broken_lines(letter.source):
            return Outcome(Fate.REFUSED, "A line of the mail is longer than 998 characters, or not ended as it must be (RFC 5322).")
        commands = (b"MAIL FROM:<%b>%b\r\n" % (sender.encode(), utf8), b"RCPT TO:<%b>\r\n" % recipient.encode(), b"DATA\r\n")
        return Prepared(commands, stuffed(letter.source))

    def _hand_over(self, letters: Sequence[Prepared], until: float) -> Iterator[Outcome]:
        """One letter after the other; Lost when the connection ends. Ends early, with fewer outcomes, after 421 or when time is up."""
        ahead = self.smtp.has_extn("pipelining")
        if letters and ahead:
            self._write(b"".join(letters[0].commands))
        for number, letter in enumerate(letters, 1):
            is_last = number == len(letters) or time.monotonic() > until
            following = b"".join(letters[number].commands) if ahead and not is_last else b""
            replies = self._replies(letter, ahead)
            outcome = next((reply.outcome for reply in replies if reply.is_refusal), None)
            if replies[-1].code == 354:
                # It may say so although it took no recipient: then an empty mail ends it (RFC 2920, 3.1).
                reply = self._text(letter.data if outcome is None else b".\r\n", following)
                yield outcome or reply.outcome
            else:
                yield outcome or Outcome(Fate.LATER, str(replies[-1]))
                self._start_over(replies[-1], following)
            if is_last or not self.smtp:
                return

    def _replies(self, letter: Prepared, ahead: bool) -> list[Reply]:
        """To MAIL, RCPT and DATA. With pipelining they are written already, and all are answered; without, the first refusal ends it."""
        replies: list[Reply] = []
        for command in letter.commands:
            if not ahead:
                self._write(command)
            replies.append(self._reply())
            if replies[-1].code == CLOSING or (replies[-1].is_refusal and not ahead):
                break
        return replies

    def _start_over(self, reply: Reply, following: bytes) -> None:
        """After a refusal, so that nothing of the refused mail stands in the way of the next one; if the relay said that it closes, so do we."""
        if reply.code == CLOSING:
            self.drop()
        else:
            self._write(b"RSET\r\n" + following)
            self._reply()

    def _text(self, data: bytes, following: bytes) -> Reply:
        """The text with its final dot, and in the same write what comes after it; the relay's answer to the dot."""
        self._write(data + following, crucial=len(data))
        try:
            reply = self._reply()
        except Lost as lost:
            lost.in_doubt = True
            raise
        if not (200 <= reply.code < 300 or 400 <= reply.code < 600):
            raise Lost(smtplib.SMTPException(f"neither yes nor no: {reply}"), in_doubt=True)
        if reply.code == CLOSING:
            self.drop()
        return reply

    def _write(self, data: bytes, crucial: int = 0) -> None:
        """Write all of it. If that fails it is in doubt whether the first `crucial` bytes arrived, unless not all of them were given away."""
        rest, written = memoryview(data), 0
        try:
            while written < len(data):
                written += self.smtp.sock.send(rest[written : written + LONGEST_RECORD])
        except OSError as error:
            raise Lost(error, in_doubt=bool(crucial) and written >= crucial) from error

    def _reply(self) -> Reply:
        try:
            code, words = self.smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise Lost(error) from error
        return Reply(code, words_of(words))


def words_of(words: bytes | str) -> str:
    """One line of what can be shown and stored; a relay may answer anything."""
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def has_broken_lines(source: bytes) -> bool:
    """Lines that are too long, or ended by a CR or LF alone, in which relays see the end of a mail where none is."""
    lines = source.split(b"\r\n")
    return max(map(len, lines)) > LONGEST_LINE or not source.count(b"\n") == source.count(b"\r") == len(lines) - 1


def stuffed(source: bytes) -> bytes:
    """The text between DATA and its end: a line that begins with a dot gets another one (RFC 5321, 4.5.2), and a dot alone ends it."""
    source = source if source.endswith(b"\r\n") else source + b"\r\n"
    if source.startswith(b"."):
        source = b"." + source
    return source.replace(b"\r\n.", b"\r\n..") + b".\r\n"

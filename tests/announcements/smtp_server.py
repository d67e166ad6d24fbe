"""An SMTP server for tests that speaks phase by phase, with PIPELINING and SMTPUTF8, and does at any phase what the test wants of it."""

import socketserver
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, NamedTuple

EXTENSIONS = ("PIPELINING", "8BITMIME", "SMTPUTF8")
DROP, STALL = "drop", "stall"


class Received(NamedTuple):
    sender: str
    recipient: str
    options: str
    source: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.source, policy=policy.default)  # type: ignore[return-value]


class SmtpServer(socketserver.ThreadingTCPServer):
    """`tempers`: from a phase (mail, rcpt, data, dot) and a recipient, or the running number of the mail, to what is answered there: a reply, DROP
    or STALL. After `taken` dots the mail is in `received`, whatever the client hears of it."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.port = self.server_address[1]
        self.received: list[Received] = []
        self.tempers: dict[tuple[str, Any], str] = {}
        self.extensions: tuple[str, ...] = EXTENSIONS
        self.log_in = ""
        self.pause = 0.0
        self.connections = self.mails = 0
        self.guard = threading.Lock()

    @property
    def counts(self) -> Counter[str]:
        return Counter(received.recipient for received in self.received)


class Session(socketserver.StreamRequestHandler):
    server: SmtpServer
    disable_nagle_algorithm = True

    def handle(self) -> None:
        self.server.connections += 1
        self.sender = self.recipient = self.options = ""
        self.number = 0
        try:
            self.say("220 relay.test ESMTP")
            while line := self.rfile.readline():
                if not self.obey(line.decode().rstrip("\r\n")):
                    return
        except (ConnectionError, TimeoutError):
            return

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def obey(self, line: str) -> bool:
        verb = line.partition(" ")[0].upper()
        if verb == "EHLO":
            self.say("\r\n".join(f"250-{name}" for name in ("relay.test", *self.server.extensions, "AUTH PLAIN LOGIN")) + "\r\n250 HELP")
            return True
        if verb == "AUTH":
            self.say(self.server.log_in or "235 Welcome")
            return True
        if verb == "MAIL":
            with self.server.guard:
                self.server.mails += 1
                self.number = self.server.mails
            self.sender, _, self.options = line.partition("<")[2].partition(">")
            self.recipient = ""
            return self.answer("mail", "503 Nested MAIL" if self.open else "250 OK")
        if verb == "RCPT":
            address = line.partition("<")[2].partition(">")[0]
            return self.answer("rcpt", "250 OK" if self.open else "503 MAIL first", address)
        if verb == "DATA":
            return self.answer("data", "354 Go on" if self.recipient else "554 No recipients") and (not self.reading or self.text())
        if verb == "RSET":
            self.recipient, self.open = "", False
            self.say("250 OK")
            return True
        self.say("221 Bye" if verb == "QUIT" else "250 OK")
        return verb != "QUIT"

    open = reading = False

    def answer(self, phase: str, otherwise: str, address: str = "") -> bool:
        reply = self.server.tempers.get((phase, address or self.recipient)) or self.server.tempers.get((phase, self.number)) or otherwise
        if reply == STALL:
            time.sleep(5)
        if reply in (DROP, STALL):
            return False
        if phase == "mail":
            self.open = reply.startswith("2")
        if phase == "rcpt" and reply.startswith("2"):
            self.recipient = address
        self.reading = phase == "data" and reply.startswith("354")
        self.say(reply)
        return not reply.startswith("421")

    def text(self) -> bool:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line.endswith(b"\r\n"):
                return False
            assert len(line) <= 1000
            lines.append(line[1:] if line.startswith(b".") else line)
        time.sleep(self.server.pause)
        refusal = self.server.tempers.get(("dot", self.recipient)) or self.server.tempers.get(("dot", self.number)) or ""
        if not refusal or refusal in (DROP, STALL):
            with self.server.guard:
                self.server.received.append(Received(self.sender, self.recipient, self.options.strip(), b"".join(lines)))
        self.open = False
        return self.answer("dot", "250 2.0.0 Taken")


@contextmanager
def smtp_server(settings: Any) -> Iterator[SmtpServer]:
    """One that listens, and the site's settings pointed at it."""
    server = SmtpServer()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 1
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()

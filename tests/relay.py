"""A real SMTP server for tests, with the temper that the test gives it."""

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller

from bench.own_servers import free_port


class Relay:
    """Takes mail, unless `answers` says otherwise for an address."""

    def __init__(self) -> None:
        self.received: list[Message] = []
        self.answers: dict[str, str] = {}
        self.connections = 0
        self.port = free_port()

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.received.append(message_from_bytes(envelope.content))
        return "250 Taken"

    @property
    def recipients(self) -> list[str]:
        return sorted(str(message["To"]) for message in self.received)


@contextmanager
def running_relay(settings: Any) -> Iterator[Relay]:
    """A relay that listens, and the site's settings pointed at it."""
    relay = Relay()
    controller = Controller(relay, hostname="127.0.0.1", port=relay.port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", relay.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    try:
        yield relay
    finally:
        controller.stop()

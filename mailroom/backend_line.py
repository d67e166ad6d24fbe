"""Many mails through a backend of Django's that is not SMTP: files in development, or the HTTP interface of a provider (django-anymail)."""

import logging
import time
from collections.abc import Sequence
from typing import Any

from anymail.exceptions import (
    AnymailAPIError,
    AnymailConfigurationError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from django.core.mail import EmailMessage, get_connection

from mailroom.smtp import Fate, LogInRefused, Outcome, RelayAway, words_of

log = logging.getLogger(__name__)
NEVER_HANDED_OVER = (AnymailInvalidAddress, AnymailSerializationError, AnymailUnsupportedFeature)
KEY_REFUSED = (401, 403)
NOT_NOW = (408, 425, 429)


class BackendLine:
    """One connection of settings.EMAIL_BACKEND; one mail a message."""

    def __init__(self) -> None:
        self.backend: Any = None  # a BaseEmailBackend, while it is open

    def __enter__(self) -> "BackendLine":
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()

    def open(self) -> None:
        """RelayAway if there is no connection."""
        if self.backend:
            return
        try:
            backend = get_connection()
            backend.open()
        except AnymailConfigurationError as error:
            raise LogInRefused(str(error)) from error
        except Exception as error:
            raise RelayAway(f"{type(error).__name__}: {error}") from error
        self.backend = backend

    def close(self) -> None:
        if self.backend:
            self.backend.close()
        self.backend = None

    def send(self, messages: Sequence[EmailMessage], until: float) -> list[Outcome]:
        """One outcome a message, in their order. None is begun after `until` (of the monotonic clock, in seconds)."""
        self.open()
        return [self._send(message) if time.monotonic() < until else Outcome(Fate.NOT_TRIED, "") for message in messages]

    def _send(self, message: EmailMessage) -> Outcome:
        """An exception after the hand-over has begun leaves it open whether the mail went out, unless the library says that it was refused."""
        try:
            self.backend.send_messages([message])
        except AnymailRecipientsRefused as error:
            return Outcome(Fate.REFUSED, words_of(str(error)))
        except NEVER_HANDED_OVER as error:
            return Outcome(Fate.REFUSED, words_of(f"{type(error).__name__}: {error}"))
        except AnymailAPIError as error:
            return Outcome(fate_of(error.status_code), words_of(str(error)))
        except Exception as error:
            log.error("A mail was handed over, and what came of it is not known: %s.", type(error).__name__)
            return Outcome(Fate.UNKNOWN, words_of(f"{type(error).__name__}: {error}"))
        return Outcome(Fate.TAKEN, "Taken by the provider." if hasattr(message, "anymail_status") else "Written.")


def fate_of(status: int | None) -> Fate:
    """What a provider's HTTP status says of the mail. That the key is refused, or that there were too many, is no mail's fault."""
    if status in KEY_REFUSED or status in NOT_NOW:
        return Fate.LATER
    return Fate.REFUSED if status and 400 <= status < 500 else Fate.UNKNOWN

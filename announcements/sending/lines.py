"""By which way mails go out: SMTP by phase, or whatever other backend the settings name. Either makes its own kind of mail."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.core.mail import EmailMessage

from announcements.sending.frozen import Frozen, Recipient
from mailroom.backend_line import BackendLine
from mailroom.smtp import Letter, Outcome, SmtpLine


class Line(Protocol):
    """A connection to the relay, opened when it is needed and used again."""

    def open(self) -> None: ...

    def close(self) -> None: ...

    def mail(self, frozen: Frozen, recipient: Recipient, at: datetime) -> Any:
        """What `send` takes, for one recipient."""

    def send(self, mails: Sequence[Any], until: float) -> list[Outcome]: ...


class SmtpMails(SmtpLine):
    def mail(self, frozen: Frozen, recipient: Recipient, at: datetime) -> Letter:
        return frozen.letter(recipient, at)


class BackendMails(BackendLine):
    def mail(self, frozen: Frozen, recipient: Recipient, at: datetime) -> EmailMessage:
        return frozen.message(recipient)


def line() -> Line:
    """As the settings say."""
    return SmtpMails() if settings.EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend" else BackendMails()

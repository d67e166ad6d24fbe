"""Mail as files, for development: one .eml a mail, in settings.MAIL_DIR."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage


def eml_name(message_id: str) -> str:
    """The file's name comes from the Message-ID, so that a mail sent twice is one file."""
    return hashlib.sha256(message_id.encode()).hexdigest()[:24] + ".eml"


class EmlFileBackend(BaseEmailBackend):
    """Writes each mail to a file: whole or not at all, for a reader must never see half of one."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for email in email_messages:
            self.write(email)
        return len(email_messages)

    def write(self, email: EmailMessage) -> None:
        folder = Path(settings.MAIL_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        message = email.message()
        target = folder / eml_name(str(message["Message-ID"]))
        unfinished = target.with_name(f"{target.name}.{token_hex(4)}.tmp")
        with unfinished.open("wb") as file:
            file.write(message.as_bytes())
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)

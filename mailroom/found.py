"""By what mails are found that lead to no account, and what stands in those that wait."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db.models import Q

from infacta.sealed_text import opened
from mailroom.models import IncomingMail
from privacy.registry import Enclosure
from privacy.subjects import DataSubject, at_address


def outgoing(person: DataSubject) -> Q:
    return at_address("to", person, user=None)


def incoming(person: DataSubject) -> Q:
    return at_address("sender", person)


def text_of(mail: IncomingMail) -> Any:
    """Headers and text, as they were kept. CannotOpen."""
    return json.loads(opened(mail.source)) if mail.source else ""


def files_of(mail: IncomingMail) -> list[str]:
    """What the files of a mail are called. CannotOpen."""
    return [attachment.name for attachment in attachments(mail)]


def enclosed(mail: IncomingMail) -> Iterator[Enclosure]:
    """CannotOpen."""
    for attachment in attachments(mail):
        yield Enclosure(attachment.name, partial(iter, [attachment.content]))


def attachments(mail: IncomingMail) -> list[Any]:
    waiting = mail.mail if mail.files else None
    return list(waiting.files) if waiting else []

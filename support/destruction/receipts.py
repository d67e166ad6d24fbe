"""The receipt of a destruction: what the record says, in words that anybody can compare with it.

The check code stands for the numbers and times on it, so a receipt that somebody changed is told from ours at the page that verifies them.
"""

import base64
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from support.models import Destruction, Trigger

CODE = 20  # characters of base32: 100 bits
HOW = (
    _lazy(
        "The case's key (AES-256-GCM) was overwritten and removed. Without it nothing can be read, in backups either, for keys are in none."
    ),
    _lazy("All files of the case were removed."),
    _lazy("The copies of our mails about it were removed."),
    _lazy("All messages, names, addresses and notes were removed."),
)
AFTERWARDS = _lazy(
    "After each step we looked for what had been there, and found nothing. What is left is a number among others that leads to nobody."
)


def receipt_behind(number: str) -> Destruction | None:
    """However it was typed: with blanks or in capitals."""
    return Destruction.objects.filter(number="".join(number.split()).lower()[:100]).first()


def text_of(record: Destruction) -> str:
    """The receipt as plain text, in the language of whoever asks; the times are in UTC, so that it reads the same everywhere."""
    facts = "\n".join(f"{label}: {value}" for label, value in facts_of(record) if value != "")
    return f"{_('Receipt of destruction')}\n\n{facts}\n{afterwards(record) if record.is_done else ''}"


def afterwards(record: Destruction) -> str:
    """What may be said once it is done, and not before."""
    method = "\n".join(f"{number}. {sentence}" for number, sentence in enumerate(HOW, 1))
    return f"\n{_('How')}:\n{method}\n{AFTERWARDS}\n\n{_('Check code')}: {code_of(record)}\n"


def facts_of(record: Destruction) -> list[tuple[str, Any]]:
    """What stands on it, by what each is called; "" where there is nothing to say."""
    return [
        (_("Receipt"), record.number),
        (_("Issued by"), settings.SITE_NAME),
        (_("Destroyed"), moment(record.destroyed_at) if record.is_done else _("NOT YET. We are at it, and try until it is done.")),
        (_("Destroyed before that"), moment(record.originally_at)),
        (_("Was due"), moment(record.due_at)),
        (_("Begun"), moment(record.begun_at)),
        (_("Why"), Trigger(record.trigger).label),
        (_("Messages"), record.messages),
        (_("Files"), record.files),
        (_("Bytes in these files"), record.bytes),
        (_("Keyed digest of the list of files"), record.manifest_digest),
        (_("Our last backup that held the sealed texts is overwritten by"), record.backups_clear_on or ""),
    ]


def moment(when: datetime | None) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if when else ""


def code_of(record: Destruction, secret: str | None = None) -> str:
    """The check code, in groups of four."""
    letters = base64.b32encode(salted_hmac("support.receipt", statement_of(record), secret, algorithm="sha256").digest()).decode()
    return "-".join(letters[at : at + 4] for at in range(0, CODE, 4))


def is_code_of(record: Destruction, typed: str) -> bool:
    """Whether the receipt with this code says what the record says; codes of former secret keys count too."""
    given = "".join(filter(str.isalnum, typed.upper())).encode("utf-8", "surrogatepass")
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(compare_digest(given, code_of(record, secret).replace("-", "").encode()) for secret in secrets)


def statement_of(record: Destruction) -> str:
    """All that a receipt says and that stays true, in one line: also when a restored backup has the same case destroyed once more."""
    moments = (record.due_at, record.begun_at, record.originally_at or record.destroyed_at)
    said = (record.number, record.messages, record.files, record.bytes, record.manifest_digest)
    return "|".join(map(str, said)) + "|" + "|".join(moment.isoformat() if moment else "" for moment in moments)

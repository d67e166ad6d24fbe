"""The receipt of a destruction: what the record says, in words that anybody can compare with it.

The check code stands for the numbers and times on it, so a receipt that somebody changed is told from ours at the page that verifies them.
"""

import base64
from hmac import compare_digest

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.crypto import salted_hmac

from support.models import Destruction

CODE = 20  # characters of base32: 100 bits


def receipt_behind(number: str) -> Destruction | None:
    """However it was typed: with blanks or in capitals."""
    return Destruction.objects.filter(number="".join(number.split()).lower()[:100]).first()


def text_of(record: Destruction) -> str:
    """The receipt as plain text, in the language of whoever asks; the times are in UTC, so that it reads the same everywhere."""
    with timezone.override("UTC"):
        return render_to_string("support/receipt.txt", {"record": record, "code": code_of(record), "site_name": settings.SITE_NAME})


def code_of(record: Destruction, secret: str | None = None) -> str:
    """The check code, in groups of four."""
    letters = base64.b32encode(salted_hmac("support.receipt", statement_of(record), secret, algorithm="sha256").digest()).decode()
    return "-".join(letters[at : at + 4] for at in range(0, CODE, 4))


def is_code_of(record: Destruction, typed: str) -> bool:
    """Whether the receipt with this code says what the record says; codes of former secret keys count too."""
    given = "".join(filter(str.isalnum, typed.upper())).encode("utf-8", "surrogatepass")
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any([compare_digest(given, code_of(record, secret).replace("-", "").encode()) for secret in secrets])


def statement_of(record: Destruction) -> str:
    """All that a receipt says and that stays true, in one line: also when a restored backup has the same case destroyed once more."""
    moments = (record.due_at, record.begun_at, record.originally_at or record.destroyed_at)
    said = (record.number, record.messages, record.files, record.bytes, record.manifest_digest)
    return "|".join(map(str, said)) + "|" + "|".join(moment.isoformat() if moment else "" for moment in moments)

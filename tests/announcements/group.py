"""The announcement group, and files of people who joined elsewhere."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from announcements.models import SubscriberFile, Subscription
from announcements.subscribers import importing
from announcements.subscribers.importing import do_piece, take_in

HEADER = ("email", "language", "source", "wording", "consented_at", "ip", "topics")
PROOF = {
    "language": "en",
    "source": "trade fair",
    "wording": "fair-2025",
    "consented_at": "2025-05-01T10:00:00Z",
    "ip": "192.0.2.7",
    "topics": "",
}
PAGE = "/staff/announcements/subscriberfile/"


def line(email: str, **changes: str) -> dict[str, str]:
    return {"email": email} | PROOF | changes


def csv_of(rows: Iterable[dict[str, str]], delimiter: str = ",") -> bytes:
    file = io.StringIO()
    writer = csv.DictWriter(file, HEADER, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def looked_through(content: bytes) -> SubscriberFile:
    row = take_in(SubscriberFile(name="friends.csv"), io.BytesIO(content))
    return finish(row)


def imported(content: bytes) -> SubscriberFile:
    row = looked_through(content)
    assert row.begin()
    return finish(row)


def finish(row: SubscriberFile) -> SubscriberFile:
    """Let workers do all of it."""
    row.refresh_from_db()
    while row.is_under_way:
        do_piece(row.pk)
        row.refresh_from_db()
    return row


def numbers(row: SubscriberFile) -> tuple[int, int, int, int]:
    """New, known, left or suppressed, refused."""
    return row.new, row.known, row.suppressed, row.refused


def upload(client: Client, content: bytes, name: str = "friends.csv") -> Any:
    return client.post(f"{PAGE}add/", {"file": SimpleUploadedFile(name, content, "text/csv")})


def group() -> list[tuple[str, str, str]]:
    return list(Subscription.objects.order_by("email_key", "pk").values_list("email", "state", "basis"))


def small_pieces(monkeypatch: Any, size: int = 2) -> None:
    monkeypatch.setattr(importing, "RECORDS_A_PIECE", size)

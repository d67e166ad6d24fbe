"""Bringing in subscribers from elsewhere: a file becomes pieces, which are looked through, and after staff have seen what would happen, imported.

    upload → pieces → each looked through → staff see: new, known, left or suppressed, refused → each imported, and deleted with that

A piece is one transaction. Whoever is killed leaves none half done, and the next one goes on; the same file again changes nothing, for an address
stands in the group once (`subscription_stands_once`). Nobody is brought back who left or is suppressed.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Suppression
from accounts.models.suppression import digest_of
from announcements.models import Basis, FileState, Mailbox, SubscriberFile, SubscriberFilePiece, Subscription, SubscriptionState, Topic
from announcements.personal_data import SUBSCRIBER_FILES
from announcements.subscribers.columns import ALL_TOPICS, Subscriber, WrongRow, subscriber_in
from announcements.subscribers.reading import Table, Unreadable, opened, rows_of
from privacy.retention.due import rows as due_rows

PATIENCE = 5.0  # seconds: the embedded worker has mails to send in between
FILES_AT_ONCE = 20
RECORDS_A_PIECE = 2_000
PIECES_AT_ONCE = 20
MOST_REFUSALS = 100
LARGEST = 500 * 1024 * 1024


@transaction.atomic
def take_in(row: SubscriberFile, file: IO[bytes]) -> SubscriberFile:
    """Keep the file's lines in pieces, to be looked through. Unreadable if it is no table with the columns that there must be."""
    table, records = opened(file)
    row.delimiter, row.columns = table.delimiter, table.columns
    row.save()
    pieces: list[SubscriberFilePiece] = []
    number = row.rows = 0
    for number, (first_line, text, count) in enumerate(pieces_of(records)):
        pieces.append(SubscriberFilePiece(file=row, number=number, first_line=first_line, text=text))
        row.rows += count
        if len(pieces) == PIECES_AT_ONCE:
            SubscriberFilePiece.objects.bulk_create(pieces)
            pieces = []
    SubscriberFilePiece.objects.bulk_create(pieces)
    if not row.rows:
        raise Unreadable(_("There is no line below the first one."))
    row.save(update_fields=["rows"])
    return row


def looked_through(row: SubscriberFile, file: IO[bytes]) -> Iterator[SubscriberFile]:
    """What would become of the file's lines, counted in `row` piece by piece. Nothing is written. Unreadable as in `take_in`."""
    table, records = opened(file)
    row.state = FileState.CHECKED
    for first_line, text, count in pieces_of(records):
        outcome = judged(SubscriberFilePiece(first_line=first_line, text=text), table)
        note(row, outcome, len(outcome.new))
        row.rows += count
        yield row
    if not row.rows:
        raise Unreadable(_("There is no line below the first one."))


def pieces_of(records: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str, int]]:
    """First line, text and number of records of each piece; lines stand in it where they stood in the file."""
    text, first, line, count = "", 0, 0, 0
    for number, record in records:
        first, line = (first, line) if count else (number, number)
        text += "\n" * (number - line) + record + "\n"
        line, count = number + record.count("\n") + 1, count + 1
        if count == RECORDS_A_PIECE:
            yield first, text, count
            text, count = "", 0
    if count:
        yield first, text, count


@dataclass
class Outcome:
    """What becomes of the rows of a piece: those that are new, and how many are known, stay away, or are refused with their line and why."""

    new: list[Subscriber] = field(default_factory=list)
    known: int = 0
    away: int = 0
    refusals: list[tuple[int, str]] = field(default_factory=list)


def work_due(seconds: float = PATIENCE) -> int:
    """Look through and import pieces of all files in turn, for so long at most; returns how many rows. What another worker has in hand is its own."""
    done, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        files = list(SubscriberFile.objects.under_way().values_list("pk", flat=True)[:FILES_AT_ONCE])
        just_done = sum(do_piece(pk) for pk in files)
        if not just_done:
            break
        done += just_done
    return done


@transaction.atomic
def do_piece(pk: int) -> int:
    """The next piece of one file; returns its rows: 0 if there is none (any more), or another worker has the file in hand."""
    under_way = SubscriberFile.objects.under_way().select_for_update(no_key=True, skip_locked=True)
    row = under_way.filter(pk=pk).first()
    if row is None:
        return 0
    imports = row.state == FileState.IMPORTING
    pieces = row.pieces.order_by("number")
    piece = pieces.first() if imports else pieces.filter(number=row.next_piece).first()
    count = 0
    if piece:
        outcome = judged(piece, Table(row.delimiter, row.columns))
        added = bring_in(outcome.new) if imports else len(outcome.new)
        count = note(row, outcome, added)
        if imports:
            piece.delete()
        row.next_piece = piece.number + 1
    if not row.pieces.filter(number__gte=row.next_piece).exists():
        end(row)
    row.save()
    return count


def judged(piece: SubscriberFilePiece, table: Table) -> Outcome:
    """What would become of its rows; nothing is written. An address that stands in it twice counts once."""
    outcome, read = Outcome(), dict[str, Subscriber]()
    for line, cells in rows_of(piece.text, piece.first_line, table):
        try:
            subscriber = subscriber_in(cells)
        except WrongRow as wrong:
            outcome.refusals.append((line, str(wrong)))
            continue
        outcome.known += subscriber.email_key in read
        read.setdefault(subscriber.email_key, subscriber)
    away, standing = gone(read), standing_among(read)
    for key, subscriber in read.items():
        if subscriber.stays_away or key in away:
            outcome.away += 1
        elif key in standing:
            outcome.known += 1
        else:
            outcome.new.append(subscriber)
    return outcome


def gone(keys: Iterable[str]) -> set[str]:
    """Those who left, refuse announcements, complained, or have no mailbox."""
    digests = {digest_of(key): key for key in keys}
    suppressed = Suppression.objects.filter(digest__in=digests).values_list("digest", flat=True)
    left = Subscription.objects.filter(email_key__in=digests.values(), state=SubscriptionState.LEFT)
    return {digests[digest] for digest in suppressed} | set(left.values_list("email_key", flat=True))


def standing_among(keys: Iterable[str]) -> set[str]:
    standing = Subscription.objects.filter(email_key__in=list(keys)).exclude(state=SubscriptionState.LEFT)
    return set(standing.values_list("email_key", flat=True))


def bring_in(subscribers: list[Subscriber]) -> int:
    """They belong to the group, unless somebody joins at this very moment: the constraint decides. Returns how many were added.

    Topics count where the address has no mailbox yet; whoever has chosen here is not overruled.
    """
    rows = [subscription_of(subscriber) for subscriber in subscribers]
    Subscription.objects.bulk_create(rows, ignore_conflicts=True)
    choosy = [subscriber for subscriber in subscribers if subscriber.topics != ALL_TOPICS]
    Mailbox.objects.bulk_create([mailbox_of(subscriber) for subscriber in choosy], ignore_conflicts=True)
    return Subscription.objects.filter(key__in=[row.key for row in rows]).count()


def subscription_of(subscriber: Subscriber) -> Subscription:
    return Subscription(
        email=subscriber.email,
        email_key=subscriber.email_key,
        state=SubscriptionState.CONFIRMED,
        basis=Basis.IMPORTED,
        source=subscriber.source,
        wording=subscriber.wording,
        language=subscriber.language,
        ip=subscriber.ip,
        confirmed_ip=subscriber.confirmed_ip,
        asked_at=subscriber.consented_at,
        confirmed_at=subscriber.confirmed_at,
    )


def mailbox_of(subscriber: Subscriber) -> Mailbox:
    wishes = {f"wants_{topic}": topic in subscriber.topics for topic in Topic.values}
    return Mailbox(email=subscriber.email, email_key=subscriber.email_key, digest=digest_of(subscriber.email), **wishes)


def note(row: SubscriberFile, outcome: Outcome, added: int) -> int:
    """Count a piece; returns how many rows that were."""
    rows = len(outcome.new) + outcome.known + outcome.away + len(outcome.refusals)
    row.looked_at += rows
    row.new += added
    row.known += outcome.known + len(outcome.new) - added
    row.suppressed += outcome.away
    row.refused += len(outcome.refusals)
    row.refusals = [*row.refusals, *map(list, outcome.refusals)][:MOST_REFUSALS]
    return rows


def end(row: SubscriberFile) -> None:
    imports = row.state == FileState.IMPORTING
    row.state = FileState.DONE if imports else FileState.CHECKED
    row.ended_at = timezone.now() if imports else None


def purge_forgotten() -> int:
    """Destroy what was looked through and nobody imported; returns how many files."""
    now = timezone.now()
    due = SubscriberFile.objects.forgotten(now).filter(pieces__in=due_rows(SUBSCRIBER_FILES, SubscriberFilePiece, now)).distinct()
    return sum(row.discard() for row in due)

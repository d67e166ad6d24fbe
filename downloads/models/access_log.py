"""How far nginx's logs of release files were read, and what was read of them: both are written in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from downloads.models.release_file import ReleaseFile
from downloads.models.session import DownloadSession

AT_ONCE = 5_000  # rows a statement; SQLite takes 32,766 values in one

# The rows are locked and were read, so that what is set here is what follows from them.
NOTE = """
    WITH noted (id, sent, ended, end_sent, completed, at) AS (VALUES {rows})
    UPDATE downloads_downloadsession SET
        bytes_sent = bytes_sent + noted.sent,
        requests_ended = requests_ended + noted.ended,
        end_sent = noted.end_sent,
        completed_at = CASE WHEN noted.completed THEN noted.at ELSE completed_at END
    FROM noted WHERE downloads_downloadsession.id = noted.id
"""


@dataclass(slots=True)
class Sent:
    """What a piece of a log tells of one download session.

    `reached` is the position in the file up to which a whole answer went, `latest` the time of the last line, in seconds.
    """

    requests: int = 0
    bytes: int = 0
    reached: int = -1
    latest: float = 0.0


class AccessLogQuerySet(models.QuerySet["AccessLog"]):
    def of(self, fingerprint: str) -> "AccessLog":
        return self.get_or_create(fingerprint=fingerprint)[0]


class AccessLog(models.Model):
    """One log of nginx's, known by the digest of its first line, whatever the file is called today; `position` counts bytes, unpacked.

    These rows stay: without its row, a log that comes back from a backup would be counted again.
    """

    fingerprint = models.CharField(_("digest of the first line"), max_length=64, unique=True)
    position = models.PositiveBigIntegerField(_("read up to"), default=0)
    read_at = models.DateTimeField(_("last read"), default=timezone.now)

    objects = AccessLogQuerySet.as_manager()

    class Meta:
        verbose_name = _("access log")
        verbose_name_plural = _("access logs")

    def __str__(self) -> str:
        return self.fingerprint[:12]

    @transaction.atomic
    def take(self, begin: int, end: int, sent: dict[int, Sent]) -> set[int] | None:
        """Note the piece of the log between two positions, once: None, and nothing happens, if somebody has read on from `begin` meanwhile.

        Returns the sessions that are there (any more).
        """
        moved = AccessLog.objects.filter(pk=self.pk, position=begin).update(position=end, read_at=timezone.now())
        return note(sent) if moved else None


def note(sent: dict[int, Sent]) -> set[int]:
    """Add what was sent to the sessions; returns those that are there. They are locked in the order of their numbers, as by everybody here."""
    columns = ("pk", "file_id", "opened_at", "bytes_sent", "end_sent", "completed_at")
    wanted = DownloadSession.objects.filter(pk__in=sent).order_by("pk").select_for_update()
    sessions = list(wanted.values_list(*columns))
    sizes = dict(ReleaseFile.objects.filter(pk__in={file for _pk, file, *_rest in sessions}).values_list("pk", "size"))
    now = timezone.now()
    rows = []
    for pk, file, opened_at, sent_before, end_sent, completed_at in sessions:
        read, size = sent[pk], sizes[file]
        ended = end_sent or read.reached == size
        completed = ended and completed_at is None and sent_before + read.bytes >= size
        rows.append((pk, read.bytes, read.requests, ended, completed, believable(read.latest, opened_at, now)))
    for start in range(0, len(rows), AT_ONCE):
        write(rows[start : start + AT_ONCE])
    return {pk for pk, *_rest in rows}


def believable(seconds: float, opened_at: datetime, now: datetime) -> datetime:
    """The time in a log, as far as it can be: a web host's clock may be wrong."""
    try:
        return max(opened_at, min(now, datetime.fromtimestamp(seconds, UTC)))
    except (OverflowError, ValueError, OSError):
        return now


def write(rows: Sequence[tuple[int, int, int, bool, bool, datetime]]) -> None:
    adapted = connection.ops.adapt_datetimefield_value
    values = [value for *others, at in rows for value in (*others, adapted(at))]
    with connection.cursor() as cursor:
        cursor.execute(NOTE.format(rows=", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(rows))), values)

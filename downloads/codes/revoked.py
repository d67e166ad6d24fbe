"""The public list of revoked codes: digests alone, signed, for products that verify licence files without asking (docs/licence-files.md).

The list is what the database holds, under a number that counts each change of it, and of one day: whichever process makes it, the bytes are
the same as long as number, day and key are, and the three of them are its entity tag. Whoever verifies one licence fetches the part of its
digest's first two digits, which stays small however long the whole becomes.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.utils import timezone

from downloads.codes.envelope import sealed
from downloads.models import RevocationList, UnlockCode
from downloads.signing import LICENCES, present_key
from infacta.kept import Kept
from infacta.moments import moment

FORMAT = "revoked-codes-1"
PREFIX_LENGTH = 2
GOOD_FOR = timedelta(days=2)
SECONDS_KEPT = 60
AFTER_ALL_DIGITS = "g"
whole: Kept[bytes] = Kept(SECONDS_KEPT)


@dataclass(frozen=True)
class Snapshot:
    """Which list this is; two of one snapshot are the same."""

    number: int
    day: datetime
    key_id: str

    def etag(self, prefix: str) -> str:
        return f'"{self.number}-{self.day:%Y%m%d}-{self.key_id}{prefix and f"-{prefix}"}"'


def present_snapshot() -> Snapshot:
    """The list as it is now, before it is made: one query. Raises BadKey if there is no good key."""
    key = present_key(LICENCES)
    day = datetime.combine(timezone.now().astimezone(UTC).date(), time.min, UTC)
    return Snapshot(RevocationList.objects.number(), day, key.id)


def part(snapshot: Snapshot, prefix: str) -> bytes:
    """The signed list of those codes whose digest begins with the prefix; with "", of all."""
    if prefix:
        return made(snapshot, prefix)
    document = whole.get(snapshot.etag(""))
    if document is None:
        document = made(snapshot, "")
        whole.put(snapshot.etag(""), document)
    return document


def made(snapshot: Snapshot, prefix: str) -> bytes:
    revoked = UnlockCode.objects.filter(revoked_at__isnull=False, digest__gte=prefix, digest__lt=prefix + AFTER_ALL_DIGITS)
    payload = {
        "number": snapshot.number,
        "valid_from": moment(snapshot.day),
        "next_update": moment(snapshot.day + GOOD_FOR),
        "prefix": prefix,
        "codes": sorted(revoked.values_list("digest", flat=True)),
    }
    return sealed(FORMAT, payload)

"""What this installation knows of the promises about downloads (C5, C7, C16)."""

from datetime import timedelta
from itertools import islice

from django.conf import settings
from django.utils import timezone

from audit.kinds import Kind
from audit.promise_checks import without_event
from downloads.models import DownloadSession, Entitlement, ReleaseFile
from downloads.models.release_file import release_storage
from downloads.releases.integrity import orphans
from privacy.promise_checks import Outcome, checks

SAMPLE = 200
FILES, FILES_ELSEWHERE = 1_000, 20
"""So many of the latest release files are looked for: of an object store fewer, for each is a question over the network."""
MOST_STRAYS = 20
A_MOMENT = timedelta(minutes=1)


@checks("C7", "C16")
def downloads_are_recorded() -> tuple[Outcome, str]:
    """The latest downloads that customers see, each against the audit log."""
    sessions = dict(DownloadSession.objects.order_by("-opened_at", "-pk").values_list("pk", "opened_at")[:SAMPLE])
    if not sessions:
        return Outcome.UNKNOWN, "nobody has taken a download yet"
    if missing := without_event(Kind.DOWNLOAD_TAKEN, "download", sessions, min(sessions.values()) - A_MOMENT):
        return Outcome.BROKEN, f"of the latest {len(sessions)} downloads {len(missing)} are not in the record, such as {min(missing)}"
    return Outcome.KEPT, f"each of the latest {len(sessions)} downloads is in the record"


@checks("C5")
def what_remains_is_what_was_given_and_taken() -> tuple[Outcome, str]:
    """The latest products that customers were given, each against its ledger; `manage.py check_ledger` looks at all."""
    latest = list(Entitlement.objects.order_by("-pk").values_list("pk", flat=True)[:SAMPLE])
    if wrong := list(Entitlement.objects.filter(pk__in=latest).not_summing().values_list("pk", flat=True)[:5]):
        return Outcome.BROKEN, f"downloads that remain are not what the ledger sums to: entitlements {', '.join(map(str, wrong))}"
    return Outcome.KEPT, f"of the latest {len(latest)} products given, each has as many downloads left as its ledger says"


@checks("C5")
def files_are_there() -> tuple[Outcome, str]:
    """Rows without a file, and files without a row; `manage.py verify_files` reads each to its end."""
    storage, is_local = release_storage(), settings.DOWNLOADS_DELIVERY != "s3"
    files = ReleaseFile.objects.order_by("-pk")[: FILES if is_local else FILES_ELSEWHERE]
    looked_at = [(file.pk, file.stored_as) for file in files]
    if missing := [pk for pk, name in looked_at if not storage.exists(name)]:
        return Outcome.BROKEN, f"of {len(looked_at)} release files {len(missing)} are missing, such as that of row {missing[0]}"
    strays = len(list(islice(orphans(storage, timezone.now()), MOST_STRAYS))) if is_local and settings.RELEASE_FILES_DIR.is_dir() else 0
    if strays:
        return Outcome.BROKEN, f"{strays} release files, or more, belong to no row: manage.py verify_files names them"
    return Outcome.KEPT, f"{len(looked_at)} release files are there" + (", and no other" if is_local else "")

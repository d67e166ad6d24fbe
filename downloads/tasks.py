"""The sweeps of downloads: retention, what broke off, what sent almost nothing, and files that updaters wait for."""

from datetime import timedelta
from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from downloads.delivery.giving_back import give_back_hardly_sent
from downloads.models import DownloadSession, PublicKey
from downloads.personal_data import DOWNLOAD_HISTORY, UPLOADS
from downloads.releases.update_signatures import sign_due_files
from infacta.celery import WakingTask
from privacy.retention.batches import delete
from privacy.retention.due import rows

LATEST_LOG = timedelta(days=30)  # what was sent is known at the latest from a log of the web server's, and those are kept so long


@shared_task
def return_unsent_downloads() -> int:
    """Give back downloads of which almost nothing was sent; returns how many."""
    now = timezone.now()
    return give_back_hardly_sent(now - LATEST_LOG, now)


@shared_task
def purge_download_sessions() -> int:
    """Delete download sessions past their retention; returns how many. The allowance is a counter, so this gives none back."""
    return delete(rows(DOWNLOAD_HISTORY, DownloadSession, timezone.now()))


@shared_task(base=WakingTask)
def sign_updates() -> int:
    """Sign files for updaters; returns how many."""
    return sign_due_files()


@shared_task
def publish_keys() -> int:
    """Put the public halves of all keys that are configured onto the page of signatures, before they sign anything; returns how many there are."""
    return PublicKey.objects.publish_configured()


@shared_task
def purge_uploads() -> int:
    """Delete what a killed process left of an upload; returns how many files. A file that arrived whole is moved away at once."""
    oldest = UPLOADS.oldest(timezone.now()).timestamp()
    broken = [path for path in Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir() if path.is_file() and path.stat().st_mtime < oldest]
    for path in broken:
        path.unlink(missing_ok=True)
    return len(broken)

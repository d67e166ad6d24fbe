"""The end of retention of download sessions."""

from celery import shared_task
from django.utils import timezone

from downloads.models import DownloadSession
from downloads.personal_data import DOWNLOAD_HISTORY


@shared_task
def purge_download_sessions() -> int:
    """Delete download sessions past their retention; returns how many. The allowance is a counter, so this gives none back."""
    return DownloadSession.objects.filter(opened_at__lt=DOWNLOAD_HISTORY.oldest(timezone.now())).delete()[0]

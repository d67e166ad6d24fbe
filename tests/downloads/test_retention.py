"""What ends by itself: old download sessions, and pieces of uploads."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from downloads.models import DownloadSession
from downloads.tasks import purge_download_sessions, purge_uploads
from tests.customer import log_in


@pytest.mark.django_db
def test_download_sessions_end_after_two_years_and_give_no_download_back(alice, alices, notebook_file):
    log_in(alice).post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk})
    DownloadSession.objects.update(opened_at=timezone.now() - timedelta(days=729))
    assert purge_download_sessions() == 0
    DownloadSession.objects.update(opened_at=timezone.now() - timedelta(days=731))
    assert purge_download_sessions() == 1
    alices.refresh_from_db()
    assert alices.remaining == 4


def test_pieces_of_uploads_end_after_a_day(settings):
    folder = Path(settings.FILE_UPLOAD_TEMP_DIR)
    left, running = folder / "left.upload", folder / "running.upload"
    for path in (left, running):
        path.write_bytes(b"x")
    two_days_ago = (timezone.now() - timedelta(days=2)).timestamp()
    os.utime(left, (two_days_ago, two_days_ago))
    assert purge_uploads() == 1
    assert (left.exists(), running.exists()) == (False, True)

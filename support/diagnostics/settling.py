"""What is left to do about uploads when nobody is sending: those that came whole become cases, and those that lapsed are destroyed."""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from privacy.retention.due import rows
from support.diagnostics.problems import Problem
from support.diagnostics.receiving import destroy, finish
from support.models import DiagnosticsUpload
from support.personal_data.diagnostics import A_DAY
from support.vault import keyring
from support.vault.alone import Busy, alone
from support.vault.keyring import KeyGone

log = logging.getLogger(__name__)
IN_HAND = timedelta(minutes=1)  # so long whoever received the end may still be at it
BATCH = 100


def open_what_came_whole() -> int:
    """Open the cases of uploads that are whole while whoever received them was stopped; returns how many."""
    whole = DiagnosticsUpload.objects.whole(timezone.now() - IN_HAND)
    return sum(held(upload, finish) for upload in whole[:BATCH])


def destroy_what_lapsed() -> int:
    """Destroy uploads that did not come whole in time; of those that became cases, the row alone. Returns how many. One that fails stops no other."""
    lapsed = list(rows(A_DAY, DiagnosticsUpload, timezone.now()).order_by("until", "pk")[:BATCH])
    done = DiagnosticsUpload.objects.filter(pk__in=[upload.pk for upload in lapsed]).exclude(case=None).delete()[0]
    return done + sum(destroyed(upload) for upload in lapsed if upload.case_id is None)


def destroyed(upload: DiagnosticsUpload) -> bool:
    try:
        if keyring.exists(upload.key_name):
            return held(upload, destroy)
        destroy(upload)
    except OSError:
        log.exception("Upload %s of diagnostics has lapsed and cannot be destroyed", upload.pk)
        return False
    return True


def held(upload: DiagnosticsUpload, work: Callable[[DiagnosticsUpload], object]) -> bool:
    """Do it while nobody else writes; False if somebody does, or it cannot be done."""
    try:
        with alone(upload.key_name):
            upload.refresh_from_db()
            if upload.case_id is None:
                work(upload)
            return True
    except (Busy, KeyGone, Problem, DiagnosticsUpload.DoesNotExist):
        return False

"""Reports are made and destroyed, persons erased, requests are looked at and lapse, and what is over goes in the end."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from infacta.celery import WakingTask
from mailroom import outbox
from mailroom.models import MailState, OutgoingMail
from privacy.retention.batches import delete
from privacy.retention.due import rows
from rights.erasure import asking, working
from rights.erasure.finishing import RECEIPT
from rights.models import Kind, SubjectRequest
from rights.personal_data import REQUESTS
from rights.report import destroying, making
from rights.requests import looking
from rights.requests.ways import Way, ways


@shared_task(base=WakingTask)
def make_report(request_id: int) -> int:
    """Make one report; returns how many were made (0 or 1)."""
    return int(making.make(request_id))


ways[Kind.REPORT] = Way(timedelta(0), make_report.wake)


@shared_task
def make_due_reports() -> int:
    """Make the reports that are due, those too that a worker left behind; returns how many."""
    return making.make_due()


@shared_task
def purge_reports() -> int:
    """Destroy reports whose seven days are over, and whatever lies there without a row; returns how many are gone."""
    return destroying.destroy_lapsed() + destroying.destroy_strays()


@shared_task(base=WakingTask)
def look_at_request(request_id: int) -> int:
    """Look whether the address that somebody asked with is on file, and mail it; returns how many mails were written (0 or 1)."""
    return int(looking.look(request_id))


@shared_task
def look_at_requests() -> int:
    """The same for all that nobody has looked at; returns how many mails were written."""
    return looking.look_at_all()


@shared_task
def lapse_requests() -> int:
    """End the requests that nobody proved within seven days; returns how many."""
    return looking.lapse()


@shared_task
def purge_requests() -> int:
    """Delete what was over long enough ago; returns how many rows are gone."""
    return delete(rows(REQUESTS, SubjectRequest, timezone.now()))


SECONDS = 30  # so long one sweep works; then other sweeps have their turn
READ_FROM_A_FILE = timedelta(hours=1)  # a site in development shows its mails for so long


@shared_task(base=WakingTask)
def erase() -> int:
    """Go on with every erasure that is due; returns how many are done, from first to last."""
    return working.work_off(seconds=SECONDS)


ways[Kind.ERASURE] = Way(timedelta(days=settings.ERASURE_COOLING_DAYS), lambda _request_id: erase.wake())


@shared_task
def remind_of_erasures() -> int:
    """Say once more, a day before, that an erasure begins; returns how many mails were written."""
    return asking.remind(timezone.now())


@shared_task
def forget_receipts() -> int:
    """The address of a last mail leaves the outbox once it is handed over; returns how many are gone. What could not be sent goes with its text."""
    over = OutgoingMail.objects.filter(cause__startswith=RECEIPT)
    sent = over.filter(state=MailState.SENT, sent_at__lt=timezone.now() - READ_FROM_A_FILE)
    given_up = over.filter(state=MailState.FAILED, text="")
    return outbox.destroy_rows([*sent.values_list("pk", flat=True), *given_up.values_list("pk", flat=True)])

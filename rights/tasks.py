"""The ends of retention of requests."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from infacta.celery import WakingTask
from mailroom import outbox
from mailroom.models import MailState, OutgoingMail
from rights.erasure import asking, working
from rights.erasure.finishing import RECEIPT
from rights.models import SubjectRequest
from rights.personal_data import REQUESTS


@shared_task
def purge_requests() -> int:
    """Delete what was over long enough ago; returns how many rows are gone."""
    return SubjectRequest.objects.filter(ended_at__lt=REQUESTS.oldest(timezone.now())).delete()[0]


SECONDS = 30  # so long one sweep works; then other sweeps have their turn
READ_FROM_A_FILE = timedelta(hours=1)  # a site in development shows its mails for so long


@shared_task(base=WakingTask)
def erase() -> int:
    """Go on with every erasure that is due; returns how many are done, from first to last."""
    return working.work_off(seconds=SECONDS)


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

"""A customer asks for their report: known by their log-in, and confirmed freshly."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from accounts.requests import AccountsRequest
from audit.kinds import Kind as Fact
from audit.log import record
from privacy.ribbon import note
from rights.models import Kind, SubjectRequest
from rights.personal_data import MADE
from rights.tasks import make_report


def ask(user: User, request: AccountsRequest) -> SubjectRequest:
    """The new request, or the one that is open already: of two at once the constraint takes one, and both see that one, though it be over by then."""
    try:
        with transaction.atomic():
            asked = SubjectRequest.objects.create(kind=Kind.REPORT, user=user, proved_at=timezone.now())
            record(Fact.REPORT_ASKED, user=user, request=request, number=asked.number)
    except IntegrityError:
        return SubjectRequest.objects.filter(kind=Kind.REPORT, user=user).latest("pk")
    note(request, MADE)
    make_report.wake(asked.pk)
    return asked


def latest(user: User) -> SubjectRequest | None:
    """What the page of the customer's data shows: the open request, or the latest report that can still be fetched."""
    asked = SubjectRequest.objects.filter(kind=Kind.REPORT, user=user).select_related("report")
    return asked.open().first() or asked.filter(report__destroyed_at=None, report__valid_until__gt=timezone.now()).first()

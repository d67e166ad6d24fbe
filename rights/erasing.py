"""What becomes of other requests when a person asks to be forgotten: those that are open end, and none of them names an address any more."""

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from privacy.erasing import Eraser, NotYet
from privacy.subjects import DataSubject, at_address
from rights.models import Kind, ReportFile, State, SubjectRequest
from rights.models.subject_request import OPEN
from rights.report.destroying import destroy_one


def requests_of(person: DataSubject) -> QuerySet[SubjectRequest]:
    """Without those for erasure that are being done: the last step of each ends it itself."""
    theirs = at_address("email", person)
    if person.account is not None:
        theirs |= Q(user=person.account)
    return SubjectRequest.objects.filter(theirs).exclude(kind=Kind.ERASURE, state=State.WORKING)


def left(person: DataSubject) -> QuerySet[SubjectRequest]:
    return requests_of(person).filter(Q(state__in=OPEN) | ~Q(email="") | ~Q(reason=""))


@transaction.atomic
def forget(person: DataSubject) -> None:
    """A report that is being made is not finished, for its worker finds that its request is over."""
    numbers = list(left(person).select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    theirs = SubjectRequest.objects.filter(pk__in=numbers)
    theirs.filter(state__in=OPEN).update(state=State.CANCELLED, ended_at=timezone.now(), lease_token="", lease_until=None)
    theirs.update(email="", reason="")


forget_requests = Eraser(forget, lambda person: left(person).count())


def reports_of(person: DataSubject) -> QuerySet[ReportFile]:
    theirs = at_address("request__email", person)
    if person.account is not None:
        theirs |= Q(request__user=person.account)
    return ReportFile.objects.filter(theirs)


def destroy_reports(person: DataSubject) -> None:
    """Key and file first, and then the rows. A worker that is making one finds its request over, and what it leaves is a stray (rights/report)."""
    for report in reports_of(person).filter(destroyed_at=None):
        if not destroy_one(report):
            raise NotYet("a report could not be destroyed yet")
    with transaction.atomic():
        reports_of(person).delete()


forget_reports = Eraser(destroy_reports, lambda person: reports_of(person).count())

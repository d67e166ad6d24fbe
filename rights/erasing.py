"""What becomes of other requests when a person asks to be forgotten: those that are open end, and none of them names an address any more."""

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from privacy.erasing import Eraser
from privacy.subjects import DataSubject
from rights.models import Kind, State, SubjectRequest
from rights.models.subject_request import OPEN


def requests_of(person: DataSubject) -> QuerySet[SubjectRequest]:
    """Without those for erasure that are being done: the last step of each ends it itself."""
    theirs = Q(pk__in=[]) if person.account is None else Q(user=person.account)
    for address in person.addresses:
        theirs |= Q(email__iexact=address)
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

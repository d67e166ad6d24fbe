"""Showing that one reads the mailbox in question: the link of the mail, and a press of its button."""

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from audit.kinds import Kind as Fact
from audit.log import record
from rights.models import State, SubjectRequest
from rights.models.subject_request import OPEN, digest
from rights.requests.ways import begin, ways


def behind(token: str) -> SubjectRequest | None:
    """The request that the link is about, while it is open and its time is not over."""
    asked = SubjectRequest.objects.filter(proof_digest=digest(token), state__in=OPEN).first()
    too_late = asked is not None and asked.state == State.UNPROVED and asked.asked_at < timezone.now() - SubjectRequest.PROOF_LIFE
    return None if too_late else asked


@transaction.atomic
def prove(asked: SubjectRequest, request: HttpRequest) -> bool:
    """The mailbox is proved, and the request waits for its time; False if it was proved already. Of two presses one counts."""
    now = timezone.now()
    unproved = SubjectRequest.objects.filter(pk=asked.pk, state=State.UNPROVED, proof_digest=asked.proof_digest)
    if not unproved.update(state=State.WAITING, proved_at=now, begins_at=now + ways[asked.kind].wait):
        return False
    record(Fact.REQUEST_PROVED, user=asked.user, request=request, number=asked.number, what=asked.kind)
    asked.refresh_from_db()
    begin(asked)
    return True

"""Showing that one reads the mailbox in question: the link of the mail, and a press of its button."""

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.addresses import address_key
from audit.kinds import Kind as Fact
from audit.log import record
from rights.models import State, SubjectRequest
from rights.models.subject_request import OPEN, digest
from rights.requests.looking import may_prove_by_mailbox
from rights.requests.ways import begin, ways


def behind(token: str) -> SubjectRequest | None:
    """The request that the link is about, while it is open and its time is not over."""
    asked = SubjectRequest.objects.filter(proof_digest=digest(token), state__in=OPEN).select_related("user").first()
    return None if asked and asked.state == State.UNPROVED and is_stale(asked) else asked


def is_stale(asked: SubjectRequest) -> bool:
    """Whether reading the mailbox does not prove it any more: its time is over, or the account can be logged in to again, has a second factor, or another address."""
    if asked.asked_at < timezone.now() - SubjectRequest.PROOF_LIFE:
        return True
    user = asked.user
    return user is not None and not (user.email_key == address_key(asked.email) and may_prove_by_mailbox(user))


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

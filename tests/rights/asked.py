"""Persons who asked to be erased, and workers that do it without waiting."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from rights.erasure.working import work_off
from rights.models import Erasure, Kind, State, SubjectRequest


def due_request(user: User | None = None, email: str = "") -> SubjectRequest:
    """The time for second thoughts is over."""
    return SubjectRequest.objects.create(
        kind=Kind.ERASURE, user=user, email=email or (user.email if user else ""), begins_at=timezone.now() - timedelta(minutes=1)
    )


def settle() -> None:
    """So much time passes that no visit of before is under way any more, and every pause is over."""
    for erasure in Erasure.objects.filter(done_at=None):
        Erasure.objects.filter(pk=erasure.pk).update(closed_at=erasure.closed_at - Erasure.SETTLE)
    SubjectRequest.objects.filter(state=State.WORKING).update(lease_until=timezone.now())


def erase(user: User | None = None, email: str = "") -> Erasure:
    """From first to last."""
    request = due_request(user, email)
    work_off()
    settle()
    work_off()
    erasure = Erasure.objects.get(number=request.number)
    problems = [f"{step.name}: {step.problem}" for step in erasure.steps.exclude(problem="")]
    assert erasure.is_done, [*problems, SubjectRequest.objects.get(pk=request.pk).problem]
    return erasure

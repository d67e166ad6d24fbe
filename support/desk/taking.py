"""Who works on a case: taken on, taken over, handed over, given back. Of two at once one has it, for each is one conditional UPDATE."""

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.models import RecordOpening, User
from accounts.openings import customers_for, open_record
from accounts.roles import in_role
from audit.kinds import Kind as Fact
from audit.log import record
from support.models import Case
from support.models.case import digest_of

MOST_COLLEAGUES = 200


class Overtaken(Exception):
    """Somebody else works on it meanwhile, or nobody any more, or it is being destroyed."""


class OwnCase(Exception):
    """It is about the very person who is to work on it."""


def is_of(case: Case, staff: Any) -> bool:
    """Whether the case is this person's own: by the account, or by the address that it was opened from."""
    return case.user_id == staff.pk or (bool(case.email_digest) and case.email_digest == digest_of(staff.email))


def colleagues() -> "QuerySet[User]":
    """Those who may work on cases, by name."""
    may = Q(groups__permissions__codename="work_case", groups__permissions__content_type__app_label="support") | Q(is_superuser=True)
    return User.objects.filter(pk__in=User.objects.filter(may, is_staff=True).values("pk")).order_by("name", "email")[:MOST_COLLEAGUES]


@transaction.atomic
def take(case: Case, by: Any, request: HttpRequest) -> None:
    """Take on what nobody works on. Raises Overtaken and OwnCase."""
    assign(case, None, by)
    note(Fact.CASE_TAKEN, case, by, request)


@transaction.atomic
def take_over(case: Case, seen: int | None, reason: str, by: Any, request: HttpRequest) -> None:
    """Take on what the colleague with the number `seen` works on, who sees it no more. Raises Overtaken and OwnCase."""
    assign(case, seen, by)
    note(Fact.CASE_TAKEN, case, by, request, reason=reason)


@transaction.atomic
def hand_over(case: Case, seen: int | None, to: User, by: Any, request: HttpRequest) -> None:
    """Let somebody else work on it. Raises Overtaken and OwnCase."""
    assign(case, seen, to)
    note(Fact.CASE_HANDED_OVER, case, by, request, to=to.pk)


@transaction.atomic
def give_back(case: Case, by: Any, request: HttpRequest) -> None:
    """Let anybody take it on. Raises Overtaken."""
    assign(case, by.pk, None)
    note(Fact.CASE_GIVEN_BACK, case, by, request)


def assign(case: Case, seen: int | None, to: Any) -> None:
    """`seen` is who worked on it as far as whoever decides knew; the customer's record shuts for them, if it was open for this case."""
    if to is not None and is_of(case, to):
        raise OwnCase
    if not Case.objects.live().filter(pk=case.pk, assigned_to=seen).update(assigned_to=to):
        raise Overtaken
    if seen is not None and case.user_id:
        RecordOpening.objects.filter(staff=seen, customer=case.user_id, reason=reason_of(case)).close()


def note(fact: Fact, case: Case, by: Any, request: HttpRequest, **detail: Any) -> None:
    record(fact, user=case.user, actor=by, request=request, case=case.reference, **in_role(by), **detail)


def reason_of(case: Case) -> str:
    """What the customer reads that their record was opened for."""
    return f"case {case.reference}"


def open_record_for(case: Case, request: Any) -> bool:
    """Open the customer's record to whoever works on the case; False if it has no account, or one that is not theirs to open (a colleague's)."""
    if case.user is None or not customers_for(request.user).filter(pk=case.user.pk).exists():
        return False
    open_record(request, case.user, reason_of(case))
    return True

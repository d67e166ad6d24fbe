"""Objecting: a case with the person's reasons."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.limits import CASES_ACCOUNT, demand
from support.cases.opening import Request, open_case
from support.models import Case, CaseDetails, Channel, Kind, Objection


@dataclass(frozen=True)
class Wish:
    """To which purpose, by its slug and in words, and why."""

    purpose: str
    title: str
    reasons: str
    submission: str


def object_to(wish: Wish, user: Any, request: HttpRequest) -> Case:
    """Open the case; the same form again is the same case. Raises TooManyTries and CannotOpen."""
    if before := Case.objects.filter(submission=wish.submission, user=user).first():
        return before
    demand(CASES_ACCOUNT, str(user.pk))

    def keep_purpose(case: Case) -> None:
        Objection.objects.create(case=case, purpose=wish.purpose)

    details = CaseDetails(subject=_("Objection: %(what)s") % {"what": wish.title}, name=user.name, email=user.email)
    asked = Request(Channel.AREA, details, wish.reasons, Kind.OBJECTION, user=user, submission=wish.submission, also=keep_purpose)
    return open_case(asked, request)

"""Asking for a correction: a case with what is wrong, or a question that staff turn into one."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.limits import CASES_ACCOUNT, demand
from support.cases.hands import Decided, in_hand
from support.cases.opening import Request, open_case
from support.models import About, Case, CaseDetails, Channel, CorrectionRequest, Kind


@dataclass(frozen=True)
class Wish:
    """What stands somewhere and is wrong, what it should be, and why."""

    about: About
    present: str
    wanted: str
    why: str
    submission: str


def ask(wish: Wish, user: Any, request: HttpRequest) -> Case:
    """Open the case; the same form again is the same case. Raises TooManyTries."""
    if before := Case.objects.filter(submission=wish.submission, user=user).first():
        return before
    demand(CASES_ACCOUNT, str(user.pk))

    def keep_wish(case: Case) -> None:
        asked = CorrectionRequest(case=case, about=wish.about)
        asked.seal(wish.present, wish.wanted, wish.why)
        asked.save(force_insert=True)

    details = CaseDetails(subject=_("Please correct: %(what)s") % {"what": wish.about.label}, name=user.name, email=user.email)
    asked = Request(Channel.AREA, details, in_words(wish), Kind.CORRECTION, user=user, submission=wish.submission, also=keep_wish)
    return open_case(asked, request)


def in_words(wish: Wish) -> str:
    """What stands in the thread, for the customer to read again."""
    parts = [(_("What stands there now:"), wish.present), (_("What should stand there:"), wish.wanted), (_("Why:"), wish.why)]
    return "\n\n".join(f"{label}\n{text}" for label, text in parts if text)


@transaction.atomic
def treat_as_correction(case: Case, *, by: Any) -> None:
    """A question turns out to be one. Raises Gone, NotYours, and Decided if it is something else already."""
    held = in_hand(case, by)
    if held.kind != Kind.QUESTION:
        raise Decided
    held.kind = Kind.CORRECTION
    held.save(update_fields=["kind"])
    asked = CorrectionRequest(case=held, about=About.OTHER)
    asked.seal("", "", "")
    asked.save(force_insert=True)

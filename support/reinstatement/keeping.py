"""What a customer on hold writes becomes a case of support, and goes when the hold is decided about (accounts/appeals.py; promises C19, G8)."""

from collections.abc import Collection
from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.appeals import CannotKeep, Keeper, register
from accounts.models import Appeal, Hold, User
from support.cases.closing import shut
from support.cases.opening import CannotOpen, Request, open_case
from support.cases.writing import Gone, customer_writes, locked
from support.models import Case, CaseDetails, CaseMessage, Channel, Kind, Life, Reinstatement

APPEAL = "appeal:"


def take(appeal: Appeal, text: str, request: HttpRequest) -> None:
    """Open a case with the words in it; what is written about the same hold again is a message of that case. The account is locked."""
    for asked in Reinstatement.objects.filter(hold=appeal.hold, decided_at=None).select_related("case"):
        try:
            customer_writes(asked.case, text, Channel.AREA, submission=f"{APPEAL}{appeal.pk}", request=request)
        except Gone:
            end(asked)
        else:
            return
    open_about(appeal, text, request)


def open_about(appeal: Appeal, text: str, request: HttpRequest) -> None:
    hold, user = appeal.hold, appeal.hold.user

    def name_hold(case: Case) -> None:
        case.messages.update(submission=f"{APPEAL}{appeal.pk}")
        Reinstatement.objects.create(case=case, hold=hold)

    details = CaseDetails(subject=_("My account is on hold"), name=user.name, email=user.email)
    asked = Request(Channel.AREA, details, text, Kind.REINSTATEMENT, user=user, also=name_hold, confirmation="")
    try:
        open_case(asked, request)
    except CannotOpen as reason:
        raise CannotKeep(str(reason)) from reason


def words_of(hold: Hold) -> dict[int, str]:
    """What is left of what the customer wrote, by the numbers of the appeals. One query."""
    messages = CaseMessage.objects.filter(case__reinstatement__hold=hold, case__life=Life.LIVE, submission__startswith=APPEAL)
    return {int(message.submission.removeprefix(APPEAL)): message.text for message in messages.select_related("case") if message.submission}


def decided(hold: Hold, by: User | None, request: HttpRequest | None) -> None:
    """The hold has ended, or the account is closed: the case is closed with it, and destroyed without a grace, as the page of the hold says.

    The customer learns of it by the mail about the hold, and of the destruction by its receipt.
    """
    for asked in Reinstatement.objects.filter(hold=hold, decided_at=None).select_related("case"):
        end(asked)
        try:
            shut(locked(asked.case), by=by, request=request, grace=timedelta(0))
        except Gone:
            continue


def end(asked: Reinstatement) -> None:
    Reinstatement.objects.filter(pk=asked.pk, decided_at=None).update(decided_at=timezone.now())


def destroy_words(appeals: Collection[int]) -> None:
    """Nobody has decided about these for a year: their words go."""
    CaseMessage.objects.filter(submission__in=[f"{APPEAL}{number}" for number in appeals]).delete()


KEEPER = register(Keeper(take, words_of, decided, destroy_words))

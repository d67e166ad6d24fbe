"""What staff decide about a request: send the way in to the address on file, refuse it, or refuse it and keep the proof because fraud is suspected.

Each destroys the proof at once, or keeps it for a written reason, in the transaction that closes the case. Whoever asked gets the same answer whatever
was decided, so that it tells nobody whether there is such an account; the way in goes to the account's own address, and nowhere else. Each leaves a note
for staff, and just one: how many there are stands in what is told of the case, and on its receipt.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.holds import is_held
from accounts.models import User
from accounts.passwords import set_password_url
from accounts.roles import in_role
from audit.kinds import Kind as Fact
from audit.log import fact, record, record_all
from mailroom.outgoing import write
from privacy.retention.due import rows
from support.cases.closing import LONGEST_HOLD, keep_for_fraud, shut
from support.cases.hands import Decided, in_hand
from support.cases.mails import cause_of, mail
from support.cases.writing import note, said
from support.login_help.matching import candidates_for
from support.models import Author, Case, LoginHelpRequest, Outcome, ProofOfPurchase
from support.personal_data.login_help import PROOFS

BATCH = 500


class NoCandidate(Exception):
    """What was told does not agree with this account in anything."""


class OnHold(Exception):
    """The account is on hold: a new password would let nobody in."""


@transaction.atomic
def send_way_in(case: Case, user: User, *, by: Any, request: HttpRequest) -> None:
    """Mail the account's own address a link that sets a new password, and close the case.

    Raises Gone, NotYours, Decided, NoCandidate and OnHold; nothing is done then.
    """
    held = in_hand(case, by)
    proof = proof_of(held)
    if user.pk not in {one.user.pk for one in candidates_for(proof.told, held.details.email)}:
        raise NoCandidate
    if is_held(user.pk):
        raise OnHold
    proof.delete()
    write("support/way_in", to=user.email, cause=f"{cause_of(held)}way-in", user=user, set_password_url=set_password_url(user))
    note(held, _("The way in was mailed to the address on file."), by=by)
    record(Fact.LOGIN_HELP_GIVEN, user=user, actor=by, request=request, case=held.reference, **in_role(by))
    conclude(held, Outcome.FULFILLED, by, request)


@transaction.atomic
def refuse(case: Case, reason: str, *, by: Any, request: HttpRequest) -> None:
    """It is nobody's, or too little agrees. The reason is for staff: a note in the case. Raises Gone, NotYours and Decided."""
    held = in_hand(case, by)
    proof_of(held).delete()
    note(held, reason, by=by)
    record(Fact.LOGIN_HELP_REFUSED, actor=by, request=request, case=held.reference, **in_role(by))
    conclude(held, Outcome.REFUSED, by, request)


@transaction.atomic
def refuse_and_keep(case: Case, reason: str, until: datetime, *, by: Any, request: HttpRequest) -> None:
    """Fraud is suspected: the proof stays with the case until then at the latest, and the case is not destroyed before.

    ValueError if `until` does not lie within a year. Raises Gone, NotYours and Decided.
    """
    held, now = in_hand(case, by), timezone.now()
    if not now < until <= now + LONGEST_HOLD:
        raise ValueError("a proof is kept for a year at most")
    proof = proof_of(held)
    proof.retained_reason, proof.retained_by, proof.retained_at, proof.retained_until = reason, by, now, until
    proof.save(update_fields=["retained_reason", "retained_by", "retained_at", "retained_until"])
    note(held, reason, by=by)
    keep_for_fraud(held, reason=reason, until=until, by=by, request=request)
    record(Fact.PROOF_KEPT, actor=by, request=request, case=held.reference, **in_role(by))
    conclude(held, Outcome.KEPT, by, request)


def proof_of(held: Case) -> ProofOfPurchase:
    """The proof of a locked case that nobody has decided about; Decided if there is none any more."""
    proof = ProofOfPurchase.objects.filter(case=held, retained_until=None).first()
    if proof is None:
        raise Decided
    proof.case = held
    return proof


def conclude(held: Case, outcome: Outcome, by: Any, request: HttpRequest) -> None:
    """Close the locked case, and tell whoever asked; one mail, with the same words after every decision."""
    if outcome != Outcome.KEPT:
        record(Fact.PROOF_DISCARDED, actor=by, request=request, case=held.reference, **in_role(by))
    LoginHelpRequest.objects.decided(held, outcome)
    message = said(held, Author.STAFF, answer_to(held), by, None)
    held.first_answered_at = held.first_answered_at or message.written_at
    held.save(update_fields=["first_answered_at"])
    shut(held, by=by, request=request)
    mail(held, "login_help_answered", "login-help-answered")


def answer_to(held: Case) -> str:
    """What stands in the thread, in the language in which they asked."""
    with translation.override(held.details.language or settings.LANGUAGE_CODE):
        return _(
            "We have compared what you told us with what is on file. If it was enough, a mail with the way in has gone to the e-mail address that is on "
            "file for the account. To keep our customers safe we do not say whether it was, neither here nor by mail. If that mail is not there within an "
            "hour, please look among the unwanted mails; after that it was not enough."
        )


def outlived(now: datetime) -> QuerySet[ProofOfPurchase]:
    """Proofs that serve nothing any more."""
    return ProofOfPurchase.objects.outlived(now)


def purge(now: datetime) -> int:
    """Destroy the proofs whose time is over, and those of cases that were closed without a decision; returns how many."""
    with transaction.atomic():
        gone = list(rows(PROOFS, ProofOfPurchase, now).select_for_update(of=("self",), skip_locked=True).select_related("case")[:BATCH])
        ProofOfPurchase.objects.filter(pk__in=[proof.pk for proof in gone]).delete()
        undecided = [proof.case_id for proof in gone if proof.retained_until is None]
        LoginHelpRequest.objects.filter(case__in=undecided, outcome=Outcome.OPEN).update(outcome=Outcome.CLOSED)
        record_all(fact(Fact.PROOF_DISCARDED, case=proof.case.reference) for proof in gone)
    return len(gone)

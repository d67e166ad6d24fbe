"""Signs of misuse, kept, decided, and turned into holds (promises C4, C7). Whoever writes a finding of an account locks the account first."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import holds
from accounts.audit_windows import Decided, Subject, decided_at
from accounts.detectors import Sign
from accounts.detectors.scores import reasons_to_hold
from accounts.judging import Found
from accounts.models import Hold, MisuseFinding, User
from accounts.models.finding import REPORTED_BY_CUSTOMER, FindingState
from audit.kinds import Kind
from audit.log import record


class AlreadyDecided(Exception):
    """Somebody else has decided this finding meanwhile."""


def open_findings(subject: Subject) -> QuerySet[MisuseFinding]:
    return MisuseFinding.objects.filter(user=subject.user_id, network=subject.network, state=FindingState.OPEN)


def decisions(subjects: Sequence[Subject]) -> Decided:
    """When findings of these subjects were last decided, by detector, and when holds of these accounts ended, which decides all of them.

    Only what happens after that counts again.
    """
    accounts = [one.user_id for one in subjects if one.user_id]
    whose = Q(user__in=accounts) | Q(user=None, network__in=[one.network for one in subjects if not one.user_id])
    findings = MisuseFinding.objects.filter(whose).exclude(state=FindingState.OPEN).order_by()
    rows = findings.values_list("detector", "user_id", "network").annotate(Max("decided_at"))
    decided = {(slug, Subject(user_id, network)): at for slug, user_id, network, at in rows}
    ended = Hold.objects.filter(user__in=accounts).exclude(ended_at=None).order_by().values_list("user_id").annotate(Max("ended_at"))
    return decided | {("", Subject(user_id)): at for user_id, at in ended}


class Ledger:
    """The open findings of some subjects, whose accounts are locked until the commit: in the order of their numbers, so that nobody waits
    for anybody in a circle. `save` writes all that has changed at once."""

    def __init__(self, subjects: Sequence[Subject]) -> None:
        accounts = sorted(one.user_id for one in subjects if one.user_id)
        locked = User.objects.filter(pk__in=accounts).order_by("pk").select_for_update(no_key=True)
        self.users = {user.pk: user for user in locked}
        networks = [one.network for one in subjects if not one.user_id]
        findings = MisuseFinding.objects.filter(Q(user__in=accounts) | Q(user=None, network__in=networks), state=FindingState.OPEN)
        self.open: dict[Subject, dict[str, MisuseFinding]] = defaultdict(dict)
        for finding in findings.select_for_update(of=("self",)).order_by("pk"):
            self.open[Subject(finding.user_id, finding.network)][finding.detector] = finding
        self.changed: dict[int, MisuseFinding] = {}
        self.decided = decisions(subjects)

    def keep(self, one: Found) -> None:
        """Keep what was found: a new finding with its audit event, or newer evidence of the open one, whose score never falls.

        If somebody has decided it since it was judged, it is forgotten.
        """
        detector, subject, sign = one.detector, one.subject, one.signs[-1]
        if decided_at(self.decided, detector.slug, subject) != one.since:
            return
        finding = self.open[subject].get(detector.slug)
        if finding is None:
            finding = MisuseFinding.objects.create(detector=detector.slug, **subject._asdict(), **sign._asdict())
            self.open[subject][detector.slug] = finding
            record(
                Kind.MISUSE_FOUND, user=self.users.get(subject.user_id or 0), finding=finding.pk, detector=detector.slug, score=sign.score
            )
            return
        add(sign, finding, afresh=bool(one.since and finding.last_at <= one.since))
        self.changed[finding.pk] = finding

    def save(self) -> None:
        """Write what has changed, by one statement: an upsert, in which every row is there."""
        fields = ["score", "explanation", "evidence", "first_at", "last_at"]
        MisuseFinding.objects.bulk_create(self.changed.values(), update_conflicts=True, unique_fields=["id"], update_fields=fields)

    def hold_if_due(self, subject: Subject, now: datetime) -> bool:
        """Put the account on hold if its open findings suffice: never one of staff, and never twice. Afterwards nothing of it is open."""
        lifted_at = self.decided.get(("", subject))
        findings = [one for one in self.open[subject].values() if lifted_at is None or one.last_at > lifted_at]
        reasons = cast(list[MisuseFinding], reasons_to_hold(findings, now))
        user = self.users.get(subject.user_id or 0)
        if not reasons or user is None or user.is_staff or holds.is_held(user.pk):
            return False
        explanations = [finding.explanation for finding in reasons]
        holds.place(user, reason="\n".join(explanations), text=text_for_customer(explanations), evidence=evidence_of(reasons))
        decide(open_findings(subject), FindingState.HELD, reason=_("Put on hold by the detectors."))
        return True


def add(sign: Sign, finding: MisuseFinding, *, afresh: bool) -> None:
    """Newer evidence of an open finding. `afresh`: what it held before was decided when a hold ended, and counts no more."""
    if afresh or sign.score >= finding.score:
        finding.score, finding.explanation, finding.evidence = sign.score, sign.explanation, sign.evidence
    finding.first_at = sign.first_at if afresh else min(finding.first_at, sign.first_at)
    finding.last_at = max(finding.last_at, sign.last_at)


def text_for_customer(explanations: Sequence[str], *, by_staff: bool = False) -> str:
    """What was seen, in plain words, and what to do if it is a mistake: of an automatic hold, or as a proposal to staff."""
    noticed = (
        _("We have seen that your account was used as if several people shared its password:")
        if by_staff
        else _(
            "Our site noticed by itself that your account was used as if several people shared its password. No person has looked at it yet:"
        )
    )
    to_do = _(
        "If it was you alone, or if you do not know what happened, please tell us: somebody of our staff reads each message, and lifts "
        "the hold if there is an explanation. What you bought stays yours. If others know your password, choose a new one once the hold is lifted."
    )
    return "\n\n".join([noticed, "\n".join(f"– {explanation}" for explanation in explanations), to_do])


def proposed_text(finding: MisuseFinding) -> str:
    """What staff may tell the customer when this finding leads them to a hold; theirs to change."""
    if finding.detector != REPORTED_BY_CUSTOMER:
        return text_for_customer([finding.explanation], by_staff=True)
    return _(
        "Somebody who was logged in to your account told us that a log-in or a download there was not theirs. So we have stopped the account "
        "until we know that it is in your hands alone.\n\nPlease tell us whether it was you who reported it. What you bought stays yours. "
        "Choose a new password once the hold is lifted."
    )


def evidence_of(findings: Iterable[MisuseFinding]) -> list[dict[str, Any]]:
    """What a hold rests on, kept with it."""
    return [
        {"finding": one.pk, "detector": one.detector, "explanation": one.explanation, "score": one.score, **one.evidence}
        for one in findings
    ]


def decide(findings: QuerySet[MisuseFinding], state: FindingState, *, reason: str, by: User | None = None) -> int:
    return findings.update(state=state, decided_at=timezone.now(), decided_by=by, decision=reason)


@transaction.atomic
def dismiss(finding: MisuseFinding, *, by: User, reason: str, request: HttpRequest) -> None:
    """Staff see no misuse in it: what had happened by now is not found again. Raises AlreadyDecided, and holds.MayNot."""
    locked = lock(finding)
    if locked.user:
        holds.demand_right(by, locked.user)
    decide(MisuseFinding.objects.filter(pk=locked.pk), FindingState.DISMISSED, reason=reason, by=by)
    record(Kind.MISUSE_DISMISSED, user=locked.user, actor=by, request=request, finding=locked.pk, detector=locked.detector)


@transaction.atomic
def hold(finding: MisuseFinding, *, by: User, reason: str, text: str, expires_at: datetime | None, request: HttpRequest) -> Hold:
    """Staff put the account on hold for it; its other open findings are decided with it. Raises AlreadyDecided, holds.MayNot, and AlreadyHeld."""
    locked = lock(finding)
    subject = Subject(locked.user_id)
    evidence = evidence_of(open_findings(subject))
    placed = holds.place(
        cast(User, locked.user), reason=reason, text=text, evidence=evidence, by=by, expires_at=expires_at, request=request
    )
    decide(open_findings(subject), FindingState.HELD, reason=reason, by=by)
    return placed


def lock(finding: MisuseFinding) -> MisuseFinding:
    """The open finding as it is now, with its account and itself locked."""
    if finding.user_id:
        User.objects.touch(finding.user_id)
    open_now = MisuseFinding.objects.select_for_update(of=("self",)).select_related("user").filter(state=FindingState.OPEN)
    locked = open_now.filter(pk=finding.pk).first()
    if locked is None:
        raise AlreadyDecided
    return locked

"""Placing, lifting and closing: each is one transaction with the end of log-ins, the audit event, and the mail (promises C4, C19)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest
from django.utils import timezone

from accounts.appeals import keepers
from accounts.limits import APPEAL, demand
from accounts.models import Appeal, Hold, LoginSession, User
from accounts.models.hold import HoldEnd, digest_of_words
from accounts.models.login_session import EndReason
from accounts.roles import APPOINT, in_role
from audit.kinds import Kind
from audit.log import record
from mailroom.outgoing import write


class AlreadyHeld(Exception):
    """The account is on hold already."""


class NotHeld(Exception):
    """The hold has ended meanwhile."""


class Changed(Exception):
    """The account was closed meanwhile: whoever decided about a hold has to look again."""


class MayNot(Exception):
    """This member of staff must not decide about this account."""


def is_held(user_id: int) -> bool:
    """Whether the account may not be used: it is on hold or closed, or was erased."""
    in_force = Hold.objects.in_force(timezone.now()).filter(user=OuterRef("pk"))
    return User.objects.filter(Q(erased_at__isnull=False) | Exists(in_force), pk=user_id).exists()


def hold_of(user_id: int) -> Hold | None:
    """The hold that is in force for this account; None if it may be used."""
    return Hold.objects.in_force(timezone.now()).filter(user=user_id).first()


def may_decide(staff: User, user: User) -> bool:
    """Nobody decides about their own account; about that of a colleague, administration alone."""
    return staff.pk != user.pk and (not user.is_staff or staff.has_perm(APPOINT))


@transaction.atomic
def place(
    user: User,
    *,
    reason: str,
    text: str,
    evidence: Sequence[Any] = (),
    by: User | None = None,
    expires_at: datetime | None = None,
    request: HttpRequest | None = None,
) -> Hold:
    """Put the account on hold: every log-in ends at once, and a mail tells the customer why and how to appeal.

    `by` is the member of staff; None means a detector. Raises MayNot and AlreadyHeld. Log-ins that are under way wait for this, or
    come before it; downloads that are under way stop within seconds (downloads/delivery/sending.py).
    """
    demand_right(by, user)
    User.objects.touch(user.pk)
    expire_those_of(Hold.objects.filter(user=user))
    if is_held(user.pk):
        raise AlreadyHeld
    hold = Hold.objects.create(user=user, reason=reason, text=text, evidence=list(evidence), placed_by=by, expires_at=expires_at)
    LoginSession.objects.filter(user=user).end(EndReason.HELD)
    record(Kind.HOLD_PLACED, user=user, actor=by, request=request, hold=hold.pk, **in_role(by))
    write("accounts/hold_placed", to=user.email, cause=f"hold-placed:{hold.pk}", user=user, hold=hold)
    return hold


@transaction.atomic
def close(hold: Hold, *, by: User, reason: str, text: str, request: HttpRequest | None = None) -> None:
    """Close the account for good: the hold has no end any more, what was written in appeal is dealt with, and `text` tells the customer.

    Raises MayNot; NotHeld if it was lifted meanwhile, Changed if it was closed.
    """
    held = locked_as_seen(hold, by)
    if held.closed_at:
        raise Changed
    now = timezone.now()
    held.closed_at, held.expires_at = now, None
    held.reason, held.text = f"{held.reason}\n\n{reason}", f"{held.text}\n\n{text}"
    held.save(update_fields=["closed_at", "expires_at", "reason", "text"])
    dealt_with(held, now, by, request)
    record(Kind.ACCOUNT_CLOSED, user=held.user, actor=by, request=request, hold=held.pk, **in_role(by))
    write("accounts/account_closed", to=held.user.email, cause=f"account-closed:{held.pk}", user=held.user, text=text)


@transaction.atomic
def lift(hold: Hold, *, by: User, reason: str, request: HttpRequest | None = None) -> None:
    """Let the customer in again, tell them, and destroy what they wrote in appeal; a closed account is opened again.

    Raises MayNot; NotHeld if it has ended already, Changed if the account was closed meanwhile.
    """
    held = locked_as_seen(hold, by)
    end(held, HoldEnd.LIFTED, by=by, reason=reason, request=request)
    record(Kind.HOLD_LIFTED, user=held.user, actor=by, request=request, hold=held.pk, **in_role(by))


@transaction.atomic
def appeal(hold: Hold, text: str, request: HttpRequest) -> Appeal:
    """Keep what the customer wrote, where support works on it and staff see it beside the hold; tell support that there is something, and the customer that it came.

    The same words again are the same appeal (a form sent twice). Raises NotHeld if there is nothing to appeal against any more,
    TooManyTries, and CannotKeep (accounts/appeals.py). The mail to support names nobody: whoever may know opens the page that it links (promise G8).
    """
    held = locked(hold)
    digest = digest_of_words(held, text)
    if sent_before := held.appeals.filter(words_digest=digest).first():
        return sent_before
    demand(APPEAL, str(held.user_id))
    written = Appeal.objects.create(hold=held, words_digest=digest)
    record(Kind.HOLD_APPEALED, user=held.user, request=request, hold=held.pk, appeal=written.pk)
    write("accounts/appeal_to_support", to=settings.SUPPORT_EMAIL, cause=f"appeal-to-support:{written.pk}", hold=held)
    write("accounts/appeal_received", to=held.user.email, cause=f"appeal:{written.pk}", user=held.user, appeal=written)
    for keeper in keepers:
        keeper.take(written, text, request)
    return written


@transaction.atomic
def expire_those_of(holds: Any) -> int:
    """End the holds of this queryset whose time is over; returns how many."""
    expired = list(holds.expired(timezone.now()).select_for_update(of=("self",), skip_locked=True).select_related("user"))
    for hold in expired:
        end(hold, HoldEnd.EXPIRED)
        record(Kind.HOLD_EXPIRED, user=hold.user, hold=hold.pk)
    return len(expired)


def locked(hold: Hold) -> Hold:
    """The hold as it is now, with its account and itself locked; NotHeld if it is not in force."""
    User.objects.touch(hold.user_id)
    held = Hold.objects.in_force(timezone.now()).select_for_update(of=("self",)).select_related("user").filter(pk=hold.pk).first()
    if held is None:
        raise NotHeld
    return held


def locked_as_seen(hold: Hold, by: User) -> Hold:
    """The same for somebody who decides: MayNot if it is not theirs to do, Changed if the account was closed since they read `hold`."""
    held = locked(hold)
    demand_right(by, held.user)
    if held.closed_at != hold.closed_at:
        raise Changed
    return held


def demand_right(by: User | None, user: User) -> None:
    """Raise MayNot if this member of staff must not decide about the account; detectors have no account of their own."""
    if by and not may_decide(by, user):
        raise MayNot


def end(hold: Hold, how: HoldEnd, *, by: User | None = None, reason: str = "", request: HttpRequest | None = None) -> None:
    """End a locked hold, with its appeals, and tell the customer."""
    now = timezone.now()
    hold.ended_at, hold.end, hold.ended_by, hold.end_reason = now, how, by, reason
    hold.save(update_fields=["ended_at", "end", "ended_by", "end_reason"])
    dealt_with(hold, now, by, request)
    write("accounts/hold_lifted", to=hold.user.email, cause=f"hold-ended:{hold.pk}", user=hold.user, hold=hold)


def dealt_with(hold: Hold, now: datetime, by: User | None, request: HttpRequest | None) -> None:
    """What was written in appeal has been dealt with: its words go, and that there was an appeal stays (promise G8)."""
    hold.appeals.filter(destroyed_at=None).update(text="", words_digest="", destroyed_at=now)
    for keeper in keepers:
        keeper.decided(hold, by, request)


@transaction.atomic
def destroy_words_of_old(appeals: Any) -> int:
    """Destroy the words of the appeals of this queryset, and nothing else of them; returns how many."""
    numbers = list(appeals.filter(destroyed_at=None).select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True))
    for keeper in keepers:
        keeper.destroy(numbers)
    return int(Appeal.objects.filter(pk__in=numbers).update(text="", words_digest="", destroyed_at=timezone.now()))

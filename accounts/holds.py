"""Placing, lifting and closing: each is one transaction with the end of log-ins, the audit event, and the mail (promises C4, C19)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Appeal, Hold, LoginSession, User
from accounts.models.hold import HoldEnd
from accounts.models.login_session import EndReason
from audit.kinds import Kind
from audit.log import record
from mailroom.outgoing import write


class AlreadyHeld(Exception):
    """The account is on hold already."""


class NotHeld(Exception):
    """The hold has ended meanwhile."""


def is_held(user_id: int) -> bool:
    """Whether the account may not be used at the moment."""
    return Hold.objects.in_force(timezone.now()).filter(user=user_id).exists()


def hold_of(user_id: int) -> Hold | None:
    """The hold that is in force for this account; None if it may be used."""
    return Hold.objects.in_force(timezone.now()).filter(user=user_id).first()


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

    `by` is the member of staff; None means a detector. Raises AlreadyHeld. Log-ins that are under way wait for this, or come before it.
    """
    User.objects.touch(user.pk)
    expire_those_of(Hold.objects.filter(user=user))
    if hold_of(user.pk):
        raise AlreadyHeld
    hold = Hold.objects.create(user=user, reason=reason, text=text, evidence=list(evidence), placed_by=by, expires_at=expires_at)
    LoginSession.objects.filter(user=user).end(EndReason.HELD)
    record(Kind.HOLD_PLACED, user=user, actor=by, request=request, hold=hold.pk)
    write("accounts/hold_placed", to=user.email, cause=f"hold-placed:{hold.pk}", user=user, hold=hold)
    return hold


@transaction.atomic
def close(hold: Hold, *, by: User, reason: str, request: HttpRequest | None = None) -> None:
    """Close the account for good: the hold has no end any more. Raises NotHeld if it was lifted meanwhile."""
    held = locked(hold)
    held.closed_at, held.expires_at = timezone.now(), None
    held.reason = f"{held.reason}\n\n{reason}"
    held.save(update_fields=["closed_at", "expires_at", "reason"])
    record(Kind.ACCOUNT_CLOSED, user=held.user, actor=by, request=request, hold=held.pk)
    write("accounts/account_closed", to=held.user.email, cause=f"account-closed:{uuid4()}", user=held.user, hold=held)


@transaction.atomic
def lift(hold: Hold, *, by: User, reason: str, request: HttpRequest | None = None) -> None:
    """Let the customer in again, tell them, and destroy what they wrote in appeal. Raises NotHeld if it has ended already."""
    held = locked(hold)
    end(held, HoldEnd.LIFTED, by=by, reason=reason)
    record(Kind.HOLD_LIFTED, user=held.user, actor=by, request=request, hold=held.pk)


@transaction.atomic
def appeal(hold: Hold, text: str, request: HttpRequest) -> Appeal:
    """Keep what the customer wrote, where staff see it beside the hold. Raises NotHeld if there is nothing to appeal against any more."""
    held = locked(hold)
    written = Appeal.objects.create(hold=held, text=text)
    record(Kind.HOLD_APPEALED, user=held.user, request=request, hold=held.pk, appeal=written.pk)
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


def end(hold: Hold, how: HoldEnd, *, by: User | None = None, reason: str = "") -> None:
    """End a locked hold, with its appeals, and tell the customer."""
    now = timezone.now()
    hold.ended_at, hold.end, hold.ended_by, hold.end_reason = now, how, by, reason
    hold.save(update_fields=["ended_at", "end", "ended_by", "end_reason"])
    hold.appeals.filter(destroyed_at=None).update(text="", destroyed_at=now)
    write("accounts/hold_lifted", to=hold.user.email, cause=f"hold-ended:{hold.pk}", user=hold.user, hold=hold)

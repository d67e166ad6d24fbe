"""Ending what a promotion gave, for misuse of it (promise R2): a decision of staff with a ground, a reason and a text, and never of a detector.

An account that came by promotions alone is held first, so that its owner can answer, and closed then. One that has anything else, a purchase above all,
is never closed for a promotion: only what the promotion gave is taken back. An address is no ground: it is not among those to choose from.
"""

from typing import Any

from django.db import models, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import holds
from accounts.holds import demand_right
from accounts.models import Hold, User
from accounts.roles import in_role
from audit.kinds import Kind
from audit.log import record
from audit.models import AuditEvent
from downloads.models import Entitlement
from downloads.models.allowance import Actor
from mailroom.outgoing import write
from promotions.models import PromoCode, Promotion, Redemption, RedemptionState


class Ground(models.TextChoices):
    """Why a registration may be ended. Where it came from is not among them."""

    PERSON = "person", _("one person registered more often than one person may")
    LEAKED = "leaked", _("the code was passed on, and is not this person's")
    SOLD = "sold", _("what the promotion gave was sold or passed on")
    FALSE = "false", _("the contact data is not this person's, or made up")


class Step(models.TextChoices):
    """What ending a registration comes to, as it stands."""

    CANCEL = "cancel", _("Cancel this registration")
    HOLD = "hold", _("Put the account on hold")
    CLOSE = "close", _("Close the account")
    TAKE_BACK = "take_back", _("Take back what the promotion gave")
    NOTHING = "", _("nothing")


class Changed(Exception):
    """Something has happened meanwhile: whoever decided has to look again."""


def is_promotional(user: User) -> bool:
    """Whether the account has nothing but what promotions gave it. What was bought and refunded is a purchase too, and one that brought no product."""
    if user.is_staff or Entitlement.objects.filter(user=user, redemption_item=None).exists():
        return False
    return not AuditEvent.objects.filter(user=user, kind=Kind.PURCHASE_RECORDED).exists()


def step_of(redemption: Redemption) -> Step:
    """What comes next."""
    if redemption.state == RedemptionState.HELD:
        return Step.CANCEL
    if redemption.state != RedemptionState.CONFIRMED or redemption.user is None:
        return Step.NOTHING
    if not is_promotional(redemption.user):
        return Step.TAKE_BACK
    hold = holds.hold_of(redemption.user.pk)
    if hold is None:
        return Step.HOLD
    return Step.TAKE_BACK if hold.closed_at else Step.CLOSE


@transaction.atomic
def end(redemption: Redemption, step: Step, *, ground: Ground, by: User, reason: str, text: str, request: HttpRequest) -> None:
    """Do what the member of staff saw to be next. Raises Changed if something else is by now, and holds.MayNot for an account not theirs to decide about."""
    locked = locked_redemption(redemption)
    if locked.user:
        demand_right(by, locked.user)
    if step_of(locked) != step or step is Step.NOTHING:
        raise Changed
    said = f"{ground.label}. {reason}"
    if step is Step.CANCEL:
        cancel(locked, by, said, text, request)
    elif step is Step.HOLD:
        hold_account(locked, ground, by, said, text, request)
    elif step is Step.CLOSE:
        close_account(locked, by, said, text, request)
    else:
        take_back(locked, by, said, text, request)
        mail_end(locked)


def locked_redemption(redemption: Redemption) -> Redemption:
    """The registration as it is now, with its account and itself locked."""
    if redemption.user_id:
        User.objects.touch(redemption.user_id)
    return Redemption.objects.select_for_update(of=("self",)).select_related("user", "promotion").get(pk=redemption.pk)


def cancel(redemption: Redemption, by: User, reason: str, text: str, request: HttpRequest) -> None:
    """Nobody has confirmed it yet: the use is free again, and the mail's link opens nothing any more. The person's turn stays used."""
    note_end(redemption, by, reason, text, request)
    PromoCode.objects.filter(pk=redemption.code_id).release()
    Promotion.objects.filter(pk=redemption.promotion_id).release()


def hold_account(redemption: Redemption, ground: Ground, by: User, reason: str, text: str, request: HttpRequest) -> Hold:
    """What the promotion gave stays until somebody has heard the customer. Raises holds.AlreadyHeld."""
    evidence = [{"registration": redemption.pk, "promotion": redemption.promotion.slug, "ground": ground.value}]
    return holds.place(redemption.user, reason=reason, text=text, evidence=evidence, by=by, request=request)  # type: ignore[arg-type]


def close_account(redemption: Redemption, by: User, reason: str, text: str, request: HttpRequest) -> None:
    """With all that promotions gave it; one mail says so. Raises holds.NotHeld, and holds.Changed."""
    hold = holds.hold_of(redemption.user_id or 0)
    if hold is None:
        raise holds.NotHeld
    for one in Redemption.objects.filter(user=redemption.user, state=RedemptionState.CONFIRMED).select_related("user", "promotion"):
        take_back(one, by, reason, text, request)
    holds.close(hold, by=by, reason=reason, text=text, request=request)


def take_back(redemption: Redemption, by: User, reason: str, text: str, request: HttpRequest) -> None:
    """What this registration gave, and nothing else; the account is locked."""
    note_end(redemption, by, reason, text, request)
    for item in redemption.items.select_related("entitlement"):
        units = item.entitlement.revoke(item.entitlement.units_left, Actor.STAFF, f"promotion:{redemption.key}")
        redemption.items.filter(pk=item.pk).update(units_taken_back=units)
        record(Kind.ENTITLEMENT_REVOKED, user=redemption.user, actor=by, request=request, entitlement=item.entitlement_id, units=units)


def note_end(redemption: Redemption, by: User, reason: str, text: str, request: HttpRequest) -> None:
    redemption.state, redemption.ended_at, redemption.ended_by = RedemptionState.ENDED, timezone.now(), by
    redemption.end_reason, redemption.end_text = reason, text
    redemption.save(update_fields=["state", "ended_at", "ended_by", "end_reason", "end_text"])
    facts = {"promotion": redemption.promotion.slug, "registration": redemption.pk}
    record(Kind.REGISTRATION_ENDED, user=redemption.user, actor=by, request=request, **facts, **in_role(by))


def mail_end(redemption: Redemption) -> None:
    """In plain words: what was taken back and why, what stays, and how to answer."""
    items = redemption.items.filter(units_taken_back__gt=0).select_related("entitlement__product")
    cause = f"registration-ended:{redemption.key}:{redemption.ended_at:%Y%m%d%H%M%S%f}"
    context: dict[str, Any] = {"promotion": redemption.promotion, "text": redemption.end_text, "items": list(items)}
    write("promotions/ended", to=redemption.user.email, cause=cause, user=redemption.user, **context)  # type: ignore[union-attr]


@transaction.atomic
def reinstate(redemption: Redemption, *, by: User, reason: str, request: HttpRequest) -> None:
    """The customer was right: what was taken back is theirs again, and a mail says so. Raises Changed, and holds.MayNot.

    An account that was closed is opened again on the page of its hold (accounts/holds.py).
    """
    locked = locked_redemption(redemption)
    if locked.state != RedemptionState.ENDED or locked.user is None or locked.confirmed_at is None:
        raise Changed
    demand_right(by, locked.user)
    for item in locked.items.select_related("entitlement"):
        item.entitlement.restore(item.units_taken_back, Actor.STAFF, f"promotion:{locked.key}")
    locked.items.update(units_taken_back=0)
    cause = f"registration-reinstated:{locked.key}:{timezone.now():%Y%m%d%H%M%S%f}"
    locked.state, locked.ended_at, locked.ended_by, locked.end_text = RedemptionState.CONFIRMED, None, None, ""
    locked.end_reason = f"{locked.end_reason}\n\n{reason}"
    locked.save(update_fields=["state", "ended_at", "ended_by", "end_reason", "end_text"])
    facts = {"promotion": locked.promotion.slug, "registration": locked.pk}
    record(Kind.REGISTRATION_REINSTATED, user=locked.user, actor=by, request=request, **facts, **in_role(by))
    write("promotions/reinstated", to=locked.user.email, cause=cause, user=locked.user, promotion=locked.promotion)

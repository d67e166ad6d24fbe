"""Changing the e-mail address: asked for with a fresh proof of who asks, confirmed at both addresses, and undone from the old one.

Each mail carries a random token of its own; the row knows digests alone. What a page or an answer says never depends on whether the
new address has an account already (ASVS 6.3.8): its owner gets a mail about that, and no link that could complete the change.
"""

import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from enum import Enum, auto
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.addresses import address_key, spelled_out
from accounts.authentication import digest
from accounts.holds import AlreadyHeld, is_held, place
from accounts.models import AddressChange, Hold, LoginSession, User
from accounts.models.login_session import EndReason
from accounts.passwords import set_password_url
from accounts.requests import AccountsRequest
from accounts.second_factor import locked
from audit.kinds import Kind
from audit.log import record
from mailroom.outgoing import write


class Outcome(Enum):
    """What came of a link."""

    WAITING = auto()  # confirmed here, and not yet at the other address
    DONE = auto()
    TAKEN = auto()  # another account has the address by now
    HELD = auto()  # the account is on hold
    DEAD = auto()


@transaction.atomic
def ask(request: AccountsRequest, user: User, address: str) -> AddressChange:
    """Note the wish and mail both addresses. A wish that was open, or has lapsed, is cancelled by it; the same one within a minute is the
    same form, sent twice.

    Raises LogInEnded if the log-in that asks was ended meanwhile.
    """
    locked(request, user)
    now = timezone.now()
    just_asked = AddressChange.objects.open(now).filter(user=user, new_email=address, asked_at__gt=now - AddressChange.AGAIN).first()
    if just_asked:
        return just_asked
    cancel(request, user)
    old_token, new_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    change = AddressChange.objects.create(
        user=user,
        old_email=user.email,
        new_email=address,
        old_token_hash=digest(old_token),
        new_token_hash=digest(new_token),
    )
    record(Kind.ADDRESS_CHANGE_ASKED, user=user, request=request, change=change.pk)
    owner = User.objects.filter(email_key=address_key(address)).exclude(pk=user.pk).first()
    facts: dict[str, Any] = {"new_address": spelled_out(address), "confirm_until": change.asked_at + AddressChange.LIFE}
    links = [settings.SITE_URL + reverse("accounts:confirm_address_link", args=[token]) for token in (old_token, new_token)]
    write("accounts/address_change_old", to=change.old_email, cause=f"address-old:{change.pk}", user=user, confirm_url=links[0], **facts)
    name = "accounts/address_taken" if owner else "accounts/address_change_new"
    write(name, to=owner.email if owner else address, cause=f"address-new:{change.pk}", user=owner or user, confirm_url=links[1], **facts)
    return change


@transaction.atomic
def cancel(request: HttpRequest, user: User) -> bool:
    """Lock the account and cancel the wish that is open, or lapsed unnoticed; its links are dead from then on. False if there is none."""
    User.objects.touch(user.pk)
    waiting = AddressChange.objects.filter(user=user, done_at=None, cancelled_at=None).first()
    if waiting is None:
        return False
    close(waiting, request)
    return True


def close(change: AddressChange, request: HttpRequest) -> None:
    change.cancelled_at = timezone.now()
    change.save(update_fields=["cancelled_at"])
    record(Kind.ADDRESS_CHANGE_CANCELLED, user=change.user, request=request, change=change.pk)


def to_confirm(token_hash: str) -> AddressChange | None:
    """The change that this link may still confirm, or has confirmed; None if the link is wrong, cancelled, undone or too old, or if who
    asked has become staff meanwhile."""
    now = timezone.now()
    ours = AddressChange.objects.filter(Q(old_token_hash=token_hash) | Q(new_token_hash=token_hash))
    alive = Q(done_at=None, asked_at__gt=now - AddressChange.LIFE, user__is_staff=False) | Q(done_at__gt=now - AddressChange.LIFE)
    return ours.filter(alive, cancelled_at=None, undone_at=None).select_related("user").first()


def to_undo(token_hash: str) -> AddressChange | None:
    """The change that this link undoes, or has undone; None if the link is wrong or too old."""
    changes = AddressChange.objects.filter(undo_token_hash=token_hash, done_at__gt=timezone.now() - AddressChange.UNDO)
    return changes.select_related("user").first()


@transaction.atomic
def confirm(request: HttpRequest, token_hash: str) -> Outcome:
    """Confirm at one address; with the second confirmation the address changes. A link that is used twice changes nothing more."""
    change = under_lock(to_confirm, token_hash)
    if change is None:
        return Outcome.DEAD
    if change.done_at:
        return Outcome.DONE
    if is_held(change.user_id):
        return Outcome.HELD
    side = "old" if token_hash == change.old_token_hash else "new"
    if getattr(change, f"{side}_confirmed_at") is None:
        setattr(change, f"{side}_confirmed_at", timezone.now())
        change.save(update_fields=[f"{side}_confirmed_at"])
        record(Kind.ADDRESS_CHANGE_CONFIRMED, user=change.user, request=request, change=change.pk, side=side)
    if not (change.old_confirmed_at and change.new_confirmed_at):
        return Outcome.WAITING
    return complete(request, change)


def under_lock(find: Callable[[str], AddressChange | None], token_hash: str) -> AddressChange | None:
    """What `find` finds once the account is locked: what it found before may be out of date."""
    found = find(token_hash)
    if found is None:
        return None
    User.objects.touch(found.user_id)
    return find(token_hash)


def complete(request: HttpRequest, change: AddressChange) -> Outcome:
    """Change the address of the locked account, end every log-in of it, and tell both addresses; the old one gets the link that undoes it."""
    user = change.user
    if not move(user, change.new_email):
        close(change, request)
        return Outcome.TAKEN
    token = secrets.token_urlsafe(32)
    change.undo_token_hash, change.done_at = digest(token), timezone.now()
    change.save(update_fields=["undo_token_hash", "done_at"])
    LoginSession.objects.filter(user=user).end(EndReason.ADDRESS_CHANGED)
    record(Kind.ADDRESS_CHANGED, user=user, request=request, change=change.pk)
    facts: dict[str, Any] = {
        "user": user,
        "change": change,
        "undo_until": change.done_at + AddressChange.UNDO,
        "new_address": spelled_out(change.new_email),
    }
    undo_url = settings.SITE_URL + reverse("accounts:restore_address_link", args=[token])
    write("accounts/address_changed_old", to=change.old_email, cause=f"address-changed-old:{change.pk}", undo_url=undo_url, **facts)
    write("accounts/address_changed_new", to=change.new_email, cause=f"address-changed-new:{change.pk}", **facts)
    return Outcome.DONE


def move(user: User, address: str) -> bool:
    """Give the account this address; False if another has it by now. The unique key decides, so that of two at once one gets it.

    Announcements that are refused, by the account or at the new address, stay refused (docs/decisions/suppression.md).
    """
    before = user.email
    try:
        with transaction.atomic():
            user.email = address
            user.save(update_fields=["email"])
            user.heed_earlier_refusal()
    except IntegrityError:
        user.email, user.email_key = before, address_key(before)
        return False
    return True


@transaction.atomic
def undo(request: HttpRequest, token_hash: str) -> Outcome:
    """Give the account its old address back, as its owner would wish whose account somebody took over (promise C4).

    If another account has that address by now, this one is put on hold. Every log-in ends, the password works no more, changes made or asked for since are void, and a set-password link goes to the old address.
    """
    change = under_lock(to_undo, token_hash)
    if change is None:
        return Outcome.DEAD
    user, lost = change.user, change.user.email
    if change.undone_at:
        return Outcome.DONE if lost == change.old_email else Outcome.DEAD
    if not move(user, change.old_email):
        stop(change, request)
        return Outcome.TAKEN
    void_since(change, change.done_at or timezone.now(), request)
    user.set_unusable_password()
    user.save(update_fields=["password"])
    LoginSession.objects.filter(user=user).end(EndReason.ADDRESS_CHANGED)
    record(Kind.ADDRESS_RESTORED, user=user, request=request, change=change.pk)
    link = set_password_url(user)
    write("accounts/address_restored", to=user.email, cause=f"address-restored:{change.pk}", user=user, set_password_url=link)
    write("accounts/address_withdrawn", to=lost, cause=f"address-withdrawn:{change.pk}", user=user)
    return Outcome.DONE


def stop(change: AddressChange, request: HttpRequest) -> None:
    """Put the account on hold until staff have found out whose it is: what the owner cannot have back at once, nobody else uses meanwhile.

    A purchase opens an account under any address, so that an intruder could have bought something under the old one. Staff are not
    stopped: a mailbox alone must not be enough for that. And a link stops an account once: what our staff lifted, it does not place again.
    """
    evidence = [str(change)]
    if change.user.is_staff or Hold.objects.filter(user=change.user, evidence=evidence, placed_at__gte=change.done_at).exists():
        return
    reason = _("Somebody undid the change of the e-mail address from the old one, but that belongs to another account by now.")
    text = _("A change of your e-mail address was undone from the old address. Until we know whose account this is, nobody can use it.")
    with suppress(AlreadyHeld):
        place(change.user, reason=reason, text=text, evidence=evidence, request=request)


def void_since(change: AddressChange, since: datetime, request: HttpRequest) -> None:
    """Whoever took the account over may have moved it on, or be about to: nothing that came after this change leads anywhere any more."""
    cancel(request, change.user)
    AddressChange.objects.filter(user=change.user, done_at__gte=since, undone_at=None).update(undone_at=timezone.now())

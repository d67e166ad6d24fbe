"""Joining the announcement group (promise G3): asked for by anybody, confirmed by whoever reads the mailbox.

    form → a pending subscription, with the proof of what was shown → a mail → its link, a page → its button → a mailbox of the group

What the site answers never depends on whether the address belongs already: the mail alone tells.
"""

from dataclasses import asdict, dataclass
from uuid import uuid4

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.addresses import address_key, without_tag
from accounts.limits import JOINING_ADDRESS, JOINING_AGAIN
from accounts.models import Suppression, Throttle, User
from accounts.models.marketing_choice import ChoiceOrigin
from announcements.models import Mailbox, Subscription, SubscriptionState
from announcements.personal_data import JOINED
from audit.kinds import Kind
from audit.log import record
from infacta.network import client_ip
from mailroom.outgoing import write
from privacy.ribbon import note

LINKS = Signer(salt="announcements.joining", sep=".")


@dataclass(frozen=True)
class Asking:
    """What the proof of consent says of the asking: where the form stood, which words were shown in which language, where it came from, and
    which wording of the policy was published."""

    source: str
    wording: str
    language: str
    ip: str | None
    policy_version: str


@transaction.atomic
def ask(email: str, asking: Asking, request: HttpRequest) -> None:
    """Mail the address how to confirm it, or that it belongs already; of one address as often as two limits allow, and otherwise nothing."""
    note(request, JOINED)
    record(Kind.GROUP_ASKED, request=request, source=asking.source)
    key = address_key(email)
    if Throttle.objects.refusing([(JOINING_AGAIN, key), (JOINING_ADDRESS, without_tag(key))]):
        return
    account = User.objects.filter(email_key=key).first()
    cause = f"joining:{uuid4()}"
    if belongs(email, account):
        mailbox = Mailbox.objects.at(email)
        write("announcements/belongs", to=email, cause=cause, user=account, mailbox=mailbox, is_customer=is_welcoming(account))
    else:
        asked = asked_for(email, asking)
        confirm_until = asked.asked_at + Subscription.CONFIRMED_WITHIN
        write(
            "announcements/confirm",
            to=email,
            cause=cause,
            user=account,
            link=link_of(asked),
            subscription=asked,
            confirm_until=confirm_until,
        )


def is_welcoming(account: User | None) -> bool:
    """Whether there is a customer here who gets announcements without having joined."""
    return account is not None and not account.is_staff and account.opted_out_at is None


def belongs(email: str, account: User | None) -> bool:
    """Whether announcements go to this address now."""
    if Suppression.objects.of(email).exists():
        return False
    return is_welcoming(account) or Subscription.objects.standing(address_key(email)).confirmed().exists()


def asked_for(email: str, asking: Asking) -> Subscription:
    """The pending subscription of this address, as it is asked for now; one that is confirmed, and suppressed since, is over."""
    now = timezone.now()
    standing = Subscription.objects.standing(address_key(email))
    standing.confirmed().update(state=SubscriptionState.LEFT, left_at=now)
    facts = asdict(asking) | {"email": email, "asked_at": now}
    subscription, is_new = standing.get_or_create(email_key=address_key(email), defaults=facts)
    if not is_new:
        standing.filter(pk=subscription.pk, state=SubscriptionState.PENDING).update(**facts)
        subscription.refresh_from_db()
    return subscription


def link_of(subscription: Subscription) -> str:
    """The path that the mail links to; made from a random number and a secret of the site, so that it lies in no table."""
    return reverse("announcements:confirm", args=[LINKS.sign(str(subscription.key))])


def subscription_of_link(token: str) -> Subscription | None:
    """What the mailed link is about; None if it is none of ours, or if nobody confirmed it in time."""
    try:
        key = LINKS.unsign(token)
    except BadSignature:
        return None
    return Subscription.objects.filter(key=key).first()


@transaction.atomic
def confirm(subscription: Subscription, request: HttpRequest) -> bool:
    """The mailbox is proved: announcements go there from now on, whatever was refused before. Whether it belongs then; once more changes nothing.

    An account of the address is locked first, as leaving does it, so that nobody waits for anybody in a circle.
    """
    note(request, JOINED)
    account = User.objects.filter(email_key=subscription.email_key).first()
    if account:
        User.objects.touch(account.pk)
    if not subscription.confirm(client_ip(request)):
        is_standing = Subscription.objects.confirmed().filter(pk=subscription.pk).exists()
        return is_standing and not Suppression.objects.of(subscription.email).exists()
    mailbox = Mailbox.objects.at(subscription.email)
    Mailbox.objects.filter(pk=mailbox.pk).update(soft_bounces=0, user=account or mailbox.user)
    if account:
        account.opt_in(ChoiceOrigin.JOINED, request)
    Suppression.objects.lift(mailbox.digest)
    record(Kind.GROUP_JOINED, user=account, request=request, subscription=subscription.pk, source=subscription.source)
    return True

"""Leaving the announcement group, for good and at once (promises G3, C11): by the link of a mail, by a mail, or by the preferences."""

from django.db import transaction
from django.db.models import F, Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Suppression, User
from accounts.models.marketing_choice import ChoiceOrigin
from accounts.models.suppression import SuppressionReason
from accounts.refusals import ends_with_refusal
from announcements.digests import digest_of_column
from announcements.models import Announcement, Delivery, DeliveryState, Mailbox, Subscription, SubscriptionState
from announcements.personal_data import LEFT
from audit.kinds import Kind
from audit.log import record
from privacy.ribbon import note


@transaction.atomic
def leave(mailbox: Mailbox, request: HttpRequest | None = None, origin: ChoiceOrigin = ChoiceOrigin.MAIL) -> bool:
    """Nothing goes to this mailbox any more, nor to the others of the same customer; False if that was so already.

    Whichever way we hear of it, it ends here. Accounts are locked first, as in joining.
    """
    if request:
        note(request, LEFT)
    accounts = list(accounts_of(mailbox))
    for account in accounts:
        User.objects.touch(account.pk)
    changed = [account.opt_out(origin, request) for account in accounts]
    changed.append(close(Mailbox.objects.of_same_reader(mailbox)))
    if not any(changed):
        return False
    record(Kind.GROUP_LEFT, user=next(iter(accounts), None), request=request, mailbox=mailbox.pk, origin=origin)
    if origin == ChoiceOrigin.MAIL:
        credit(mailbox)
    return True


def close(mailboxes: QuerySet[Mailbox]) -> bool:
    """Suppress them, and end what stands there; False if that was so already."""
    changed = False
    for mailbox in mailboxes.order_by("pk"):
        changed |= Suppression.objects.suppress(mailbox.digest, SuppressionReason.REFUSED)
        if mailbox.email_key:
            standing = Subscription.objects.standing(mailbox.email_key)
            changed |= bool(standing.update(state=SubscriptionState.LEFT, left_at=timezone.now()))
    return changed


@ends_with_refusal
def close_all(user: Model) -> None:
    """A customer refuses announcements, wherever they did: that holds for every address that they had, and joined with."""
    close(Mailbox.objects.filter(user=user.pk))


def accounts_of(mailbox: Mailbox) -> QuerySet[User]:
    """The customer whose mailbox it was when a mail went there, and whoever has its address now.

    Where the address is erased the digest tells, which means a look at every account: that is done once, for whoever left already has none
    that is not opted out (User.heed_earlier_refusal).
    """
    if mailbox.email_key or Suppression.objects.filter(digest=mailbox.digest).wishes().exists():
        return owners_of(mailbox)
    by_digest = User.objects.annotate(digest=digest_of_column(F("email_key"))).filter(digest=mailbox.digest).values("pk")
    return User.objects.filter(Q(pk=mailbox.user_id) | Q(pk__in=by_digest)).order_by("pk")


def owners_of(mailbox: Mailbox) -> QuerySet[User]:
    """As far as the mailbox itself tells; in the order in which whoever locks several accounts does it."""
    theirs = Q(pk=mailbox.user_id)
    if mailbox.email_key:
        theirs |= Q(email_key=mailbox.email_key)
    return User.objects.filter(theirs).order_by("pk")


def credit(mailbox: Mailbox) -> None:
    """Count it with the announcement that went there last. No link says which mail it stood in, for that would tell who reads what."""
    latest = Delivery.objects.filter(mailbox=mailbox, state=DeliveryState.SENT).order_by("-settled_at").values("announcement")[:1]
    Announcement.objects.filter(pk__in=latest).update(left=F("left") + 1)

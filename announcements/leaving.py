"""Leaving the announcement group, for good and at once (promises G3, C11): by the link of a mail, by a mail, or by the preferences."""

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Suppression, User
from accounts.models.marketing_choice import ChoiceOrigin
from accounts.models.suppression import SuppressionReason
from announcements.digests import digest_of_column
from announcements.models import Announcement, Delivery, DeliveryState, Mailbox, Subscription, SubscriptionState
from announcements.personal_data import LEFT
from audit.kinds import Kind
from audit.log import record
from privacy.ribbon import note


@transaction.atomic
def leave(mailbox: Mailbox, request: HttpRequest | None = None, origin: ChoiceOrigin = ChoiceOrigin.MAIL) -> bool:
    """Nothing goes to this mailbox any more, nor to the others of the same customer; False if that was so already.

    Accounts come first, as in joining: the first statement locks them.
    """
    if request:
        note(request, LEFT)
    accounts = list(accounts_of(mailbox))
    changed = [account.opt_out(origin, request) for account in accounts]
    for one in Mailbox.objects.of_same_reader(mailbox).order_by("pk"):
        changed.append(Suppression.objects.suppress(one.digest, SuppressionReason.REFUSED))
        if one.email_key:
            standing = Subscription.objects.standing(one.email_key)
            changed.append(bool(standing.update(state=SubscriptionState.LEFT, left_at=timezone.now())))
    if not any(changed):
        return False
    record(Kind.GROUP_LEFT, user=next(iter(accounts), None), request=request, mailbox=mailbox.pk, origin=origin)
    if origin == ChoiceOrigin.MAIL:
        credit(mailbox)
    return True


def accounts_of(mailbox: Mailbox) -> QuerySet[User]:
    """The customer whose mailbox it was when a mail went there, and whoever has its address now.

    Where the address is erased the digest tells, which means a look at every account: that is done once, for whoever left already has none
    that is not opted out (User.heed_earlier_refusal).
    """
    theirs = Q(pk=mailbox.user_id)
    if mailbox.email_key:
        theirs |= Q(email_key=mailbox.email_key)
    elif not Suppression.objects.filter(digest=mailbox.digest).wishes().exists():
        theirs |= Q(pk__in=User.objects.annotate(digest=digest_of_column(F("email_key"))).filter(digest=mailbox.digest).values("pk"))
    return User.objects.filter(theirs).order_by("pk")


def credit(mailbox: Mailbox) -> None:
    """Count it with the announcement that went there last. No link says which mail it stood in, for that would tell who reads what."""
    latest = Delivery.objects.filter(mailbox=mailbox, state=DeliveryState.SENT).order_by("-settled_at").values("announcement")[:1]
    Announcement.objects.filter(pk__in=latest).update(left=F("left") + 1)

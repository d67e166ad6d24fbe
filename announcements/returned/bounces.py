"""What follows from a bounce or a complaint, whichever way we heard of it: a report by mail, a provider's hook, or the answer of the relay itself.

    the mailbox does not exist      → no announcement goes there any more, at once
    it did not arrive this time     → counted; after MOST_IN_A_ROW announcements in a row it is the same
    reported as unwanted            → the same, and whoever reads it has left (announcements/group/leaving.py)

Each counts once, by `Bounce.event_key`, in one transaction with all that follows (docs/announcements-bounces.md).
"""

import re
from itertools import takewhile

from django.db import transaction
from django.db.models import F

from accounts.models import Suppression, User
from accounts.models.marketing_choice import ChoiceOrigin
from accounts.models.suppression import SuppressionReason
from announcements.group.leaving import leave, owners_of
from announcements.models import Announcement, Bounce, BounceKind, Delivery, DeliveryState, Mailbox
from announcements.returned.bounce_reading import Verdict, by_status, status_in
from audit.kinds import Kind
from audit.log import record
from privacy.card_data import clean_text

MOST_IN_A_ROW = 5
LOOKED_BACK = 50
ADDRESS = re.compile(r"[^\s<>\"'():;,]+@[^\s<>\"'():;,]+")
COUNTERS = {BounceKind.HARD: "bounced", BounceKind.SOFT: "bounced", BounceKind.COMPLAINT: "complained"}


def note(delivery: Delivery, verdict: Verdict) -> bool:
    """What a report says of this delivery; False if there is nothing to count, or it was counted before."""
    if verdict.kind is None:
        return False
    return note_of_mailbox(delivery.mailbox, verdict, key_of(delivery.pk, verdict.kind), delivery.announcement_id)


def note_refusal(delivery: Delivery, answer: str) -> bool:
    """The relay refused the recipient for good with this answer, and the delivery has failed: if the mailbox does not exist, nobody writes there again.

    It counts as failed already, so not as bounced too. Returns whether it was noted.
    """
    verdict = by_status(status_in(answer), answer)
    if verdict.kind != BounceKind.HARD:
        return False
    return note_of_mailbox(delivery.mailbox, verdict, key_of(delivery.pk, BounceKind.HARD), delivery.announcement_id, counted=False)


def key_of(delivery_id: int, kind: BounceKind) -> str:
    """One report of a kind for a delivery: by mail and by a hook it is the same."""
    return f"{kind}:{delivery_id}"


@transaction.atomic
def note_of_mailbox(mailbox: Mailbox, verdict: Verdict, key: str, announcement: int | None = None, *, counted: bool = True) -> bool:
    """Count it, and do what follows; False if it was counted before. The accounts are locked first, then the mailbox, then the announcement."""
    kind = BounceKind(str(verdict.kind))
    if Bounce.objects.filter(event_key=key).exists():
        return False
    owners = list(owners_of(mailbox))
    for owner in owners:
        User.objects.touch(owner.pk)
    user = next((owner for owner in owners if owner.email_key == mailbox.email_key), next(iter(owners), None))
    mailbox = Mailbox.objects.select_for_update().get(pk=mailbox.pk)
    words = without_addresses(verdict.words, mailbox)
    said = {"mailbox": mailbox, "announcement_id": announcement, "kind": kind, "status": verdict.status, "detail": words[:300]}
    before = mailbox.bounces.filter(announcement=announcement, kind__in=bounces_like(kind)).exists() if announcement else False
    if not Bounce.objects.get_or_create(event_key=key, defaults=said)[1]:
        return False
    if kind == BounceKind.COMPLAINT:
        suppress(mailbox, user, SuppressionReason.COMPLAINED, words)
        leave(mailbox, origin=ChoiceOrigin.COMPLAINT)
    elif kind == BounceKind.HARD:
        suppress(mailbox, user, SuppressionReason.BOUNCED, f"{verdict.status} {words}".strip())
    elif announcement:
        count_soft(mailbox, user, announcement, f"{verdict.status} {words}".strip())
    if counted and announcement and not before:
        Announcement.objects.filter(pk=announcement).update(**{COUNTERS[kind]: F(COUNTERS[kind]) + 1})
    return True


def bounces_like(kind: BounceKind) -> list[BounceKind]:
    """A mail that first did not arrive for now and then for good came back once."""
    return [other for other in BounceKind if COUNTERS[other] == COUNTERS[kind]]


def count_soft(mailbox: Mailbox, user: User | None, announcement: int, words: str) -> None:
    """How many announcements in a row did not arrive, counted anew from what was sent and what came back: in whatever order we hear of it, and a
    mail that arrived between them ends the row."""
    mailbox.soft_bounces = in_a_row(mailbox, announcement)
    mailbox.save(update_fields=["soft_bounces"])
    if mailbox.soft_bounces >= MOST_IN_A_ROW:
        suppress(mailbox, user, SuppressionReason.BOUNCED, f"{mailbox.soft_bounces} in a row; the last: {words}")


def in_a_row(mailbox: Mailbox, announcement: int) -> int:
    """The length of the row of returned mails that this announcement's stands in."""
    returned = set(mailbox.bounces.filter(kind=BounceKind.SOFT).values_list("announcement_id", flat=True))
    sent = mailbox.deliveries.filter(state__in=[DeliveryState.SENT, DeliveryState.UNKNOWN]).order_by("-pk")
    seen = list(sent.values_list("announcement_id", "state")[:LOOKED_BACK])
    told = [number for number, state in seen if state == DeliveryState.SENT or number in returned]
    if announcement not in told:
        told.insert(0, announcement)
    place = told.index(announcement)
    before = sum(1 for _number in takewhile(returned.__contains__, reversed(told[:place])))
    return before + sum(1 for _number in takewhile(returned.__contains__, told[place:]))


def suppress(mailbox: Mailbox, user: User | None, reason: SuppressionReason, words: str) -> None:
    """No announcement goes there any more; recorded the first time."""
    if Suppression.objects.suppress(mailbox.digest, reason, words):
        record(Kind.ADDRESS_SUPPRESSED, user=user, reason=reason, mailbox=mailbox.pk)


def without_addresses(words: str, mailbox: Mailbox) -> str:
    """The server's words without the address that they repeat: they stay when the address is erased, and a digest alone is left of it."""
    words = ADDRESS.sub("…", clean_text(words))
    name = mailbox.email.rpartition("@")[0]
    return re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "…", words, flags=re.IGNORECASE) if len(name) > 2 else words

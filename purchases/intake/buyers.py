"""A partner tells in a notification of its own who a buyer is, before the order or after it."""

from django.utils import timezone

from accounts.contact import Contact
from accounts.models import User
from purchases.models import BuyerDetails, Purchase, WebhookEvent
from purchases.models.purchase import Role
from purchases.partners.base import BuyerPart, Event


def learn_buyer(row: WebhookEvent, event: Event) -> None:
    """Keep what was told; orders that wait for it are looked at now, and recorded ones are completed where they are still blank."""
    part = event.buyer_part
    if part is None:
        return row.fail("It tells of no buyer.")
    BuyerDetails.objects.learn(row.partner, part.reference, dict(part.details), event.occurred_at or timezone.now())
    complete_purchases(row.partner, part)
    row.fulfilled()
    WebhookEvent.objects.hurry(row.partner, [part.reference])
    return None


def complete_purchases(partner: str, part: BuyerPart) -> None:
    """What an order and its account still lack of the contact data; nothing that is there is written over."""
    told = {name: text for name, text in part.details.items() if name != "email"}
    theirs = Purchase.objects.filter(references__partner=partner, references__reference=part.reference, references__role=Role.BUYER)
    for purchase in theirs.filter(user__erased_at=None).select_for_update(of=("self",)).order_by("pk"):
        contact = Contact(email=purchase.email, **told)
        if filled := purchase.fill_in(contact):
            purchase.save(update_fields=filled)
            User.objects.complete(purchase.user_id, contact)

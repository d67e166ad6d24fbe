"""A dry run: the work on a notification, for real, in a transaction that is rolled back; and what it would have changed, in words.

What leaves the site does so after a commit alone — a mail is a row, a worker is woken by the commit — so nothing leaves it here. The partner's
own records are not asked. Nobody is waited for longer than a moment: whoever has the row, or the account, in hand is left alone.
"""

from contextlib import suppress
from dataclasses import dataclass

from django.db import DatabaseError, OperationalError, connection, transaction
from django.utils.translation import gettext as _

from accounts.addresses import address_key
from accounts.models import User
from purchases.inbox.seen import Seen, differences, seen
from purchases.intake.handling import event_of, work_on
from purchases.models import BuyerDetails, EventState, WebhookEvent
from purchases.models.webhook_event import IN_OUR_FORMAT, OPEN
from purchases.partners.base import Event
from purchases.partners.registry import PARTNERS

PATIENCE = "1s"  # for the lock of a row
LONGEST = "10s"  # for one statement

REHEARSED = (*OPEN, EventState.FAILED)


@dataclass(frozen=True)
class Outcome:
    """What a dry run tells: the changes, a sentence each; the state that the notification would end in; or why nothing can be said."""

    changes: list[str]
    state: str = ""
    reason: str = ""
    problem: str = ""


class RolledBack(Exception):
    """Ends the transaction; nothing of it stays."""


def rehearse(event_id: int) -> Outcome:
    """What a replay of the notification would change. The row is there."""
    outcome = Outcome([], problem=_("A worker has it in hand at this moment: look again in a moment."))
    with suppress(RolledBack):
        try:
            with transaction.atomic():
                wait_for_nobody()
                if row := WebhookEvent.objects.select_for_update(skip_locked=True).filter(pk=event_id).first():
                    outcome = tried(row)
                raise RolledBack
        except OperationalError:
            outcome = Outcome([], problem=_("Somebody changes the account or the order at this moment: look again in a moment."))
        except DatabaseError as error:
            outcome = broken(error)
    return outcome


def wait_for_nobody() -> None:
    """Until the end of this transaction the database gives up soon. SQLite has one lock for all, and the transaction holds it already."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, true)", [PATIENCE, LONGEST])


def tried(row: WebhookEvent) -> Outcome:
    """Work on the locked row, and tell what that changed."""
    if row.state not in REHEARSED:
        return Outcome([], state=row.get_state_display(), reason=row.state_reason)
    if row.channel not in IN_OUR_FORMAT and row.read_back is None and PARTNERS[row.partner].wants_read_back(row.payload):
        return Outcome([], problem=_("The partner's own records are asked first, and a dry run asks nobody: replay it instead."))
    try:
        event = event_of(row)
        lock_accounts(row, event)
        before = seen(row, event)
        work_on(row)
        after = seen(row, event)
    except DatabaseError:
        raise
    except Exception as error:
        return broken(error)
    return Outcome(told(row, event, before, after), state=row.get_state_display(), reason=row.state_reason)


def told(row: WebhookEvent, event: Event, before: Seen, after: Seen) -> list[str]:
    awaiting = WebhookEvent.objects.filter(awaited__reference__in=[event.order_reference, *event.join_references], partner=row.partner)
    waiting = awaiting.filter(state__in=OPEN).exclude(pk=row.pk).distinct().count() if row.state == EventState.FULFILLED else 0
    return differences(before, after, waiting)


def lock_accounts(row: WebhookEvent, event: Event) -> None:
    """The account of the buyer, if there is one: what others do to it at this very moment is not taken for a change of ours."""
    buyer = event.buyer or BuyerDetails.objects.contact(row.partner, event.buyer_references)
    if buyer and (pk := User.objects.filter(email_key=address_key(buyer.email)).values_list("pk", flat=True).first()):
        User.objects.touch(pk)


def broken(error: Exception) -> Outcome:
    """Only the kind of error: its text may repeat personal data."""
    return Outcome([], problem=_("It would break (%(error)s), and be tried again later.") % {"error": type(error).__name__})

"""Sending an announcement: what one worker does of it in some seconds (docs/decisions/sending.md).

Claim a chunk in a commit of its own; look again who still wants it; commit the intent for a few; hand them to the relay; write what it said in the
transaction of the next intent. Killed anywhere in between, nobody is mailed twice and nobody is lost; those few are *unknown*.
"""

import logging
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Hold
from accounts.models.user import as_greeted
from announcements.models import Announcement, Basis, Delivery, DeliveryState, Mailbox, State
from announcements.models.delivery import IN_HAND, WAITING
from announcements.returned.bounces import ADDRESS, note_refusal
from announcements.sending import queue, rate
from announcements.sending.frozen import CannotFreeze, Frozen, Recipient
from announcements.sending.lines import Line, line
from announcements.sending.listing import list_range
from announcements.sending.queue import Claim, Result, persistently
from audit.kinds import Kind
from audit.log import record
from mailroom.smtp import Fate, LogInRefused, Outcome, RelayAway

log = logging.getLogger(__name__)

GROUP_SECONDS = (
    60  # no mail of a group is begun later; a relay may stall in the last one for four replies more, and the lease outlives that
)
MOST_ATTEMPTS = 10
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
RELAY_AWAY = 30  # seconds
GONE = "Refused announcements, or was stopped or erased, since the recipients were listed."
STATES = {Fate.TAKEN: DeliveryState.SENT, Fate.REFUSED: DeliveryState.FAILED, Fate.UNKNOWN: DeliveryState.UNKNOWN}


class Errors:
    """The last results of a worker: when too many of them are bad, the announcement pauses, for the relay or the text has something against us.

    They are kept in the process's memory from one run to the next, for at a slow rate one run has few of them; a pause ends what is kept.
    """

    LEAST, WINDOW, SHARE = 20, 100, 0.3
    KEPT = 3600  # seconds

    def __init__(self, announcement_id: int) -> None:
        self.key = f"announcement-errors:{announcement_id}"
        self.last: deque[bool] = deque(cache.get(self.key, ()), maxlen=self.WINDOW)
        self.latest = ""

    def keep(self) -> None:
        cache.set(self.key, list(self.last), self.KEPT)

    def note(self, outcomes: Sequence[Outcome]) -> None:
        tried = [outcome for outcome in outcomes if outcome.fate != Fate.NOT_TRIED]
        self.last.extend(outcome.fate != Fate.TAKEN for outcome in tried)
        self.latest = next((outcome.answer for outcome in reversed(tried) if outcome.fate != Fate.TAKEN), self.latest)

    @property
    def are_too_many(self) -> bool:
        return len(self.last) >= self.LEAST and sum(self.last) > self.SHARE * len(self.last)


def work(announcement_id: int, seconds: float) -> bool:
    """List or send for so many seconds; whether there is more to do at once. Nothing if enough workers are at it already."""
    until = time.monotonic() + seconds
    with place_at_work() as is_free:
        if not is_free:
            return False
        announcement = Announcement.objects.get(pk=announcement_id)
        if announcement.state == State.PREPARING:
            prepare(announcement, until)
        if announcement.state == State.SENDING:
            send(announcement, until)
    return time.monotonic() >= until and Announcement.objects.filter(pk=announcement_id).under_way().exists()


@contextmanager
def place_at_work() -> Iterator[bool]:
    """One of settings.ANNOUNCEMENTS_WORKERS places, so that sending leaves workers for everything else. A place ends with the connection of
    whoever holds it (an advisory lock of PostgreSQL's session), so none stays taken by the dead; SQLite works for one at a time anyhow."""
    if connection.vendor != "postgresql":
        yield True
        return
    place = next((place for place in range(settings.ANNOUNCEMENTS_WORKERS) if lock("pg_try_advisory_lock", place)), None)
    try:
        yield place is not None
    finally:
        if place is not None:
            persistently(lambda: lock("pg_advisory_unlock", place), time.monotonic() + 10)


def lock(function: str, place: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtext('infacta.announcements'), %s)", [place])
        return bool(cursor.fetchone()[0])


def prepare(announcement: Announcement, until: float) -> None:
    """List recipients, range after range; when there are no more, sending begins."""
    while list_range(announcement):
        if announcement.state != State.PREPARING or time.monotonic() > until:
            return
    if connection.vendor == "postgresql":  # the planner must know of a million new rows before the first claim
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE announcements_delivery, announcements_mailbox")
    Announcement.objects.filter(pk=announcement.pk, state=State.PREPARING).update(state=State.SENDING)
    announcement.refresh_from_db(fields=["state", "total"])


def send(announcement: Announcement, until: float) -> None:
    """Chunk after chunk, until there is nothing to claim, the relay is away, or time is up."""
    try:
        frozen = Frozen(announcement)
    except (CannotFreeze, ImproperlyConfigured) as error:
        pause(announcement, _("The text cannot be made into mails: %(reason)s") % {"reason": error})
        return
    relay, errors = line(), Errors(announcement.pk)
    try:
        while (left := until - time.monotonic()) > 0:
            if not Delivery.objects.filter(announcement=announcement.pk).waiting(timezone.now()).exists():
                end(announcement)
                return
            granted = rate.grant(left)
            if not granted:
                return
            time.sleep(granted.wait)
            relay.open()
            if not Chunk(announcement, granted.mails, frozen, relay, errors).send(until):
                errors.last.clear()
                return
    except LogInRefused as refusal:
        pause(announcement, _("The mail relay refuses the log-in: %(answer)s") % {"answer": refusal})
    except RelayAway as away:
        log.warning("The relay is away (%s): the announcement %s waits for it.", away, announcement.pk)
        rate.postpone(RELAY_AWAY)
    finally:
        errors.keep()
        relay.close()


class Chunk:
    """Claimed deliveries of an announcement, sent in groups; `behind`: what the relay said of the last group, and is not written down yet."""

    def __init__(self, announcement: Announcement, most: int, frozen: Frozen, relay: Line, errors: Errors) -> None:
        self.announcement, self.frozen, self.relay, self.errors = announcement, frozen, relay, errors
        self.held = queue.claim(announcement.pk, most)
        self.behind: list[Result] = []
        self.refused: list[Result] = []
        self.is_through = False

    def send(self, until: float) -> bool:
        """Group after group, while there is time; False if the announcement is not being sent any more."""
        try:
            recipients = still_welcome(self.held, self.announcement.topic)
            for start in range(0, len(recipients), settings.ANNOUNCEMENTS_INTENTS):
                if time.monotonic() > min(until, self.held.until):
                    return True
                if not self.send_group(recipients[start : start + settings.ANNOUNCEMENTS_INTENTS]):
                    return False
            self.is_through = True
            return True
        finally:
            persistently(lambda: queue.settle(self.held, self.behind), self.held.until)
            if not self.is_through:
                persistently(lambda: queue.release(self.held), self.held.until)
            note_refusals(self.refused)

    def send_group(self, group: list[Recipient]) -> bool:
        """Commit what became of the group before and the intent for this one, and hand it over; False if none of it may go out any more."""
        now = timezone.now()
        mails = {recipient.delivery: self.relay.mail(self.frozen, recipient, now) for recipient in group}
        attempts = persistently(lambda: queue.turn(self.held, self.behind, list(mails)), self.held.until)
        self.behind = []
        if not attempts:
            return False
        intended = [mail for delivery, mail in mails.items() if delivery in attempts]
        try:
            outcomes = self.relay.send(intended, min(self.held.until, time.monotonic() + GROUP_SECONDS))
        except RelayAway:
            self.behind = [untried(delivery) for delivery in attempts]
            raise
        tried = (delivery for delivery in mails if delivery in attempts)
        self.behind = [result_of(delivery, outcome, attempts[delivery]) for delivery, outcome in zip(tried, outcomes, strict=True)]
        self.refused += [result for result in self.behind if result.state == DeliveryState.FAILED]
        self.errors.note(outcomes)
        if self.errors.are_too_many:
            pause(self.announcement, _("Too many of the last mails failed. The latest answer: %(answer)s") % {"answer": self.errors.latest})
            self.errors.last.clear()
        return True


def still_welcome(held: Claim, topic: str) -> list[Recipient]:
    """Whom of a chunk the mail may go to now; the others are skipped. An account whose address is another one by now is another recipient, and one
    on hold is none."""
    columns = ("pk", "mailbox", "mailbox__email", "mailbox__token", "basis", "mailbox__user__greeting", "mailbox__user__name")
    claimed = Delivery.objects.filter(pk__in=held.deliveries, lease_token=held.token).order_by("pk")
    on_hold = Q(Hold.objects.stand_before("mailbox__user", timezone.now()))
    belong = ~Q(basis=Basis.CUSTOMER) | Q(mailbox__user__email_key=F("mailbox__email_key")) & ~on_hold
    rows = list(claimed.filter(belong).values_list(*columns))
    mailboxes = Mailbox.objects.filter(pk__in=[row[1] for row in rows])
    reachable = set(mailboxes.reachable().wanting(topic).values_list("pk", flat=True))
    recipients = [
        Recipient(pk, email, token, as_greeted(greeting or name or ""), basis)
        for pk, mailbox, email, token, basis, greeting, name in rows
        if mailbox in reachable
    ]
    gone = set(held.deliveries) - {recipient.delivery for recipient in recipients}
    queue.settle(held, [Result(pk, DeliveryState.SKIPPED, GONE, timezone.now()) for pk in gone])
    return recipients


def note_refusals(refused: Sequence[Result]) -> None:
    """Suppress the mailboxes that do not exist, as the relay said; if a worker is killed before, the next announcement is told the same."""
    answers = {result.delivery: result.answer for result in refused}
    for delivery in Delivery.objects.filter(pk__in=answers).select_related("mailbox"):
        note_refusal(delivery, answers[delivery.pk])


def untried(delivery: int) -> Result:
    """As if nothing had been: the relay was given nothing of it."""
    return Result(delivery, DeliveryState.PENDING, "", timezone.now(), untried=True)


def result_of(delivery: int, outcome: Outcome, attempts: int) -> Result:
    """What an outcome means for the delivery, whose attempt it was."""
    now = timezone.now()
    if outcome.fate == Fate.NOT_TRIED:
        return untried(delivery)
    if outcome.fate == Fate.LATER:
        return later(delivery, outcome.answer, attempts, now)
    return Result(delivery, STATES[outcome.fate], outcome.answer, now)


def later(delivery: int, answer: str, attempts: int, now: datetime) -> Result:
    """Ever less often, and at last no more."""
    if attempts >= MOST_ATTEMPTS:
        return Result(delivery, DeliveryState.FAILED, f"Given up after {attempts} attempts. {answer}", now)
    pause = min(FIRST_PAUSE * 4 ** (attempts - 1), LONGEST_PAUSE)
    return Result(delivery, DeliveryState.RETRY, answer, now + pause)


def pause(announcement: Announcement, reason: str) -> None:
    """By itself; staff read the reason and resume it. What a relay answered may name a reader, whose address is erased elsewhere and not here."""
    with transaction.atomic():
        if announcement.pause(ADDRESS.sub("…", reason)):
            record(Kind.ANNOUNCEMENT_PAUSED, announcement=announcement.pk, reason="errors")
            log.error("The announcement %s was paused, for errors rose; its page has the reason.", announcement.pk)


def end(announcement: Announcement) -> None:
    """It is sent when nothing waits, be it for a later try, and nothing is in a worker's hand."""
    open_ones = Delivery.objects.filter(announcement=OuterRef("pk"), state__in=[*WAITING, *IN_HAND])
    with transaction.atomic():
        over = Announcement.objects.filter(~Exists(open_ones), pk=announcement.pk, state=State.SENDING)
        if over.update(state=State.SENT, ended_at=timezone.now()):
            announcement.refresh_from_db()
            counters = {name: getattr(announcement, name) for name in ("total", "sent", "failed", "skipped", "unknown")}
            record(Kind.ANNOUNCEMENT_SENT, announcement=announcement.pk, **counters)

"""What a person asks for by right of their own data: a report of all of it, or that it be erased (promises C16 to C18; GDPR articles 15 and 17).

Whoever asks is known by an account that they confirmed freshly, or by a mailbox on file that they showed to read. A worker takes a request
that is due, with a lease, and may be killed and begin again.
"""

import secrets
from calendar import monthrange
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy.subjects import DataSubject

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12


class Kind(models.TextChoices):
    REPORT = "report", _("report")
    ERASURE = "erasure", _("erasure")


class State(models.TextChoices):
    UNPROVED = "unproved", _("waits for the proof of who asks")
    WAITING = "waiting", _("waits")
    WORKING = "working", _("is being done")
    DONE = "done", _("done")
    CANCELLED = "cancelled", _("cancelled")
    LAPSED = "lapsed", _("lapsed: nobody proved who asked")


OPEN = (State.UNPROVED, State.WAITING, State.WORKING)


class SubjectRequestQuerySet(models.QuerySet["SubjectRequest"]):
    def open(self) -> "SubjectRequestQuerySet":
        return self.filter(state__in=OPEN)

    def unproved_since(self, moment: datetime) -> "SubjectRequestQuerySet":
        """Those of which nobody has proved who asks, and that were asked before then."""
        return self.filter(state=State.UNPROVED, asked_at__lt=moment)

    def overdue(self, now: datetime) -> "SubjectRequestQuerySet":
        """Those to be done of which the month is over."""
        today = timezone.localdate(now)
        latest = next(day for days in range(27, 35) if a_month_after(day := today - timedelta(days=days)) < today)
        return self.filter(state__in=(State.WAITING, State.WORKING), asked_at__lt=midnight(latest + timedelta(days=1)))

    def due(self, now: datetime) -> "SubjectRequestQuerySet":
        """Waiting, and their time has come; or in the hands of a worker who did not report back in time."""
        waiting = models.Q(state=State.WAITING, begins_at__lte=now)
        abandoned = models.Q(state=State.WORKING, lease_until__lte=now)
        return self.filter(waiting | abandoned)


def a_month_after(day: date) -> date:
    """The same day of the next month, or the last one that it has."""
    year, month = day.year + day.month // 12, day.month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))


def new_number() -> str:
    return "".join(secrets.choice(ALPHABET) for _letter in range(LENGTH))


def digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


class SubjectRequest(models.Model):
    """One request. `user` is the account that it is about, if there is one; `email` the mailbox that answers go to, empty once it is over.

    `language` is the one that they asked in. `begins_at` is when the work may begin: at once for a report, after the time for second thoughts for an erasure. `steps_done` of `steps` is how
    far the work is. `opened_by` and `reason` say who of the staff asked on the person's behalf, and what for.
    """

    LEASE = timedelta(minutes=10)
    PROOF_LIFE = timedelta(days=7)

    number = models.CharField(_("number"), max_length=LENGTH, default=new_number, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("account"))
    email = models.EmailField(_("e-mail address"), max_length=254, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    proof_digest = models.CharField(max_length=64, blank=True, editable=False)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("asked for by")
    )
    reason = models.CharField(_("how the person asked"), max_length=300, blank=True)
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    proved_at = models.DateTimeField(_("proved"), null=True, blank=True)
    begins_at = models.DateTimeField(_("begins"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    steps = models.PositiveIntegerField(_("steps"), default=0)
    steps_done = models.PositiveIntegerField(_("steps done"), default=0)
    failures = models.PositiveIntegerField(_("failures"), default=0)
    problem = models.CharField(_("problem"), max_length=200, blank=True)
    lease_until = models.DateTimeField(null=True, editable=False)
    lease_token = models.CharField(max_length=32, blank=True, editable=False)

    objects = SubjectRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request about personal data")
        verbose_name_plural = _("requests about personal data")
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], condition=models.Q(state__in=OPEN), name="one_open_request_of_a_kind"),
            models.UniqueConstraint(
                Lower("email"),
                "kind",
                condition=models.Q(state__in=OPEN, user=None) & ~models.Q(email=""),
                name="one_open_request_of_a_mailbox",
            ),
        ]
        indexes = [
            models.Index(fields=["begins_at"], condition=models.Q(state__in=["waiting", "working"]), name="subject_request_due"),
            models.Index(fields=["-asked_at", "-id"], name="subject_request_asked"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"

    @property
    def person(self) -> DataSubject:
        """Whose data it is about; the addresses are those that are proved: the account's own, or else the mailbox that was shown to be read."""
        address = self.user.email if self.user else self.email
        return DataSubject(account=self.user_id, addresses=(address,) if address else ())

    @property
    def due_by(self) -> date:
        """The last day of the month within which the person has the answer (GDPR article 12(3))."""
        return a_month_after(timezone.localdate(self.asked_at))

    @property
    def is_overdue(self) -> bool:
        """A request that nobody proved binds us to nothing: it lapses."""
        return self.state in (State.WAITING, State.WORKING) and timezone.localdate() > self.due_by

    @property
    def percent(self) -> int:
        """How far the work is, from 0 to 100."""
        return 100 if self.state == State.DONE else 100 * self.steps_done // self.steps if self.steps else 0

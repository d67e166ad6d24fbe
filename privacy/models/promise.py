"""What `check_promises` found last, how each promise stands, and when that changed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Outcome(StrEnum):
    KEPT = "kept"
    BROKEN = "broken"
    UNKNOWN = "cannot tell"


CHOICES = [
    (Outcome.KEPT.value, pgettext_lazy("of a promise", "kept")),
    (Outcome.BROKEN.value, _("broken")),
    (Outcome.UNKNOWN.value, _("cannot tell")),
]
LONGEST = 1_000


class PromiseFinding(models.Model):
    """What one check said of one promise when it looked last."""

    promise = models.CharField(_("promise"), max_length=4)
    check_name = models.CharField(_("check"), max_length=100)
    outcome = models.CharField(_("outcome"), max_length=11, choices=CHOICES)
    evidence = models.CharField(_("evidence"), max_length=LONGEST)
    looked_at = models.DateTimeField(_("looked at"))

    class Meta:
        verbose_name = _("finding about a promise")
        verbose_name_plural = _("findings about promises")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["promise", "check_name"], name="promise_finding_once")]

    def __str__(self) -> str:
        return f"{self.promise}: {self.check_name}"


class PromiseStateQuerySet(models.QuerySet["PromiseState"]):
    def note_all(self, said: Mapping[str, tuple[Outcome, str]], now: datetime) -> None:
        """How all stand now, by their numbers: outcome and what decided it. Those that stand as before cost one statement together."""
        before = dict(self.values_list("promise", "outcome"))
        for promise, (outcome, evidence) in said.items():
            if before.get(promise) != outcome:
                self.note(promise, outcome, evidence, now)
        self.filter(promise__in=said, looked_at__lt=now).update(looked_at=now)

    def note(self, promise: str, outcome: Outcome, evidence: str, now: datetime) -> bool:
        """How the promise stands now; True, and written into the history, if that has changed. Of two at once that say the same, one has changed it."""
        with transaction.atomic():
            made = self.get_or_create(promise=promise, defaults={"outcome": outcome, "since": now, "looked_at": now})[1]
            changed = self.filter(promise=promise).exclude(outcome=outcome).update(outcome=outcome, since=now, looked_at=now)
            if made or changed:
                PromiseChange.objects.create(promise=promise, outcome=outcome, evidence=evidence[:LONGEST], at=now)
        return bool(made or changed)


class PromiseState(models.Model):
    """How one promise stands, by everything that was looked at."""

    promise = models.CharField(_("promise"), max_length=4, primary_key=True)
    outcome = models.CharField(_("state"), max_length=11, choices=CHOICES)
    since = models.DateTimeField(_("since"))
    looked_at = models.DateTimeField(_("looked at"))

    objects = PromiseStateQuerySet.as_manager()

    class Meta:
        verbose_name = _("state of a promise")
        verbose_name_plural = _("states of promises")
        ordering = ["promise"]

    def __str__(self) -> str:
        return f"{self.promise}: {self.outcome}"


class PromiseChange(models.Model):
    """The history: when a promise came to stand otherwise, and by what that was known."""

    promise = models.CharField(_("promise"), max_length=4)
    outcome = models.CharField(_("state from then on"), max_length=11, choices=CHOICES)
    evidence = models.CharField(_("evidence"), max_length=LONGEST)
    at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("change of a promise")
        verbose_name_plural = _("changes of promises")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["-at", "-id"], name="promise_change_at")]

    def __str__(self) -> str:
        return f"{self.promise}: {self.outcome}"


def worst(outcomes: Iterable[str]) -> Outcome:
    """How a promise stands: broken if one check says so, kept if all say so, and else nobody can tell."""
    said = set(outcomes)
    if Outcome.BROKEN in said:
        return Outcome.BROKEN
    return Outcome.KEPT if said == {Outcome.KEPT} else Outcome.UNKNOWN

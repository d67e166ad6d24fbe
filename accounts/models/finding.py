"""What detectors of misuse found, with evidence that a person can read (promises C4, C7)."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.detectors import named
from accounts.detectors.scores import REVIEW_AT

REPORTED_BY_CUSTOMER = "reported"  # not a detector's: what customers say of their own account (accounts/reports.py)


class FindingState(models.TextChoices):
    OPEN = "open", _("open")
    DISMISSED = "dismissed", _("dismissed")
    HELD = "held", _("led to a hold")
    ACTED = "acted", _("acted upon")


class FindingQuerySet(models.QuerySet["MisuseFinding"]):
    def with_totals(self) -> Any:
        """Each with `total`, the sum of the open findings of its account or network; a decided one without open companions has its own score."""
        found = MisuseFinding.objects.filter(state=FindingState.OPEN).order_by()
        of_user = found.filter(user=models.OuterRef("user")).values("user").annotate(total=models.Sum("score"))
        of_same = found.filter(user=None, network=models.OuterRef("network"), matter=models.OuterRef("matter"))
        of_network = of_same.values("network", "matter").annotate(total=models.Sum("score"))
        by_network = models.When(user=None, then=models.Subquery(of_network.values("total")))
        of_subject = models.Case(by_network, default=models.Subquery(of_user.values("total")))
        return self.annotate(total=Coalesce(of_subject, models.F("score")))

    def to_review(self) -> Any:
        """The queue of staff: open findings of accounts and networks whose sum has reached REVIEW_AT."""
        return self.with_totals().filter(state=FindingState.OPEN, total__gte=REVIEW_AT)


class MisuseFinding(models.Model):
    """One pattern, of one account, of one network, or of a matter of the floors above (accounts/matters.py). While it is open, newer
    evidence is added to it."""

    detector = models.CharField(_("detector"), max_length=40)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="misuse_findings", verbose_name=_("customer")
    )
    network = models.CharField(_("network"), max_length=50, blank=True)
    matter = models.CharField(_("matter"), max_length=80, blank=True)
    matter_name = models.CharField(_("what it is about"), max_length=100, blank=True)
    score = models.PositiveSmallIntegerField(_("score"))
    explanation = models.TextField(_("explanation"))
    evidence = models.JSONField(_("evidence"), default=dict, blank=True)
    first_at = models.DateTimeField(_("first event"))
    last_at = models.DateTimeField(_("last event"))
    found_at = models.DateTimeField(_("found"), default=timezone.now)
    state = models.CharField(_("state"), max_length=10, choices=FindingState.choices, default=FindingState.OPEN)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decision = models.TextField(_("reason of the decision"), blank=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign of misuse")
        verbose_name_plural = _("signs of misuse")
        ordering = ["-last_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["detector", "user"], condition=models.Q(state="open"), name="finding_open_once_user"),
            models.UniqueConstraint(
                fields=["detector", "network", "matter"], condition=models.Q(state="open", user=None), name="finding_open_once_network"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-last_at"], name="finding_state"),
            models.Index(fields=["user", "-last_at"], name="finding_user"),
            # Whoever has an IPv6 network has 65,536 to guess from; the sums of all of them stand in one list.
            models.Index(fields=["network", "state"], condition=models.Q(user=None), name="finding_network"),
        ]

    def __str__(self) -> str:
        return f"{self.detector_in_words} ({self.last_at:%Y-%m-%d %H:%M})"

    @property
    def subject(self) -> str:
        """Whose or what: the account, the network, or the matter."""
        return str(self.user or self.network or self.matter_name)

    @property
    def detector_in_words(self) -> str:
        """The detector's name; its slug if there is no such detector any more."""
        if self.detector == REPORTED_BY_CUSTOMER:
            return gettext("reported by the customer")
        detector = named(self.detector)
        return str(detector.name) if detector else self.detector


class DetectionCursor(models.Model):
    """How far into the audit log the detectors have read. One row."""

    name = models.CharField(max_length=20, primary_key=True)
    last_event_id = models.BigIntegerField(default=0)
    detected_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.last_event_id}"

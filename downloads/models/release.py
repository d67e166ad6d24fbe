"""Releases: versions of a product, published at a time, and perhaps withdrawn."""

from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from downloads.models.product import Product
from downloads.versions import KEY_LENGTH, key_of


class Channel(models.TextChoices):
    STABLE = "stable", _("stable")
    BETA = "beta", _("beta")


class State(models.TextChoices):
    """What has become of a release."""

    DRAFT = "draft", _("draft")
    SCHEDULED = "scheduled", _("scheduled")
    OUT = "out", _("published")
    WITHDRAWN = "withdrawn", _("withdrawn")


class ReleaseQuerySet(models.QuerySet["Release"]):
    def published(self, now: datetime) -> "ReleaseQuerySet":
        """What customers see: published, and not withdrawn."""
        return self.filter(published_at__lte=now, withdrawn_at=None)

    def shown_to(self, until: datetime | None, now: datetime) -> "ReleaseQuerySet":
        """What a customer with upgrades until then sees: whatever is out, included or not; and of what was withdrawn after it had been
        out, what was included, for they may have it."""
        had = models.Q(withdrawn_at__gte=models.F("published_at"), pk__in=Release.objects.included(until).values("pk"))
        return self.filter(models.Q(withdrawn_at=None) | had, published_at__lte=now)

    def in_state(self, state: str | None, now: datetime) -> "ReleaseQuerySet":
        """The same rule as `Release.state`, for the database; all of them for what is no state."""
        conditions: dict[str, models.Q] = {
            State.DRAFT: models.Q(published_at=None, withdrawn_at=None),
            State.SCHEDULED: models.Q(published_at__gt=now, withdrawn_at=None),
            State.OUT: models.Q(published_at__lte=now, withdrawn_at=None),
            State.WITHDRAWN: models.Q(withdrawn_at__isnull=False),
        }
        return self.filter(conditions.get(state or "", models.Q()))

    def included(self, until: Any) -> "ReleaseQuerySet":
        """Those that an entitlement with upgrades until then includes; `until` is a moment, None for no end, or an OuterRef.

        The same rule as `Release.is_included`, for the database.
        """
        value = until if isinstance(until, models.OuterRef) else models.Value(until)
        bound = models.ExpressionWrapper(value, output_field=models.DateTimeField(null=True))
        return self.alias(until=bound).filter(models.Q(until=None) | models.Q(counts_from__lte=models.F("until")))

    def latest_first(self) -> "ReleaseQuerySet":
        """By version, as PEP 440 and Semantic Versioning order them: a later fix of an old version is not the latest."""
        return self.order_by("-version_key", "-pk")


class Release(models.Model):
    """A version of a product: a draft until it has a time, scheduled until that time comes, and out unless it was withdrawn."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="releases", verbose_name=_("product"))
    version = models.CharField(_("version"), max_length=50, help_text=_("Such as 2.1, 2.1.0-beta.2 or 2.1rc1."))
    version_key = models.CharField(_("sorts by"), max_length=KEY_LENGTH, editable=False)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices, default=Channel.STABLE)
    published_at = models.DateTimeField(
        _("published"),
        null=True,
        blank=True,
        default=timezone.now,
        help_text=_("Empty: a draft that nobody sees. A time to come: it appears by itself."),
    )
    backdated_to = models.DateTimeField(
        _("backdated to"),
        null=True,
        blank=True,
        help_text=_(
            "Customers whose upgrades ended after this time may have it, though it was published later: for a fix of an older version."
        ),
    )
    counts_from = models.GeneratedField(
        expression=Coalesce("backdated_to", "published_at"), output_field=models.DateTimeField(null=True), db_persist=True
    )
    notes = models.TextField(
        _("what is new"), blank=True, help_text=_("Markdown. Customers read it beside the files, and updaters show it.")
    )
    is_critical = models.BooleanField(
        _("critical update"), default=False, help_text=_("Updaters press for it: a hole is closed, or data could be lost.")
    )
    rollout_days = models.PositiveSmallIntegerField(
        _("days of roll-out"), default=0, help_text=_("Updaters offer it to more customers each day; 0: to all at once.")
    )
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True, editable=False)
    withdrawal_reason = models.CharField(_("why it was withdrawn"), max_length=300, blank=True, editable=False)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        ordering = ["product", "-version_key", "-pk"]
        indexes = [models.Index(fields=["product", "-version_key", "-id"], name="release_latest")]
        constraints = [models.UniqueConstraint(fields=["product", "version"], name="release_once")]

    def __str__(self) -> str:
        return f"{self.product} {self.version}"

    @transaction.atomic
    def save(self, *args: Any, **options: Any) -> None:
        """Raises NotAVersion for a version that no order has a place for; the form tells staff before."""
        self.version_key = key_of(self.version)
        self.mark_catalogue()
        super().save(*args, **options)

    def mark_catalogue(self) -> None:
        """Note that feeds change with this release: those of its product, and of the one that it belonged to until now."""
        Product.objects.filter(models.Q(pk=self.product_id) | models.Q(releases__pk__in=[self.pk])).mark_changed()

    def is_out(self, now: datetime) -> bool:
        """Whether customers see it: published, and not withdrawn."""
        return self.published_at is not None and self.published_at <= now and self.withdrawn_at is None

    def was_published(self, now: datetime) -> bool:
        """Whether customers may have it, be it withdrawn since or not."""
        return self.published_at is not None and self.published_at <= now

    def state(self, now: datetime) -> State:
        if self.withdrawn_at:
            return State.WITHDRAWN
        if self.published_at is None:
            return State.DRAFT
        return State.OUT if self.published_at <= now else State.SCHEDULED

    @property
    def is_beta(self) -> bool:
        return self.channel == Channel.BETA

    def is_included(self, until: datetime | None) -> bool:
        """Whether an entitlement with upgrades until then includes it: published by then, or backdated (promise C5).

        Page, download and online check all ask here, or, of many rows, `ReleaseQuerySet.included`.
        """
        counts_from = self.backdated_to or self.published_at
        return counts_from is not None and (until is None or counts_from <= until)

    @transaction.atomic
    def withdraw(self, reason: str) -> bool:
        """Hide it at once, and stop its downloads; `reason` is for customers. False, and nothing happens, if it is withdrawn already."""
        self.mark_catalogue()
        here = Release.objects.filter(pk=self.pk, withdrawn_at=None)
        return bool(here.update(withdrawn_at=timezone.now(), withdrawal_reason=reason))

    @transaction.atomic
    def reinstate(self) -> bool:
        """Show it again, for those who had it before and all others; False if it was not withdrawn."""
        self.mark_catalogue()
        gone = Release.objects.filter(pk=self.pk, withdrawn_at__isnull=False)
        return bool(gone.update(withdrawn_at=None, withdrawal_reason=""))

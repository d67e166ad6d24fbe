"""Offers that a code opens."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.contact import CONTACT_FIELDS, ContactData
from downloads.models import Edition, Product


class Stage(models.TextChoices):
    """Where a promotion stands today."""

    DRAFT = "draft", _("draft")
    SCHEDULED = "scheduled", _("scheduled")
    RUNNING = "running", _("running")
    ENDED = "ended", _("ended")
    STOPPED = "stopped", _("stopped")


class PromotionQuerySet(models.QuerySet["Promotion"]):
    def shown(self) -> "PromotionQuerySet":
        """Those that have a page: all but drafts."""
        return self.filter(is_published=True)

    def running(self, now: datetime) -> "PromotionQuerySet":
        begun = models.Q(starts_at=None) | models.Q(starts_at__lte=now)
        not_over = models.Q(ends_at=None) | models.Q(ends_at__gt=now)
        return self.shown().filter(begun, not_over, stopped_at=None)

    def in_stage(self, stage: str | None, now: datetime) -> "PromotionQuerySet":
        """Those in this stage; all of them if it is none."""
        published = self.filter(is_published=True)
        going = published.filter(stopped_at=None)
        of_stage: dict[str, PromotionQuerySet] = {
            Stage.DRAFT: self.filter(is_published=False),
            Stage.SCHEDULED: going.filter(starts_at__gt=now).exclude(ends_at__lte=now),
            Stage.RUNNING: self.running(now),
            Stage.ENDED: going.filter(ends_at__lte=now),
            Stage.STOPPED: published.exclude(stopped_at=None),
        }
        return of_stage.get(stage or "", self)

    def with_room(self, now: datetime) -> "PromotionQuerySet":
        """Those that run and have a use left."""
        left = models.Q(limit=None) | models.Q(limit__gt=models.F("used") + models.F("held"))
        return self.running(now).filter(left)

    def hold_one(self, now: datetime) -> int:
        """Hold one use where one is left and the promotion runs, in one conditional statement; returns how many were held."""
        return self.with_room(now).update(held=models.F("held") + 1)

    def use_held(self) -> int:
        return self.update(held=models.F("held") - 1, used=models.F("used") + 1)

    def release(self) -> int:
        return self.update(held=models.F("held") - 1)


class Promotion(models.Model):
    """What is given to whoever registers with a code. `used` and `held` are changed by conditional statements alone."""

    title = models.CharField(_("title"), max_length=100)
    slug = models.SlugField(_("address"), unique=True, help_text=_("Its page is /promotions/ADDRESS/."))
    summary = models.CharField(_("in one sentence"), max_length=200, blank=True)
    text = models.TextField(_("text"), blank=True, help_text=_("Markdown. It stands on the promotion's page."))
    is_published = models.BooleanField(_("published"), default=False, help_text=_("A draft has no page but its preview."))
    starts_at = models.DateTimeField(_("begins"), null=True, blank=True, help_text=_("Empty: as soon as it is published."))
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True, help_text=_("Empty: when it is stopped, or used up."))
    limit = models.PositiveIntegerField(
        _("registrations in all"), null=True, blank=True, validators=[MinValueValidator(1)], help_text=_("Empty: no limit.")
    )
    limit_per_person = models.PositiveSmallIntegerField(_("registrations of one person"), default=1, validators=[MinValueValidator(1)])
    upgrade_months = models.PositiveSmallIntegerField(
        _("months of upgrades"), null=True, blank=True, help_text=_("Empty: as many as whoever buys the product gets.")
    )
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True, editable=False)
    stop_reason = models.CharField(_("why it was stopped"), max_length=200, blank=True, editable=False)
    used = models.PositiveIntegerField(_("used"), default=0, editable=False)
    held = models.PositiveIntegerField(_("held"), default=0, editable=False)

    objects = PromotionQuerySet.as_manager()

    class Meta:
        verbose_name = _("promotion")
        verbose_name_plural = _("promotions")
        ordering = ["-starts_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(limit=None) | models.Q(limit__gte=models.F("used") + models.F("held")), name="promotion_limit"
            ),
            models.CheckConstraint(
                condition=models.Q(starts_at=None) | models.Q(ends_at=None) | models.Q(ends_at__gt=models.F("starts_at")),
                name="promotion_window",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("promotions:promotion", args=[self.slug])

    @property
    def stage(self) -> Stage:
        now = timezone.now()
        if not self.is_published:
            return Stage.DRAFT
        if self.stopped_at:
            return Stage.STOPPED
        if self.has_ended:
            return Stage.ENDED
        return Stage.SCHEDULED if self.starts_at and self.starts_at > now else Stage.RUNNING

    @property
    def has_ended(self) -> bool:
        return self.ends_at is not None and self.ends_at <= timezone.now()

    @property
    def is_open(self) -> bool:
        """Whether somebody can register, as the row was read; what decides is the statement that holds a use."""
        return self.stage == Stage.RUNNING and self.left != 0

    @property
    def left(self) -> int | None:
        """Registrations that are left; None without a limit."""
        return None if self.limit is None else max(0, self.limit - self.used - self.held)

    def publish(self) -> bool:
        """It has a page from now on, in whatever stage its window says; False if it had one already."""
        return bool(Promotion.objects.filter(pk=self.pk, is_published=False).update(is_published=True))

    def stop(self, reason: str) -> bool:
        """No more registrations from now on; what is held may still be confirmed until it lapses. False if it was stopped already."""
        running = Promotion.objects.filter(pk=self.pk, stopped_at=None)
        return bool(running.update(stopped_at=timezone.now(), stop_reason=reason))


class PromotionGrant(models.Model):
    """A product that a promotion gives, in an edition if it has any."""

    promotion = models.ForeignKey(Promotion, models.CASCADE, related_name="grants", verbose_name=_("promotion"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    edition = models.ForeignKey(Edition, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("edition"))
    units = models.PositiveSmallIntegerField(_("units"), default=1, validators=[MinValueValidator(1)])

    class Meta:
        verbose_name = _("product given")
        verbose_name_plural = _("products given")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["promotion", "product", "edition"], name="promotion_grant_once"),
            models.UniqueConstraint(fields=["promotion", "product"], condition=models.Q(edition=None), name="promotion_grant_whole_once"),
        ]

    def __str__(self) -> str:
        return f"{self.units} × {self.product}"

    def clean(self) -> None:
        if self.edition and self.edition.product_id != self.product_id:
            raise ValidationError({"edition": _("This edition is of another product.")})


FIELD_CHOICES = [(field.name, field.verbose_name) for field in ContactData._meta.fields if field.name in CONTACT_FIELDS]


class AskedField(models.Model):
    """What is asked besides the e-mail address, and why: the form says it beside the field."""

    promotion = models.ForeignKey(Promotion, models.CASCADE, related_name="asked_fields", verbose_name=_("promotion"))
    name = models.CharField(_("field"), max_length=20, choices=FIELD_CHOICES)
    is_required = models.BooleanField(_("required"), default=False)
    why = models.CharField(_("why we ask"), max_length=200, help_text=_("Registrants read it beside the field."))

    class Meta:
        verbose_name = _("field asked")
        verbose_name_plural = _("fields asked")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["promotion", "name"], name="asked_field_once")]

    def __str__(self) -> str:
        return self.get_name_display()

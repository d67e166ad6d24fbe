"""Promotional codes, and the batches that they are made in."""

from datetime import datetime, timedelta

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from promotions import code_format
from promotions.models.promotion import Promotion

MOST_CODES = 1_000_000


class BatchState(models.TextChoices):
    MAKING = "making", _("being made")
    READY = "ready", _("ready")
    STOPPED = "stopped", _("stopped")


class CodeBatchQuerySet(models.QuerySet["CodeBatch"]):
    def making(self) -> "CodeBatchQuerySet":
        """Those whose codes are not all there yet, oldest first."""
        return self.filter(state=BatchState.MAKING, is_shared=False).order_by("made_at", "pk")

    def to_destroy(self, now: datetime) -> "CodeBatchQuerySet":
        """Those of whose codes nothing but digests may be left."""
        return self.filter(clear_until__lte=now, destroyed_at=None)


class CodeBatch(models.Model):
    """Codes that were made together: single-use ones with a tag, or one shared word. `label` is for reports, such as the partner's name.

    Where digests alone are kept, the codes are exported once. A download can break off, so within an hour of the first the file may be fetched
    again; an hour later, or as soon as staff say that they have it, the codes are destroyed (promotions/export.py).
    """

    FETCHED_WITHIN = timedelta(hours=1)

    promotion = models.ForeignKey(Promotion, models.CASCADE, related_name="batches", verbose_name=_("promotion"))
    tag = models.CharField(
        _("tag"),
        max_length=code_format.LONGEST_TAG,
        validators=[RegexValidator(r"^[0-9A-HJKMNP-TV-Z]{1,8}$", _("One to eight capital letters and digits, without I, L, O and U."))],
    )
    label = models.CharField(_("label"), max_length=100, blank=True)
    is_shared = models.BooleanField(_("one shared code"), default=False)
    size = models.PositiveIntegerField(_("codes"), default=1, validators=[MinValueValidator(1), MaxValueValidator(MOST_CODES)])
    keeps_digests_alone = models.BooleanField(
        _("keep digests alone"), default=False, help_text=_("The codes are exported once, and cannot be read here afterwards.")
    )
    state = models.CharField(_("state"), max_length=10, choices=BatchState.choices, default=BatchState.MAKING)
    made = models.PositiveIntegerField(_("made"), default=0, editable=False)
    made_at = models.DateTimeField(_("begun"), default=timezone.now, editable=False)
    exported_at = models.DateTimeField(_("first exported"), null=True, blank=True, editable=False)
    clear_until = models.DateTimeField(_("codes readable until"), null=True, blank=True, editable=False)
    destroyed_at = models.DateTimeField(_("codes destroyed"), null=True, blank=True, editable=False)
    stop_reason = models.CharField(_("why it was stopped"), max_length=200, blank=True, editable=False)

    objects = CodeBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("batch of codes")
        verbose_name_plural = _("batches of codes")
        ordering = ["-made_at", "-pk"]
        permissions = [("export_codebatch", "Can export codes")]
        constraints = [models.UniqueConstraint(fields=["promotion", "tag"], name="code_batch_tag_once")]

    def __str__(self) -> str:
        return self.label or self.tag

    def stop(self, reason: str) -> bool:
        """None of its codes opens a registration from now on; False if it was stopped already."""
        going = CodeBatch.objects.filter(pk=self.pk).exclude(state=BatchState.STOPPED)
        return bool(going.update(state=BatchState.STOPPED, stop_reason=reason))

    def may_be_exported(self, now: datetime) -> bool:
        """Whether its codes can be read, and may be: all are made, and nothing was or is being destroyed."""
        if self.state == BatchState.MAKING or self.destroyed_at or not self.made:
            return False
        return not self.keeps_digests_alone or self.exported_at is None or now < self.fetched_until

    @property
    def fetched_until(self) -> datetime:
        """Until when a file that was exported once may be fetched again. ValueError before that."""
        if self.exported_at is None or self.clear_until is None:
            raise ValueError("not exported yet")
        return min(self.exported_at + self.FETCHED_WITHIN, self.clear_until)


class PromoCodeQuerySet(models.QuerySet["PromoCode"]):
    def of(self, promotion: Promotion, symbols: str) -> "PromoCode | None":
        """The promotion's code of these symbols, found by its digest."""
        return self.select_related("batch").filter(digest=code_format.digest_of(symbols), batch__promotion=promotion).first()

    def hold_one(self) -> int:
        """Hold one use of a limited code where one is left, in one conditional statement; returns how many were held."""
        going = CodeBatch.objects.exclude(state=BatchState.STOPPED)
        left = self.filter(uses__gt=models.F("used") + models.F("held"), batch__in=going)
        return left.update(held=models.F("held") + 1)

    def used_up(self) -> "PromoCodeQuerySet":
        return self.exclude(uses=None).filter(uses__lte=models.F("used") + models.F("held"))

    def use_held(self) -> int:
        return self.exclude(uses=None).update(held=models.F("held") - 1, used=models.F("used") + 1)

    def release(self) -> int:
        return self.exclude(uses=None).update(held=models.F("held") - 1)


class PromoCode(models.Model):
    """A code. One without a limit of its own counts nothing, so that a shared code is no row that everybody waits for."""

    batch = models.ForeignKey(CodeBatch, models.CASCADE, related_name="codes", db_index=False, verbose_name=_("batch"))
    digest = models.CharField(_("SHA-256"), max_length=64, editable=False)
    code = models.CharField(_("code"), max_length=code_format.LONGEST, blank=True)
    uses = models.PositiveIntegerField(_("uses"), null=True, blank=True, default=1, help_text=_("Empty: as many as the promotion allows."))
    used = models.PositiveIntegerField(_("used"), default=0, editable=False)
    held = models.PositiveIntegerField(_("held"), default=0, editable=False)

    objects = PromoCodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("promotional code")
        verbose_name_plural = _("promotional codes")
        ordering = ["pk"]
        indexes = [models.Index(fields=["batch", "id"], name="promo_code_batch")]
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="promo_code_once"),
            models.CheckConstraint(
                condition=models.Q(uses=None) | models.Q(uses__gte=models.F("used") + models.F("held")), name="promo_code_uses"
            ),
        ]

    def __str__(self) -> str:
        return code_format.shown(self.code) if self.code else f"{self.batch}: {self.digest[:8]}"

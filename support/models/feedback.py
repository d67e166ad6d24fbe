"""What customers tell us to make our products better (promise C10)."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from downloads.models import Product


class FeedbackTag(models.Model):
    """A word by which staff sort the store of ideas."""

    name = models.CharField(_("name"), max_length=40)

    class Meta:
        verbose_name = pgettext_lazy("of an idea", "tag")
        verbose_name_plural = pgettext_lazy("of an idea", "tags")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="feedback_tag_once", violation_error_message=_("There is such a tag already."))
        ]

    def __str__(self) -> str:
        return self.name


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    def of(self, user: models.Model) -> "FeedbackQuerySet":
        """What one customer wrote and signed, newest first."""
        return self.filter(user=user).select_related("product")


class Feedback(models.Model):
    """One suggestion, kept without limit, also when the account is gone. `user` is None where the person left their name out."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="feedback", verbose_name=_("customer")
    )
    product = models.ForeignKey(Product, models.SET_NULL, null=True, blank=True, related_name="feedback", verbose_name=_("product"))
    text = models.TextField(_("text"))
    may_we_answer = models.BooleanField(_("may be answered"), default=False)
    written_at = models.DateTimeField(_("written"), default=timezone.now, help_text=_("Without a name: the day alone, at midnight."))
    tags: Any = models.ManyToManyField(FeedbackTag, blank=True, related_name="feedback", verbose_name=pgettext_lazy("of an idea", "tags"))
    submission = models.CharField(max_length=64, unique=True, editable=False)
    policy_version = models.CharField(_("version of the policy"), max_length=40, blank=True, editable=False)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        ordering = ["-written_at", "-pk"]
        permissions = [("export_feedback", "Can export feedback")]
        indexes = [
            models.Index(fields=["user", "-written_at"], name="feedback_user"),
            models.Index(fields=["-written_at", "-id"], name="feedback_written"),
        ]

    def __str__(self) -> str:
        return f"feedback {self.pk}"


def day_of(moment: datetime) -> datetime:
    """Midnight of the day: what tells of the time without leading to the person, by way of other records of that minute."""
    return timezone.localtime(moment).replace(hour=0, minute=0, second=0, microsecond=0)

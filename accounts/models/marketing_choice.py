"""Whether a customer wants announcements: every choice they made (promise C11)."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ChoiceOrigin(models.TextChoices):
    PREFERENCES = "preferences", _("in the preferences")
    MAIL = "mail", _("by the link in a mail")
    STAFF = "staff", _("through support")
    JOINED = "joined", _("by joining the announcement group")
    COMPLAINT = "complaint", _("by reporting a mail as unwanted")
    EARLIER = "earlier", _("before there was an account")
    GPC = "gpc", _("by Global Privacy Control, which the browser asked for")


class MarketingChoice(models.Model):
    """One choice, kept as long as the account: it proves since when the person wants no announcements. The latest stands at `User.opted_out_at`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="marketing_choices", verbose_name=_("customer"))
    opted_out = models.BooleanField(_("refuses announcements"))
    origin = models.CharField(_("how"), max_length=20, choices=ChoiceOrigin.choices)
    made_at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("choice about announcements")
        verbose_name_plural = _("choices about announcements")
        ordering = ["-made_at", "-pk"]
        indexes = [models.Index(fields=["user", "-made_at"], name="marketing_choice_user")]

    def __str__(self) -> str:
        return f"{'out' if self.opted_out else 'in'} ({self.made_at:%Y-%m-%d %H:%M})"

"""What came back: bounces and complaints, as mail servers told us of them (RFC 3464, RFC 5965)."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from announcements.models.announcement import Announcement
from announcements.models.mailbox import Mailbox


class BounceKind(models.TextChoices):
    HARD = "hard", _("the mailbox does not exist")
    SOFT = "soft", _("not now: full, too large, or the server was away")
    COMPLAINT = "complaint", _("reported as unwanted")


class Bounce(models.Model):
    """One report about one mailbox; `event_key` is unique, so that the same report twice counts once."""

    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="bounces", verbose_name=_("mailbox"))
    announcement = models.ForeignKey(
        Announcement, models.SET_NULL, null=True, blank=True, related_name="bounces", verbose_name=_("announcement")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=BounceKind.choices)
    status = models.CharField(_("status"), max_length=20, blank=True)
    detail = models.CharField(_("what the mail server said"), max_length=300, blank=True)
    event_key = models.CharField(max_length=100, unique=True, editable=False)
    at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("bounce or complaint")
        verbose_name_plural = _("bounces and complaints")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["-at", "-id"], name="bounce_at")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.at:%Y-%m-%d})"

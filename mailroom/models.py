"""Outgoing mail: a row, written in the transaction that caused it, and sent by a worker."""

from datetime import datetime, timedelta
from email.utils import make_msgid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class MailState(models.TextChoices):
    PENDING = "pending", _("waiting")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def due(self, now: datetime) -> "OutgoingMailQuerySet":
        """Waiting, and its time has come; or claimed by a worker that did not report back in time."""
        waiting = models.Q(state=MailState.PENDING, next_try_at__lte=now)
        abandoned = models.Q(state=MailState.SENDING, lease_until__lte=now)
        return self.filter(waiting | abandoned)


class OutgoingMail(models.Model):
    """A mail to one person. `cause` names what it is about, once: the same cause never writes two mails.

    The bodies are destroyed in the statement that marks the mail sent: they carry unlock codes and links.
    """

    LEASE = timedelta(minutes=5)

    cause = models.CharField(_("cause"), max_length=100, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("customer"))
    to = models.EmailField(_("to"))
    subject = models.CharField(_("subject"), max_length=250)
    text = models.TextField(_("text"), blank=True)
    html = models.TextField(_("HTML"), blank=True)
    message_id = models.CharField(_("Message-ID"), max_length=250, unique=True, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=MailState.choices, default=MailState.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next try"), default=timezone.now)
    lease_until = models.DateTimeField(null=True, editable=False)
    lease_token = models.CharField(max_length=32, blank=True, editable=False)
    answer = models.CharField(_("the relay's answer"), max_length=300, blank=True)
    written_at = models.DateTimeField(_("written"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mails")
        ordering = ["-written_at", "-pk"]
        indexes = [
            models.Index(fields=["next_try_at"], condition=models.Q(state__in=["pending", "sending"]), name="mail_due"),
            models.Index(fields=["-written_at", "-id"], name="mail_written"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.to}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.message_id:
            self.message_id = make_msgid(domain=settings.SITE_HOST)
        super().save(*args, **kwargs)

    def send_again(self) -> bool:
        """Queue a mail that failed, while its bodies are still there; False if there is nothing to send any more."""
        failed = type(self).objects.filter(pk=self.pk, state=MailState.FAILED).exclude(text="")
        return bool(failed.update(state=MailState.PENDING, next_try_at=timezone.now()))

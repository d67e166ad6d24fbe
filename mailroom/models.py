"""Mail as rows: outgoing, written in the transaction that caused it and sent by a worker; incoming, kept until it is dealt with."""

from datetime import datetime, timedelta
from email.utils import make_msgid
from typing import Any

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from infacta.sealed_text import opened, sealed
from mailroom.opening import Mail


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


class IncomingState(models.TextChoices):
    RECEIVED = "received", _("received")
    TAKEN = "taken", _("taken")
    QUARANTINED = "quarantined", _("in quarantine")
    DISCARDED = "discarded", _("discarded")


class IncomingMailQuerySet(models.QuerySet["IncomingMail"]):
    def keep(self, mail: Mail) -> "IncomingMail":
        """The mail's row; the one that is there already if it comes again. The unique digest decides, not a look beforehand."""
        row = IncomingMail(
            digest=mail.digest,
            message_id=mail.header("message-id")[:250],
            sender=(mail.sender or mail.header("from"))[:254],
            subject=mail.subject[:250],
            source=sealed(mail.as_text()),
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            return self.get(digest=mail.digest)
        return row

    def claim(self, pk: int) -> "IncomingMail | None":
        """One mail that waits to be handled, locked until the transaction ends; None if it is done, or another worker has it."""
        return self.filter(state=IncomingState.RECEIVED).select_for_update(skip_locked=True).filter(pk=pk).first()

    def try_again(self) -> int:
        """Offer mails in quarantine to the handlers once more; returns how many."""
        quarantined = self.filter(state=IncomingState.QUARANTINED)
        return quarantined.update(state=IncomingState.RECEIVED, reason="", breaks=0)

    def discard(self) -> int:
        """Staff have decided that nothing is to be done for mails in quarantine: their text is destroyed; returns how many."""
        quarantined = self.filter(state=IncomingState.QUARANTINED)
        return quarantined.update(state=IncomingState.DISCARDED, source="", settled_at=timezone.now())


class IncomingMail(models.Model):
    """A mail that came, without card data. `source` holds its text, sealed, until somebody has dealt with it: a handler, or staff."""

    MOST_BREAKS = 3

    digest = models.CharField(_("digest"), max_length=64, unique=True, editable=False)
    message_id = models.CharField(_("Message-ID"), max_length=250, blank=True)
    sender = models.CharField(_("from"), max_length=254, blank=True)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    source = models.TextField(_("text, sealed"), blank=True, editable=False)
    state = models.CharField(_("state"), max_length=12, choices=IncomingState.choices, default=IncomingState.RECEIVED)
    reason = models.CharField(_("why"), max_length=300, blank=True)
    handler = models.CharField(_("taken by"), max_length=40, blank=True)
    breaks = models.PositiveSmallIntegerField(_("failures"), default=0)
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    objects = IncomingMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("incoming mail")
        verbose_name_plural = _("incoming mails")
        ordering = ["-received_at", "-pk"]
        indexes = [
            models.Index(fields=["received_at"], condition=models.Q(state="received"), name="incoming_mail_due"),
            models.Index(fields=["-received_at", "-id"], name="incoming_mail_received"),
        ]

    def __str__(self) -> str:
        return self.subject or str(_("mail without a subject"))

    @property
    def mail(self) -> Mail | None:
        """The mail itself, while it is there; None once it is destroyed. CannotOpen if it was sealed with a lost key."""
        return Mail.of_text(opened(self.source)) if self.source else None

    def take(self, handler: str) -> None:
        """A handler has what it needs of it: the text is destroyed."""
        self.state, self.handler, self.reason, self.source = IncomingState.TAKEN, handler, "", ""
        self.settled_at = timezone.now()
        self.save(update_fields=["state", "handler", "reason", "source", "settled_at"])

    def quarantine(self, reason: str) -> None:
        """Nobody could do anything with it; staff decide."""
        self.state, self.reason = IncomingState.QUARANTINED, reason[:300]
        self.save(update_fields=["state", "reason"])

    def broke(self, reason: str) -> None:
        """A handler broke on it: once more later, and after MOST_BREAKS staff decide."""
        self.breaks += 1
        self.save(update_fields=["breaks"])
        if self.breaks >= self.MOST_BREAKS:
            self.quarantine(reason)

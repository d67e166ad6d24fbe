"""Mail as rows: outgoing, written in the transaction that caused it and sent by a worker; incoming, kept until it is dealt with."""

from datetime import datetime, timedelta
from secrets import choice
from string import ascii_lowercase
from typing import Any

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from infacta.sealed_text import opened, opened_bytes, sealed, sealed_bytes
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

    def take_in_order(self) -> None:
        """Lock the rows in the order of their numbers, so that several who change many of the same never wait for each other in a circle."""
        list(self.select_for_update().order_by("pk").values_list("pk", flat=True))


class OutgoingMail(models.Model):
    """A mail to one person. `cause` names what it is about, once: the same cause never writes two mails.

    The content is destroyed in the statement that marks the mail sent: it carries unlock codes and links. `attached` names what is enclosed,
    whose bytes are never here (mailroom/attaching.py); `in_reply_to` is the Message-ID of the mail that this one belongs to.
    """

    LEASE = timedelta(minutes=5)
    CONTENT = ("text", "html", "reply_to", "in_reply_to", "attached")
    EMPTY = dict.fromkeys(CONTENT, "")

    cause = models.CharField(_("cause"), max_length=100, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("customer"))
    to = models.EmailField(_("to"))
    subject = models.CharField(_("subject"), max_length=250)
    text = models.TextField(_("text"), blank=True)
    html = models.TextField(_("HTML"), blank=True)
    reply_to = models.CharField(max_length=254, blank=True, editable=False)
    in_reply_to = models.CharField(max_length=250, blank=True, editable=False)
    attached = models.CharField(max_length=100, blank=True, editable=False)
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
            models.Index(
                fields=["-written_at", "-id"], condition=models.Q(state__in=["pending", "sending", "failed"]), name="mail_not_sent"
            ),
            models.Index(fields=["to"], name="mail_to"),
            models.Index(
                fields=["written_at"],
                condition=~models.Q(text="", html="", reply_to="", in_reply_to="", attached=""),
                name="mail_with_content",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.to}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.message_id:
            self.message_id = new_message_id()
        super().save(*args, **kwargs)

    def send_again(self) -> bool:
        """Queue a mail that failed, while its bodies are still there; False if there is nothing to send any more."""
        failed = type(self).objects.filter(pk=self.pk, state=MailState.FAILED).exclude(text="")
        return bool(failed.update(state=MailState.PENDING, next_try_at=timezone.now()))


def new_message_id() -> str:
    """Whoever answers repeats it, so it cannot be guessed; and it holds no digit, for none may be taken for a card number then."""
    return f"<{''.join(choice(ascii_lowercase) for _letter in range(32))}@{settings.SITE_HOST}>"


class IncomingState(models.TextChoices):
    RECEIVED = "received", _("received")
    TAKEN = "taken", _("taken")
    QUARANTINED = "quarantined", _("in quarantine")
    DISCARDED = "discarded", _("discarded")


class IncomingMailQuerySet(models.QuerySet["IncomingMail"]):
    def keep(self, mail: Mail, *, in_private: bool = False) -> "IncomingMail":
        """The mail's row; the one that is there already if it comes again. The unique digest decides, not a look beforehand.

        In private: nothing of it stands in plain, and when its text is destroyed a keyed digest alone is left.
        """
        row = IncomingMail(
            digest=mail.digest,
            source=sealed(mail.as_text()),
            files=sealed_bytes(mail.content()) if mail.files else b"",
            is_private=in_private,
        )
        if not in_private:
            row.message_id, row.sender = mail.header("message-id")[:250], (mail.sender or mail.header("from"))[:254]
            row.subject = mail.subject[:250]
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

    def forgotten(self, before: datetime) -> "IncomingMailQuerySet":
        """Mails to support that came before then, and about which nobody has decided."""
        return self.filter(state=IncomingState.QUARANTINED, is_private=True, received_at__lt=before)

    def discard(self) -> int:
        """Nothing is to be done for mails in quarantine: their text is destroyed; returns how many."""
        quarantined = self.filter(state=IncomingState.QUARANTINED)
        return quarantined.update(state=IncomingState.DISCARDED, source="", files=b"", settled_at=timezone.now())


class IncomingMail(models.Model):
    """A mail that came, without card data. `source` holds its text, sealed, until somebody has dealt with it: a handler, or staff.

    `files` holds the bytes of its files for a handler that takes them, sealed too; in quarantine there are none.
    """

    MOST_BREAKS = 3

    digest = models.CharField(_("digest"), max_length=64, unique=True, editable=False)
    message_id = models.CharField(_("Message-ID"), max_length=250, blank=True)
    sender = models.CharField(_("from"), max_length=254, blank=True)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    source = models.TextField(_("text, sealed"), blank=True, editable=False)
    files = models.BinaryField(_("files, sealed"), default=b"")
    state = models.CharField(_("state"), max_length=12, choices=IncomingState.choices, default=IncomingState.RECEIVED)
    reason = models.CharField(_("why"), max_length=300, blank=True)
    handler = models.CharField(_("taken by"), max_length=40, blank=True)
    is_private = models.BooleanField(_("to support"), default=False)
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
            models.Index(fields=["settled_at"], name="incoming_mail_settled"),
            models.Index(fields=["sender"], name="incoming_mail_sender"),
            models.Index(fields=["message_id"], name="incoming_mail_message"),
            models.Index(fields=["received_at"], condition=models.Q(is_private=True), name="incoming_mail_private"),
        ]

    def __str__(self) -> str:
        return self.subject or str(_("mail without a subject"))

    @property
    def mail(self) -> Mail | None:
        """The mail itself, while it is there; None once it is destroyed. CannotOpen if it was sealed with a lost key."""
        if not self.source:
            return None
        return Mail.of_text(opened(self.source), opened_bytes(bytes(self.files)) if self.files else b"")

    def take(self, handler: str) -> None:
        """A handler has what it needs of it: text and files are destroyed."""
        self.state, self.handler, self.reason, self.source, self.files = IncomingState.TAKEN, handler, "", "", b""
        self.settled_at = timezone.now()
        self.save(update_fields=["state", "handler", "reason", "source", "files", "settled_at"])

    def quarantine(self, reason: str) -> None:
        """Nobody could do anything with it; staff decide. Its files are destroyed at once, for nobody knows how long that takes."""
        self.state, self.reason, self.files = IncomingState.QUARANTINED, reason[:300], b""
        self.save(update_fields=["state", "reason", "files"])

    def broke(self, reason: str) -> None:
        """A handler broke on it: once more later, and after MOST_BREAKS staff decide."""
        self.breaks += 1
        self.save(update_fields=["breaks"])
        if self.breaks >= self.MOST_BREAKS:
            self.quarantine(reason)

"""Announcements: what is told, to whom, and how far its sending is."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from announcements.models.mailbox import Topic
from downloads.models import Product, Release
from infacta.languages import languages


class State(models.TextChoices):
    """draft → scheduled → preparing → sending → sent; paused from preparing or sending and back; cancelled from all but sent."""

    DRAFT = "draft", _("draft")
    SCHEDULED = "scheduled", _("scheduled")
    PREPARING = "preparing", _("its recipients are being listed")
    SENDING = "sending", _("being sent")
    PAUSED = "paused", _("paused")
    SENT = "sent", _("sent")
    CANCELLED = "cancelled", _("cancelled")


UNDER_WAY = (State.PREPARING, State.SENDING)


def needs_two_people(recipients: int) -> bool:
    """Whether an announcement to so many is released by somebody else than whoever wrote it."""
    return 0 < settings.ANNOUNCEMENTS_TWO_PEOPLE_FROM <= recipients


class AnnouncementQuerySet(models.QuerySet["Announcement"]):
    def due(self, now: datetime) -> "AnnouncementQuerySet":
        """Scheduled, and the time has come."""
        return self.filter(state=State.SCHEDULED, send_at__lte=now)

    def under_way(self) -> "AnnouncementQuerySet":
        return self.filter(state__in=UNDER_WAY)

    def archived(self) -> "AnnouncementQuerySet":
        """Those that stand on the site, the latest first."""
        begun = self.filter(is_public=True).exclude(began_at=None).exclude(state=State.CANCELLED)
        return begun.order_by("-began_at", "-pk")


class Announcement(models.Model):
    """One mailing. Its counters are changed in the transaction that changes the deliveries which they count; at the end they add up to `total`."""

    subject = models.CharField(_("subject"), max_length=150)
    preheader = models.CharField(
        _("preheader"), max_length=150, blank=True, help_text=_("What mail programs show after the subject, before a mail is opened.")
    )
    body = models.TextField(_("text"), blank=True, help_text=_("Markdown."))
    topic = models.CharField(
        _("topic"), max_length=10, choices=Topic.choices, default=Topic.RELEASES, help_text=_("Who refused it gets no mail.")
    )
    language = models.CharField(_("language"), max_length=10, choices=languages, default=settings.LANGUAGE_CODE)
    products = models.ManyToManyField(Product, blank=True, related_name="+", verbose_name=_("products"))
    releases = models.ManyToManyField(Release, blank=True, related_name="+", verbose_name=_("releases"))
    is_public = models.BooleanField(
        _("in the archive"), default=True, help_text=_("Once it is being sent, it stands on the site, and in its feed.")
    )
    slug = models.SlugField(_("address in the archive"), max_length=100, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT, editable=False)
    state_before_pause = models.CharField(max_length=10, blank=True, editable=False)
    pause_reason = models.CharField(_("why it is paused"), max_length=300, blank=True, editable=False)
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("last changed by")
    )
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("released by")
    )
    released_at = models.DateTimeField(_("released"), null=True, editable=False)
    send_at = models.DateTimeField(_("sending begins"), null=True, editable=False)
    frozen_subject = models.CharField(max_length=250, blank=True, editable=False)
    frozen_text = models.TextField(blank=True, editable=False)
    frozen_html = models.TextField(blank=True, editable=False)
    last_user = models.BigIntegerField(default=0, editable=False)
    last_subscription = models.BigIntegerField(default=0, editable=False)
    began_at = models.DateTimeField(_("sending began"), null=True, editable=False)
    ended_at = models.DateTimeField(_("sending ended"), null=True, editable=False)
    total = models.PositiveIntegerField(_("recipients"), default=0, editable=False)
    sent = models.PositiveIntegerField(_("sent"), default=0, editable=False)
    failed = models.PositiveIntegerField(_("failed"), default=0, editable=False)
    skipped = models.PositiveIntegerField(_("skipped"), default=0, editable=False)
    unknown = models.PositiveIntegerField(_("unknown"), default=0, editable=False)
    bounced = models.PositiveIntegerField(_("bounced"), default=0, editable=False)
    complained = models.PositiveIntegerField(_("complained"), default=0, editable=False)
    left = models.PositiveIntegerField(_("left"), default=0, editable=False)

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        ordering = ["-pk"]
        permissions = [("release_announcement", "Can release announcements for sending, pause and cancel them")]

    def __str__(self) -> str:
        return self.subject

    @property
    def done(self) -> int:
        """Deliveries of which nothing more is to be done."""
        return self.sent + self.failed + self.skipped + self.unknown

    def release(self, by: models.Model, at: datetime, recipients: int = 0) -> bool:
        """It is sent from that moment on; False if it is no draft (any more), or was changed since this row was read.

        From settings.ANNOUNCEMENTS_TWO_PEOPLE_FROM recipients on, whoever changed it last does not release it: the statement knows them.
        """
        draft = Announcement.objects.filter(pk=self.pk, state=State.DRAFT, version=self.version)
        if needs_two_people(recipients):
            draft = draft.exclude(written_by=by.pk)
        return bool(draft.update(state=State.SCHEDULED, released_by=by.pk, released_at=timezone.now(), send_at=at))

    def withdraw(self) -> bool:
        """A draft again, while its sending has not begun."""
        scheduled = Announcement.objects.filter(pk=self.pk, state=State.SCHEDULED)
        looked_at = {"frozen_subject": "", "frozen_text": "", "frozen_html": ""}
        return bool(scheduled.update(state=State.DRAFT, released_by=None, released_at=None, send_at=None, **looked_at))

    def pause(self, reason: str) -> bool:
        """No more mails until it is resumed; what is on the wire arrives. False if it is not under way."""
        under_way = Announcement.objects.filter(pk=self.pk).under_way()
        return bool(under_way.update(state_before_pause=models.F("state"), state=State.PAUSED, pause_reason=reason[:300]))

    def resume(self) -> bool:
        """It goes on where it stood. False if it is not paused."""
        paused = Announcement.objects.filter(pk=self.pk, state=State.PAUSED)
        return bool(paused.update(state=models.F("state_before_pause"), state_before_pause="", pause_reason=""))

    def cancel(self) -> bool:
        """It ends where it stands, for good; what waits is skipped by the next sweep. False if it was not begun or scheduled, or is over."""
        going = [State.SCHEDULED, *UNDER_WAY, State.PAUSED]
        cancelled = Announcement.objects.filter(pk=self.pk, state__in=going)
        return bool(cancelled.update(state=State.CANCELLED, ended_at=timezone.now()))


class Condition(models.Model):
    """To whom it goes: of one kind (accounts/audience.py) one of the values must fit, and of each kind. Without any, to everybody."""

    announcement = models.ForeignKey(Announcement, models.CASCADE, related_name="conditions", verbose_name=_("announcement"))
    audience = models.CharField(_("kind"), max_length=20)
    value = models.CharField(_("value"), max_length=50)

    class Meta:
        verbose_name = _("condition")
        verbose_name_plural = _("conditions")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["announcement", "audience", "value"], name="condition_once")]

    def __str__(self) -> str:
        return f"{self.audience}: {self.value}"

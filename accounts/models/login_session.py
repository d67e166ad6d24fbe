"""Login sessions: who is logged in, since when and from where (promises C6, C16)."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from infacta.browsers import device_in_words
from infacta.network import region_of


class EndReason(models.TextChoices):
    LOGGED_OUT = "logged_out", _("logged out")
    REPLACED = "replaced", _("logged in again")
    PASSWORD_CHANGED = "password_changed", _("password changed")
    SECOND_FACTOR_CHANGED = "second_factor_changed", _("second factor changed")
    ADDRESS_CHANGED = "address_changed", _("e-mail address changed")
    ENDED_BY_CUSTOMER = "ended_by_customer", _("ended from another browser")
    REPORTED = "reported", _("reported as somebody else's")
    ENDED_BY_STAFF = "ended_by_staff", _("ended by staff")
    HELD = "held", _("account put on hold")
    ERASED = "erased", _("account erased")


IDLE = {"resources": timedelta(hours=2), "staff": timedelta(hours=1)}
LONGEST = {"resources": timedelta(hours=24), "staff": timedelta(hours=12)}


class LoginSessionQuerySet(models.QuerySet["LoginSession"]):
    def end(self, reason: EndReason) -> int:
        """End those that have not ended yet; returns how many."""
        return self.filter(ended_at=None).update(ended_at=timezone.now(), end_reason=reason)

    def open(self, now: datetime) -> "LoginSessionQuerySet":
        """Neither ended, nor idle for too long, nor too old (ASVS 7.3), as `LoginSession.is_open` says of one."""
        alive = models.Q()
        for area, idle in IDLE.items():
            alive |= models.Q(area=area, last_seen_at__gt=now - idle, started_at__gt=now - LONGEST[area])
        return self.filter(alive, ended_at=None)


class LoginSession(models.Model):
    """One log-in, until it ends. It admits only while the browser has both its cookies: the authentication
    cookie (`token_hash`) and the session that holds the matching secret (`binding_hash`)."""

    SEEN_EVERY = timedelta(minutes=1)
    CONFIRMED_FOR = timedelta(minutes=10)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="login_sessions", verbose_name=_("customer"))
    area = models.CharField(_("area"), max_length=20, choices=[("resources", _("customer resources")), ("staff", _("staff"))])
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    binding_hash = models.CharField(max_length=64, editable=False)
    credentials_hash = models.CharField(max_length=64, editable=False)
    otp_device = models.CharField(_("second factor"), max_length=200, blank=True, editable=False)
    ip = models.GenericIPAddressField(_("IP address"), null=True)
    browser = models.CharField(_("browser"), max_length=300, blank=True)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    last_seen_at = models.DateTimeField(_("last seen"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("identity last confirmed"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    end_reason = models.CharField(_("why it ended"), max_length=30, choices=EndReason.choices, blank=True)

    objects = LoginSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("login session")
        verbose_name_plural = _("login sessions")
        permissions = [("end_loginsession", "Can end login sessions")]
        ordering = ["-started_at", "-pk"]
        indexes = [
            models.Index(fields=["user", "-started_at"], name="login_session_user"),
            models.Index(fields=["started_at"], name="login_session_started"),
            models.Index(fields=["ip"], name="login_session_ip"),
            # Of what is rare, lists of staff find the latest without reading all the others.
            models.Index(fields=["-started_at", "-id"], condition=models.Q(area="staff"), name="login_session_staff"),
            models.Index(
                fields=["-started_at", "-id"],
                condition=models.Q(end_reason__in=[reason.value for reason in EndReason if reason != EndReason.LOGGED_OUT]),
                name="login_session_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.started_at:%Y-%m-%d %H:%M})"

    @property
    def is_open(self) -> bool:
        """Neither ended, nor idle for too long, nor too old (ASVS 7.3)."""
        return self.ended_at is None and not self.has_timed_out

    @property
    def has_timed_out(self) -> bool:
        """Whether it ended by itself, idle for too long or too old, before anybody ended it."""
        by_itself = min(self.last_seen_at + IDLE[self.area], self.started_at + LONGEST[self.area])
        return by_itself <= (self.ended_at or timezone.now())

    @property
    def device(self) -> str:
        """Browser and system in words, in the reader's language."""
        return device_in_words(self.browser)

    @property
    def region(self) -> str:
        """The wider net that it came from; "" if the address is not known."""
        return region_of(self.ip) if self.ip else ""

    @property
    def is_freshly_confirmed(self) -> bool:
        """Whether the person proved who they are so lately that they may change what guards the account (ASVS 7.5.1)."""
        return self.confirmed_at > timezone.now() - self.CONFIRMED_FOR

    def seen(self, now: datetime) -> None:
        """Note that the person is here; written once a minute at most."""
        if now - self.last_seen_at > self.SEEN_EVERY:
            type(self).objects.filter(pk=self.pk, ended_at=None).update(last_seen_at=now)

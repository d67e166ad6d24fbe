"""A matter that somebody brought to support. What they told lies sealed (support/vault); what is kept in plain tells of the work alone."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hmac import compare_digest
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from downloads.models import Product
from support.digests import case_digest as digest_of
from support.references import new_reference
from support.vault import texts
from support.vault.keyring import KeyGone, derived

ACCESS, MAIL = 32, 16  # hexadecimal digits of what stands in links, and in addresses


class Kind(models.TextChoices):
    QUESTION = "question", _("question")
    DIAGNOSTICS = "diagnostics", _("diagnostics from a product")
    LOGIN_HELP = "login-help", _("cannot log in")
    CORRECTION = "correction", _("correction")
    REINSTATEMENT = "reinstatement", _("account on hold")
    OBJECTION = "objection", _("objection")


class Channel(models.TextChoices):
    FORM = "form", _("public form")
    AREA = "area", _("customer resources")
    PRODUCT = "product", _("from inside a product")
    MAIL = "mail", _("mail")


class State(models.TextChoices):
    OPEN = "open", _("waits for us")
    ANSWERED = "answered", _("answered")
    CLOSED = "closed", _("closed")


class Life(models.TextChoices):
    LIVE = "live", _("there")
    DESTROYING = "destroying", _("being destroyed")
    DESTROYED = "destroyed", _("destroyed")
    FAILED = "failed", _("could not be destroyed yet")


@dataclass(frozen=True)
class CaseDetails:
    """Who asks and about what, as they told it. `circumstances` are the browser and computer in words (promise C9), by what each tells.

    `message_id` is that of the mail that opened the case.
    """

    subject: str = ""
    name: str = ""
    email: str = ""
    language: str = ""
    version: str = ""
    circumstances: dict[str, str] | None = None
    message_id: str = ""


NOTHING = CaseDetails()


class CaseQuerySet(models.QuerySet["Case"]):
    def live(self) -> "CaseQuerySet":
        """What nobody has begun to destroy."""
        return self.filter(life=Life.LIVE)

    def of(self, user: Any) -> "CaseQuerySet":
        """A customer's cases, the latest first."""
        return self.filter(user=user).select_related("product").order_by("-opened_at", "-pk")

    def waiting(self) -> "CaseQuerySet":
        """Those in which it is our turn: priority first, and then who has waited longest."""
        return self.live().filter(state=State.OPEN).order_by("-is_priority", "waiting_since", "pk")

    def due(self, now: datetime) -> "CaseQuerySet":
        """Closed, and their day of destruction has come; whether a hold keeps them is asked beside."""
        return self.live().filter(state=State.CLOSED, destroy_at__lte=now)


class Case(models.Model):
    """`key_name` names the key in the keyring and the folder in the vault. `destroy_at`: from then on all that was told is destroyed.

    After that the row is a statistic: kind, channel, product and times, and nobody's.
    """

    GRACE = timedelta(days=settings.SUPPORT_GRACE_DAYS)

    reference = models.CharField(_("number"), max_length=9, unique=True, default=new_reference, editable=False)
    key_name = models.CharField(max_length=32, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=15, choices=Kind.choices, default=Kind.QUESTION)
    channel = models.CharField(_("by way of"), max_length=10, choices=Channel.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    life = models.CharField(_("what was told"), max_length=10, choices=Life.choices, default=Life.LIVE)
    is_priority = models.BooleanField(_("priority"), default=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="cases", verbose_name=_("customer")
    )
    product = models.ForeignKey(Product, models.SET_NULL, null=True, blank=True, related_name="cases", verbose_name=_("product"))
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="assigned_cases", verbose_name=_("worked on by")
    )
    email_digest = models.CharField(max_length=64, blank=True, editable=False)
    address_proved_at = models.DateTimeField(_("mailbox proved"), null=True, blank=True)
    sealed_details = models.TextField(editable=False)
    policy_version = models.CharField(_("version of the policy"), max_length=40, blank=True, editable=False)
    submission = models.CharField(max_length=64, unique=True, null=True, editable=False)
    opened_at = models.DateTimeField(_("opened"), default=timezone.now)
    waiting_since = models.DateTimeField(_("waiting since"), null=True, blank=True)
    first_answered_at = models.DateTimeField(_("first answer"), null=True, blank=True)
    last_written_at = models.DateTimeField(_("last written"), default=timezone.now)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    destroy_at = models.DateTimeField(_("to be destroyed"), null=True, blank=True)
    destroyed_at = models.DateTimeField(_("destroyed"), null=True, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ["-opened_at", "-pk"]
        permissions = [("work_case", "Can work on cases")]
        indexes = [
            models.Index(
                fields=["-is_priority", "waiting_since", "id"], condition=models.Q(state="open", life="live"), name="case_waiting"
            ),
            models.Index(fields=["destroy_at", "id"], condition=models.Q(state="closed", life="live"), name="case_due"),
            models.Index(fields=["life"], condition=models.Q(life__in=["destroying", "failed"]), name="case_in_destruction"),
            models.Index(fields=["user", "-opened_at"], name="case_user"),
            models.Index(fields=["email_digest"], name="case_email"),
            models.Index(fields=["-opened_at", "-id"], name="case_opened"),
            models.Index(fields=["last_written_at"], condition=models.Q(state="answered", life="live"), name="case_quiet"),
        ]

    def __str__(self) -> str:
        return self.reference

    @staticmethod
    def new_key_name() -> str:
        return uuid4().hex

    @cached_property
    def details(self) -> CaseDetails:
        """What was told at the beginning; nothing once it is destroyed."""
        try:
            return CaseDetails(**texts.opened(self.key_name, "details", self.sealed_details)) if self.sealed_details else NOTHING
        except KeyGone:
            return NOTHING

    def seal_details(self, details: CaseDetails) -> None:
        """Does not save."""
        self.sealed_details = texts.sealed(self.key_name, "details", asdict(details))
        self.email_digest = digest_of(details.email) if details.email else ""
        self.__dict__.pop("details", None)

    @property
    def is_closed(self) -> bool:
        return bool(self.state == State.CLOSED)

    @property
    def may_be_written_in(self) -> bool:
        """Whether anybody can still add to it: closing does not end that, for writing opens it again; destruction does."""
        return bool(self.life == Life.LIVE)

    @property
    def access(self) -> str:
        """What the link to the case carries, for whoever reads the mailbox; it dies with the key. KeyGone."""
        return f"{self.reference.lower()}-{derived(self.key_name, 'access').hex()[:ACCESS]}"

    @property
    def mail_address(self) -> str:
        """Where answers by mail go. KeyGone."""
        return f"case+{self.reference.lower()}-{derived(self.key_name, 'mail').hex()[:MAIL]}@{settings.MAIL_DOMAIN}"

    def admits(self, access: str) -> bool:
        return self.compares(access, "access")

    def is_addressed_by(self, address: str) -> bool:
        return self.compares(address.lower(), "mail_address")

    def compares(self, given: str, name: str) -> bool:
        try:
            return self.life == Life.LIVE and compare_digest(given.encode(), getattr(self, name).lower().encode())
        except KeyGone:
            return False

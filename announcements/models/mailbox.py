"""Addresses that announcements go to, each with the token that lets whoever reads its mail leave for good."""

from secrets import token_hex
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.addresses import address_key
from accounts.models.suppression import Suppression, digest_of

DIGITS, LETTERS = "0123456789", "ghijklmnop"


class Topic(models.TextChoices):
    RELEASES = "releases", _("new products and versions")
    UPDATES = "updates", _("updates and corrections")
    OFFERS = "offers", _("special offers")


class Basis(models.TextChoices):
    """Why an address gets announcements (GDPR article 6; for customers, Directive 2002/58/EC article 13(2))."""

    CUSTOMER = "customer", _("customer")
    JOINED = "joined", _("joined on this site")
    IMPORTED = "imported", _("joined elsewhere, and brought in by staff")


def new_token() -> str:
    """128 random bits in small letters: mail servers may change the case of an address that holds it (RFC 8058, leave+TOKEN@host), and many digits
    in a row look like an account number to what screens incoming mails (promise G5)."""
    return token_hex(16).translate(str.maketrans(DIGITS, LETTERS))


class MailboxQuerySet(models.QuerySet["Mailbox"]):
    def at(self, email: str) -> "Mailbox":
        """The row of this address, made if there is none; two at once get the same one. Where the address was erased, it stands there again."""
        address = {"email": email.strip(), "email_key": address_key(email)}
        mailbox = self.get_or_create(digest=digest_of(email), defaults=address)[0]
        if mailbox.email_key is None and self.filter(pk=mailbox.pk, email_key=None).update(**address):
            mailbox.email, mailbox.email_key = address["email"], address["email_key"]
        return mailbox

    def of_same_reader(self, mailbox: "Mailbox") -> "MailboxQuerySet":
        """This one and, if it is a customer's, the others that are theirs: what they chose holds for all addresses that they had."""
        return self.filter(models.Q(pk=mailbox.pk) | models.Q(user__isnull=False, user=mailbox.user_id))

    def reachable(self) -> "MailboxQuerySet":
        """Those that nothing speaks against: the address is known, and not suppressed."""
        suppressed = Suppression.objects.filter(digest=models.OuterRef("digest"))
        return self.exclude(email_key=None).exclude(models.Exists(suppressed))

    def wanting(self, topic: str) -> "MailboxQuerySet":
        """Those that did not refuse the topic."""
        return self.filter(**{f"wants_{topic}": True})


class Mailbox(models.Model):
    """An address that announcements go, or went, to. When the address is erased, its digest and its token stay: the way out never closes (promise G3)."""

    email = models.CharField(_("e-mail address"), max_length=254, blank=True)
    email_key = models.CharField(_("e-mail address, as compared"), max_length=254, null=True, editable=False)
    digest = models.CharField(_("digest of the address"), max_length=64, editable=False)
    token = models.CharField(_("token of its links"), max_length=32, default=new_token, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="mailboxes", verbose_name=_("customer")
    )
    wants_releases = models.BooleanField(Topic.RELEASES.label, default=True)
    wants_updates = models.BooleanField(Topic.UPDATES.label, default=True)
    wants_offers = models.BooleanField(Topic.OFFERS.label, default=True)
    soft_bounces = models.PositiveSmallIntegerField(_("mails in a row that did not arrive"), default=0, editable=False)

    objects = MailboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")
        ordering = ["-pk"]
        # Constraints, and not `unique=True`: that brings a second index each for searches by a beginning, which nobody makes and a million rows pay for.
        constraints = [
            models.UniqueConstraint(fields=["email_key"], name="mailbox_once"),
            models.UniqueConstraint(fields=["digest"], name="mailbox_digest_once"),
            models.UniqueConstraint(fields=["token"], name="mailbox_token_once"),
        ]
        # Of a million, few refuse a topic: whoever lists recipients finds those few without reading the others.
        indexes = [
            models.Index(fields=["email_key"], condition=models.Q(**{f"wants_{topic}": False}), name=f"mailbox_no_{topic}")
            for topic in ("releases", "updates", "offers")
        ]

    def __str__(self) -> str:
        return self.email or f"{self.digest[:8]} ({_('erased')})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.email and not self.email_key:
            self.email_key, self.digest = address_key(self.email), digest_of(self.email)
        super().save(*args, **kwargs)

    def erase(self) -> None:
        """Blank the address. Digest and token stay, so that every link that was mailed still works, and whoever refused is never written to again."""
        Mailbox.objects.filter(pk=self.pk).update(email="", email_key=None, soft_bounces=0)
        self.email, self.email_key, self.soft_bounces = "", None, 0

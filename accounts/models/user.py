"""The person who has an account."""

import re
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import PermissionsMixin
from django.db import models, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.addresses import address_key
from accounts.contact import CONTACT_FIELDS, Contact, ContactData, as_compared
from accounts.models.marketing_choice import ChoiceOrigin, MarketingChoice
from accounts.models.suppression import Suppression, SuppressionReason, digest_of
from accounts.refusals import endings
from audit.kinds import Kind
from audit.log import record
from privacy.areas import RESOURCES
from privacy.gpc import opted_out
from privacy.wording import version_of

LINK_OR_ADDRESS = re.compile(r"[/@]|www\.", re.IGNORECASE)


def as_greeted(name: str) -> str:
    """What was given as a name, on one line; "" if it is none."""
    name = " ".join(name.split())
    return "" if LINK_OR_ADDRESS.search(name) else name


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email_key=address_key(username or ""))

    def open_or_join(self, contact: Contact) -> tuple["User", bool]:
        """The account of this address, opened if there is none yet; and whether it was opened just now.

        Two purchases at once end in one account: the unique key decides, not a look beforehand. What is still blank is filled in,
        under the lock of the account: what the customer types at this very moment wins.
        """
        known = {name: getattr(contact, name) for name in CONTACT_FIELDS}
        policy = {"policy_version": lambda: version_of(RESOURCES)}  # asked only where one is opened
        defaults = known | policy | {"email": contact.email.strip(), "password": make_password(None)}
        user, opened = self.get_or_create(email_key=address_key(contact.email), defaults=defaults)
        if opened:
            user.heed_earlier_refusal()
        if user.fill_in(contact):
            user = self.complete(user.pk, contact) or user
        return user, opened

    def open_or_join_locked(self, contact: Contact) -> tuple["User", bool]:
        """The same with the account's row locked until the commit. One that is erased at this very moment is nobody's by the time the lock is
        ours: the address opens another then."""
        while True:
            user, opened = self.open_or_join(contact)
            if opened or self.touch_standing(user.pk):  # an account that was opened just now is nobody else's until the commit
                return user, opened

    @transaction.atomic
    def complete(self, pk: int, contact: Contact) -> "User | None":
        """Fill in what the account still lacks of its contact data, under its lock, and nothing else; None, and nothing, if it is erased."""
        if not self.touch_standing(pk):
            return None
        user = self.get(pk=pk)
        if filled := user.fill_in(contact):
            user.save(update_fields=filled)
        return user

    def touch_standing(self, pk: int) -> bool:
        """As `touch`; False, and nothing, if the account was erased: the condition is asked once more when the lock is ours."""
        return bool(self.filter(pk=pk, erased_at=None).update(version=models.F("version") + 1))

    def touch(self, pk: int, **changes: Any) -> None:
        """Something that belongs to the account is about to change: lock the row until the commit, and count its version.

        Whatever locks rows that belong to an account does this first, so that nobody waits for anybody in a circle. `changes` are
        those of the account itself, if there are any.
        """
        self.filter(pk=pk).update(version=models.F("version") + 1, **changes)

    def create_user(self, email: str, password: str | None = None, **values: Any) -> "User":
        user = self.model(email=email.strip(), email_key=address_key(email), **values)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **values: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **values)


class User(AbstractBaseUser, PermissionsMixin, ContactData):
    """An account. The e-mail address is the user name: kept as typed, unique by its key."""

    email = models.EmailField(_("e-mail address"), unique=True)
    email_key = models.CharField(_("e-mail address, as compared"), max_length=254, unique=True, editable=False)
    is_staff = models.BooleanField(_("member of staff"), default=False, help_text=_("May log in at /staff/, with a second factor."))
    opened_at = models.DateTimeField(_("opened"), default=timezone.now, editable=False)
    policy_version = models.CharField(_("version of the policy when it was opened"), max_length=40, blank=True, editable=False)
    greeting = models.CharField(
        _("greeting name"), max_length=60, blank=True, help_text=_("How we greet you here and in mails. Empty: by your name.")
    )
    greets = models.BooleanField(
        _("greet me by name in this browser"),
        default=True,
        help_text=_(
            "With a cookie that holds your greeting name for a year. It also shows that the browser is yours: without it, you may have to "
            "wait at the log-in when others guess at your password."
        ),
    )
    language = models.CharField(_("language"), max_length=10, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    opted_out_at = models.DateTimeField(_("refuses announcements since"), null=True, blank=True, editable=False)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True, editable=False)

    version = models.PositiveBigIntegerField(_("version"), default=0, editable=False)

    otp_device: Any = None  # the second factor given in this request's login session

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["-opened_at", "-pk"]
        permissions = [
            ("monitor_user", "Can see the rows of every customer"),
            ("appoint_user", "Can decide who is staff, and in which role"),
        ]
        indexes = [
            models.Index(as_compared("postal_code"), name="user_postal_code"),
            models.Index(fields=["-opened_at", "-id"], name="user_opened"),
            models.Index(fields=["-opened_at", "-id"], condition=models.Q(is_staff=True), name="user_staff"),
        ]

    def __str__(self) -> str:
        return gettext("erased account %(number)s") % {"number": self.pk} if self.erased_at else self.email

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """Whether somebody may log in: nobody is behind an account that was erased. (Holds are asked for elsewhere, for they end.)"""
        return self.erased_at is None

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email_key = address_key(self.email)
        if kwargs.get("update_fields") and "email" in kwargs["update_fields"]:
            kwargs["update_fields"] = {*kwargs["update_fields"], "email_key"}
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.greeting_name

    def opt_out(self, origin: ChoiceOrigin, request: HttpRequest | None = None) -> bool:
        """Refuse announcements from now on (promise C11); False if the person refuses them already, and then nothing changes."""
        return self._choose(timezone.now(), origin, request)

    def opt_in(self, origin: ChoiceOrigin, request: HttpRequest | None = None) -> bool:
        """Welcome announcements again (promise C11); False if the person never refused them, and then nothing changes."""
        return self._choose(None, origin, request)

    def heed_earlier_refusal(self) -> None:
        """The account has a new address: who refuses announcements refuses them there too, and whoever refused them there before still does."""
        if self.opted_out_at:
            Suppression.objects.suppress(digest_of(self.email), SuppressionReason.REFUSED)
        elif Suppression.objects.of(self.email).wishes().exists():
            self.opt_out(ChoiceOrigin.EARLIER)

    def opt_out_by_browser(self, request: HttpRequest | None) -> bool:
        """Refuse announcements if the browser asks for it (Global Privacy Control) and the person never chose; whether that was so."""
        asked = request is not None and opted_out(request) and not self.marketing_choices.exists()
        return asked and self.opt_out(ChoiceOrigin.GPC, request)

    @transaction.atomic
    def _choose(self, opted_out_at: datetime | None, origin: ChoiceOrigin, request: HttpRequest | None) -> bool:
        """One choice, one row of history, one audit event: the conditional update decides who of two at once made it.

        The address is suppressed, or is no more, in the same transaction: what stands at the account and what holds for the address are one fact.
        """
        others = type(self).objects.filter(pk=self.pk, opted_out_at__isnull=opted_out_at is not None)
        if not others.update(opted_out_at=opted_out_at):
            return False
        if opted_out_at:
            Suppression.objects.suppress(digest_of(self.email), SuppressionReason.REFUSED)
            for ending in endings:
                ending(self)
        else:
            Suppression.objects.lift(digest_of(self.email))
        self.opted_out_at = opted_out_at
        MarketingChoice.objects.create(user=self, opted_out=opted_out_at is not None, origin=origin)
        kind = Kind.MARKETING_REFUSED if opted_out_at else Kind.MARKETING_WELCOMED
        record(kind, user=self, request=request, origin=origin)
        return True

    def is_verified(self) -> bool:
        """Whether the request's login session was begun with a second factor."""
        return self.otp_device is not None

    @property
    def greeting_name(self) -> str:
        """How the site addresses the person: as they wish, or by their name; "" if what was given as a name is none.

        Never the e-mail address, for this also stands in a cookie; and nothing with a link, for others choose the words of a name,
        and our mails repeat it.
        """
        return as_greeted(self.greeting or self.name)

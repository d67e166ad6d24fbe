"""Changing the e-mail address: confirmed at both addresses, and to be undone from the old one."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AddressChangeQuerySet(models.QuerySet["AddressChange"]):
    def open(self, now: datetime) -> "AddressChangeQuerySet":
        """Asked for, neither done nor cancelled, and not yet lapsed."""
        return self.filter(done_at=None, cancelled_at=None, asked_at__gt=now - AddressChange.LIFE)


class AddressChange(models.Model):
    """One wish to change the address. Links carry random tokens; the row knows their digests alone."""

    LIFE = timedelta(days=3)
    UNDO = timedelta(days=7)
    AGAIN = timedelta(minutes=1)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="address_changes", verbose_name=_("customer"))
    old_email = models.EmailField(_("old e-mail address"))
    new_email = models.EmailField(_("new e-mail address"))
    old_token_hash = models.CharField(max_length=64, unique=True, editable=False)
    new_token_hash = models.CharField(max_length=64, unique=True, editable=False)
    undo_token_hash = models.CharField(max_length=64, unique=True, null=True, editable=False)
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)
    old_confirmed_at = models.DateTimeField(_("confirmed at the old address"), null=True, blank=True)
    new_confirmed_at = models.DateTimeField(_("confirmed at the new address"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)

    objects = AddressChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of an e-mail address")
        verbose_name_plural = _("changes of e-mail addresses")
        ordering = ["-asked_at", "-pk"]
        indexes = [models.Index(fields=["-asked_at", "-id"], name="address_change_asked")]
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=models.Q(done_at=None, cancelled_at=None), name="address_change_open_once")
        ]

    def __str__(self) -> str:
        return f"{self.old_email} → {self.new_email}"

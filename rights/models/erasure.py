"""An erasure that has begun: how far it is, and afterwards the record of it, of which the receipt is made."""

import json
import secrets
from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from infacta.sealed_text import opened, sealed
from privacy.subjects import DataSubject
from rights.models.subject_request import SubjectRequest


def new_receipt() -> str:
    return secrets.token_hex(12)


class Erasure(models.Model):
    """One a request. `number` is the request's, `receipt` what whoever has the receipt finds it by.

    `sealed` holds whom it is about, and where the receipt goes, while it is not done: by then the account tells nobody's address any more.
    `logged_as` is its number in the log outside of the database. `originally_at`: it had been done then already, and a restored backup brought the
    person back. `facts` are what the receipt tells: kinds of records with what became of how many, and nothing of what stood in them.
    """

    # A visit that was under way when the account was closed may still write a row. gunicorn ends it after two minutes; then all is looked at once more.
    SETTLE = timedelta(minutes=3)

    request = models.OneToOneField(
        SubjectRequest, models.SET_NULL, null=True, blank=True, editable=False, related_name="erasure", verbose_name=_("request")
    )
    number = models.CharField(_("request"), max_length=12, unique=True, editable=False)
    receipt = models.CharField(_("receipt"), max_length=24, unique=True, default=new_receipt, editable=False)
    sealed = models.TextField(blank=True, editable=False)
    facts = models.JSONField(_("what was done"), default=list, editable=False)
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    closed_at = models.DateTimeField(_("begun"), default=timezone.now)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    originally_at = models.DateTimeField(_("done before that"), null=True, blank=True)
    backups_clear_on = models.DateField(_("backups clear"), null=True, blank=True)
    logged_as = models.BigIntegerField(_("number in the log"), unique=True, null=True, editable=False)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["-closed_at", "-pk"]

    def __str__(self) -> str:
        return self.number

    @property
    def is_done(self) -> bool:
        return self.done_at is not None

    def seal(self, person: DataSubject, to: str, language: str) -> None:
        """Does not save."""
        told = {"account": person.account, "addresses": list(person.addresses), "to": to, "language": language}
        self.sealed = sealed(json.dumps(told))

    @property
    def told(self) -> dict[str, Any]:
        """What is sealed: `account`, `addresses`, `to` and `language`; empty once it is done. CannotOpen."""
        return json.loads(opened(self.sealed)) if self.sealed else {}

    @property
    def person(self) -> DataSubject:
        """Whom it is about, as long as it is not done. CannotOpen."""
        return DataSubject(self.told.get("account"), tuple(self.told.get("addresses", ())))


class ErasureStep(models.Model):
    """One kind of records, or several that go together. `rows` is how many there were; `done_at` when nothing was found any more."""

    erasure = models.ForeignKey(Erasure, models.CASCADE, related_name="steps", verbose_name=_("erasure"))
    name = models.CharField(_("step"), max_length=100)
    position = models.PositiveSmallIntegerField(default=0, editable=False)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    attempts = models.PositiveIntegerField(_("tries"), default=0)
    problem = models.CharField(_("what stands in the way"), max_length=200, blank=True)
    done_at = models.DateTimeField(_("nothing found any more"), null=True, blank=True)

    class Meta:
        verbose_name = _("step of an erasure")
        verbose_name_plural = _("steps of erasures")
        ordering = ["erasure", "position"]
        constraints = [models.UniqueConstraint(fields=["erasure", "name"], name="erasure_step_once")]

    def __str__(self) -> str:
        return self.name

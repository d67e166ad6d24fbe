"""What is said in a case: by the customer, by staff to the customer, and by staff among themselves."""

from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from support.models.case import Case, Channel
from support.vault import texts
from support.vault.keyring import KeyGone


class Author(models.TextChoices):
    CUSTOMER = "customer", _("customer")
    STAFF = "staff", _("support")
    NOTE = "note", _("internal note")


class CaseMessageQuerySet(models.QuerySet["CaseMessage"]):
    def for_the_customer(self) -> "CaseMessageQuerySet":
        """All but internal notes."""
        return self.exclude(author=Author.NOTE)


class CaseMessage(models.Model):
    """`submission` is unique: a form or a mail that comes twice is one message. `quoted` is what a mail repeats of earlier ones."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="messages", verbose_name=_("case"))
    author = models.CharField(_("author"), max_length=10, choices=Author.choices)
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("member of staff")
    )
    channel = models.CharField(_("by way of"), max_length=10, choices=Channel.choices)
    sealed = models.TextField(editable=False)
    submission = models.CharField(max_length=64, unique=True, null=True, editable=False)
    written_at = models.DateTimeField(_("written"), default=timezone.now)

    objects = CaseMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message of a case")
        verbose_name_plural = _("messages of cases")
        ordering = ["written_at", "pk"]
        indexes = [models.Index(fields=["case", "written_at", "id"], name="case_message_thread")]

    def __str__(self) -> str:
        return f"message {self.pk}"

    def seal(self, text: str, quoted: str = "", sender: str = "") -> None:
        """Does not save. `sender` is the address that a mail came from, where it is not the case's own."""
        self.sealed = texts.sealed(self.case.key_name, "message", {"text": text, "quoted": quoted, "sender": sender})

    @cached_property
    def told(self) -> dict[str, Any]:
        """`text`, `quoted`, `sender`; all empty once it is destroyed."""
        try:
            told: dict[str, Any] = texts.opened(self.case.key_name, "message", self.sealed)
        except KeyGone:
            return {"text": "", "quoted": "", "sender": ""}
        return told

    @property
    def text(self) -> str:
        return str(self.told["text"])

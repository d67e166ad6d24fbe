"""The ledger of downloads: every change of what an entitlement allows and of what was used of it, with who did it and why."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from audit.models.append_only import AppendOnlyModel, AppendOnlyQuerySet

if TYPE_CHECKING:
    from downloads.models.entitlement import Entitlement
    from downloads.models.session import DownloadSession


class Change(models.TextChoices):
    """What happened to the downloads, in words for the customer."""

    GRANTED = "granted", _("granted with the product")
    RENEWED = "renewed", _("granted with a renewal")
    ADDED = "added", _("added by our staff")
    TAKEN_BACK = "taken_back", _("taken back with units of the product")
    RESTORED = "restored", _("restored with units of the product")
    CARRIED_ALLOWED = "carried_allowed", _("allowed before this record began")
    SPENT = "spent", _("download taken")
    RETURNED = "returned", _("failed download given back")
    CARRIED_USED = "carried_used", _("taken before this record began")


ALLOWED = (Change.GRANTED, Change.RENEWED, Change.ADDED, Change.TAKEN_BACK, Change.RESTORED, Change.CARRIED_ALLOWED)
"""Their sum is `Entitlement.downloads_allowed`."""

USED = (Change.SPENT, Change.RETURNED, Change.CARRIED_USED)
"""Their sum, negated, is `Entitlement.downloads_used`; so the sum of the whole ledger is what is left, as long as the purchase was not refunded."""

FEWER = (Change.TAKEN_BACK, Change.SPENT, Change.CARRIED_USED)

TOLD = {
    Change.ADDED: ngettext_lazy("%(downloads)d added by our staff on %(day)s", "%(downloads)d added by our staff on %(day)s", "downloads"),
    Change.RETURNED: ngettext_lazy("%(downloads)d returned on %(day)s", "%(downloads)d returned on %(day)s", "downloads"),
    Change.TAKEN_BACK: ngettext_lazy("%(downloads)d taken back on %(day)s", "%(downloads)d taken back on %(day)s", "downloads"),
    Change.RESTORED: ngettext_lazy("%(downloads)d restored on %(day)s", "%(downloads)d restored on %(day)s", "downloads"),
}
"""What is said in a sentence beside the number that is left: what a customer would not think of by themselves."""


class Actor(models.TextChoices):
    CUSTOMER = "customer", _("the customer")
    STAFF = "staff", _("a member of staff")
    PARTNER = "partner", _("a partner's notification")
    SITE = "site", _("the site")


class AllowanceEntryQuerySet(AppendOnlyQuerySet["AllowanceEntry"]):
    def note(
        self,
        entitlement: "Entitlement",
        kind: Change,
        change: int,
        by: Actor,
        reason: str = "",
        session: "DownloadSession | None" = None,
    ) -> None:
        """Add a line; nothing if nothing changed. Verbs of Entitlement alone call this, in the transaction that changes the counter."""
        if change:
            self.create(entitlement=entitlement, kind=kind, change=change, actor=by, reason=reason, session=session)

    def returned_since(self, moment: datetime) -> "AllowanceEntryQuerySet":
        """What customers gave back themselves."""
        return self.filter(kind=Change.RETURNED, actor=Actor.CUSTOMER, at__gte=moment)

    def with_left(self) -> "AllowanceEntryQuerySet":
        """Each line of one entitlement with what was left after it (`left`), whatever part of the lines is then read."""
        sums = models.Window(models.Sum("change"), order_by=models.F("pk").asc())
        return self.annotate(left=Greatest(sums, 0))

    def _raw_delete(self, using: str | None) -> Any:
        """Django calls this past `delete` for what goes with its entitlement, as that goes with its account; lines alone never go."""
        return models.QuerySet._raw_delete(self, using)


class AllowanceEntry(AppendOnlyModel):
    """One change of the downloads of an entitlement: `change` is positive where more are left afterwards, and negative where fewer are.

    Lines of one entitlement are written under its account's lock, so their numbers are in the order in which things happened.
    """

    entitlement = models.ForeignKey(
        "downloads.Entitlement", models.CASCADE, related_name="allowance_entries", db_index=False, verbose_name=_("entitlement")
    )
    kind = models.CharField(_("what"), max_length=20, choices=Change.choices)
    change = models.IntegerField(_("change"))
    actor = models.CharField(_("by"), max_length=20, choices=Actor.choices)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    at = models.DateTimeField(_("when"), default=timezone.now)
    # The ledger outlives the history of downloads: the number stays when the session's retention is over, and a line never changes.
    session = models.ForeignKey(
        "downloads.DownloadSession",
        models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("download session"),
    )

    objects = AllowanceEntryQuerySet.as_manager()  # type: ignore[misc]

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("change of the download allowance")
        verbose_name_plural = _("changes of the download allowance")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["entitlement", "-id"], name="allowance_entitlement"),
            models.Index(fields=["at"], name="allowance_at"),
            # Of what is rare, lists of staff find the latest without reading all the others.
            models.Index(fields=["-id"], condition=~models.Q(kind__in=[Change.GRANTED, Change.SPENT]), name="allowance_rare"),
            models.Index(fields=["-id"], condition=models.Q(actor__in=[Actor.STAFF, Actor.SITE]), name="allowance_not_bought"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["session", "kind"], name="allowance_session_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=FEWER, change__lt=0) | (~models.Q(kind__in=FEWER) & models.Q(change__gt=0)),
                name="allowance_change_direction",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.change:+d}, {self.get_kind_display()}"

    @property
    def words(self) -> str:
        """What happened, in words for the customer."""
        by_the_site = self.kind == Change.RETURNED and self.actor == Actor.SITE
        return gettext("given back by us: almost nothing of it was sent") if by_the_site else self.get_kind_display()

    @property
    def signed(self) -> str:
        """The change with its sign, as a person reads it; with the sign that is as wide as a digit."""
        return f"{self.change:+d}".replace("-", "−")


def told(kind: str, change: int, at: datetime) -> str:
    """A change of TOLD as the end of a sentence: "1 returned on 3 May"; in the reader's language and time zone."""
    return str(TOLD[Change(kind)] % {"downloads": abs(change), "day": date_format(timezone.localtime(at), "DATE_FORMAT")})

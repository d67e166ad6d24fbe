"""The right to a product's downloads."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Hold, User
from downloads.models.allowance import ALLOWED, TOLD, USED, Actor, AllowanceEntry, Change, told
from downloads.models.product import Edition, Product
from downloads.models.release import Channel, Release
from downloads.models.release_file import ReleaseFile

if TYPE_CHECKING:
    from downloads.models.extension import Extension
    from downloads.models.session import DownloadSession


class EntitlementQuerySet(models.QuerySet["Entitlement"]):
    def of(self, user: models.Model) -> "EntitlementQuerySet":
        """What one customer may have, newest first."""
        return self.filter(user=user).order_by("-granted_at", "-pk")

    def with_held(self) -> "EntitlementQuerySet":
        """With whether the account is on hold at this moment (`held`), in the same query."""
        return self.annotate(held=Hold.objects.stand_before("user", timezone.now()))

    def with_last_change(self) -> "EntitlementQuerySet":
        """With the latest line of the ledger that is worth a sentence (`Entitlement.last_change`), in the same query."""
        latest = AllowanceEntry.objects.filter(entitlement=models.OuterRef("pk"), kind__in=TOLD).order_by("-pk")
        columns = {"last_kind": "kind", "last_number": "change", "last_at": "at"}
        return self.annotate(**{name: models.Subquery(latest.values(column)[:1]) for name, column in columns.items()})

    def with_latest_release(self, now: datetime) -> "EntitlementQuerySet":
        """With the number of the latest stable release that each includes and that has a file for its edition (`latest_release`)."""
        fitting = ReleaseFile.objects.filter(release=models.OuterRef("pk")).for_edition(models.OuterRef(models.OuterRef("edition")))
        out = Release.objects.published(now).filter(models.Exists(fitting), product=models.OuterRef("product"), channel=Channel.STABLE)
        latest = out.included(models.OuterRef("upgrades_until")).latest_first()
        return self.annotate(latest_release=models.Subquery(latest.values("pk")[:1]))

    @transaction.atomic
    def grant(
        self, user: User, product: Product, edition: Edition | None, units: int, by: Actor, reason: str, upgrade_months: int | None = None
    ) -> "Entitlement":
        """So many units of the product, with the downloads, seats and upgrade period that the product brings today; the caller has locked the account.

        A product that comes in editions is bought in one: in the first, if none is named. `upgrade_months` stands in for the product's own.
        """
        downloads, now = units * product.downloads_per_unit, timezone.now()
        until = product.upgrades_until(now) if upgrade_months is None else now + relativedelta(months=upgrade_months)
        entitlement = self.create(
            user=user,
            product=product,
            edition=edition or Edition.objects.first_of(product),
            units=units,
            seats_per_unit=product.seats_per_unit,
            downloads_per_unit=product.downloads_per_unit,
            downloads_allowed=downloads,
            granted_at=now,
            granted_until=until,
            upgrades_until=until,
        )
        AllowanceEntry.objects.note(entitlement, Change.GRANTED, downloads, by, reason)
        return entitlement

    def spend_one(self) -> int:
        """Use up one download where one remains, in one conditional statement; returns how many were spent."""
        remaining = self.filter(revoked_at=None, downloads_used__lt=models.F("downloads_allowed"))
        return remaining.update(downloads_used=models.F("downloads_used") + 1)

    def not_summing(self) -> "EntitlementQuerySet":
        """Those whose counters are not what their ledgers sum to (`allowed_by_ledger`, `used_by_ledger`); one query, so as of one moment."""
        sums = {
            "allowed_by_ledger": models.Sum("allowance_entries__change", filter=models.Q(allowance_entries__kind__in=ALLOWED), default=0),
            "used_by_ledger": -models.Sum("allowance_entries__change", filter=models.Q(allowance_entries__kind__in=USED), default=0),
        }
        in_order = models.Q(downloads_allowed=models.F("allowed_by_ledger"), downloads_used=models.F("used_by_ledger"))
        return self.annotate(**sums).exclude(in_order).order_by("pk")


class Entitlement(models.Model):
    """So many units of a product, so many downloads. The counters are changed by the verbs below alone, each of which adds its line
    to the ledger in the same transaction (AllowanceEntry), so that the ledger always sums to them (`manage.py check_ledger`)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="entitlements", verbose_name=_("customer"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="entitlements", verbose_name=_("product"))
    edition = models.ForeignKey(Edition, models.PROTECT, null=True, blank=True, related_name="entitlements", verbose_name=_("edition"))
    units = models.PositiveIntegerField(_("units"), default=1)
    units_refunded = models.PositiveIntegerField(_("units refunded"), default=0, editable=False)
    units_withdrawn = models.PositiveIntegerField(_("units withdrawn by staff"), default=0, editable=False)
    units_revoked = models.PositiveIntegerField(_("units taken back"), default=0)
    seats_per_unit = models.PositiveIntegerField(_("seats for each unit"), default=1, editable=False)
    downloads_per_unit = models.PositiveSmallIntegerField(_("downloads for each unit"), editable=False)
    downloads_allowed = models.PositiveIntegerField(_("downloads allowed"))
    downloads_used = models.PositiveIntegerField(_("downloads used"), default=0)
    granted_at = models.DateTimeField(_("granted"), default=timezone.now)
    revoked_at = models.DateTimeField(_("taken back"), null=True, blank=True)
    granted_until = models.DateTimeField(_("upgrades until, without renewals"), null=True, blank=True, editable=False)
    upgrades_until = models.DateTimeField(_("upgrades until"), null=True, blank=True, help_text=_("Empty: every release to come."))

    objects = EntitlementQuerySet.as_manager()

    class Meta:
        verbose_name = _("entitlement")
        verbose_name_plural = _("entitlements")
        ordering = ["-granted_at", "-pk"]
        indexes = [
            models.Index(fields=["user", "-granted_at", "-id"], name="entitlement_user"),
            models.Index(fields=["-granted_at", "-id"], name="entitlement_granted"),
            models.Index(fields=["revoked_at"], condition=models.Q(revoked_at__isnull=False), name="entitlement_revoked"),
        ]
        constraints = [models.CheckConstraint(condition=models.Q(units_revoked__lte=models.F("units")), name="entitlement_units_revoked")]

    def __str__(self) -> str:
        return f"{self.product} × {self.units}"

    @property
    def remaining(self) -> int:
        """Downloads left; nothing is left of what was taken back."""
        return 0 if self.revoked_at else max(0, self.downloads_allowed - self.downloads_used)

    def has_edition_of(self, file: ReleaseFile) -> bool:
        """Whether the file is for this edition. Whoever bought before there were editions may have the files of all.

        Of many rows `ReleaseFileQuerySet.for_edition` asks the same.
        """
        return None in (self.edition_id, file.edition_id) or self.edition_id == file.edition_id

    @property
    def upgrades_have_ended(self) -> bool:
        return self.upgrades_until is not None and self.upgrades_until < timezone.now()

    @property
    def last_change(self) -> str:
        """The latest change that is worth a sentence, such as "1 returned on 3 May"; "" if there is none. Of `with_last_change` alone."""
        last: Any = self
        return told(last.last_kind, last.last_number, last.last_at) if last.last_kind else ""

    @transaction.atomic
    def allow_more(self, downloads: int, reason: str = "") -> None:
        """Staff add downloads to the allowance (promise C5); who did it belongs into the audit log."""
        User.objects.touch(self.user_id)
        type(self).objects.filter(pk=self.pk).update(downloads_allowed=models.F("downloads_allowed") + downloads)
        AllowanceEntry.objects.note(self, Change.ADDED, downloads, Actor.STAFF, reason)

    @transaction.atomic
    def include_until(self, until: datetime | None) -> None:
        """Staff move the end of the upgrades; None: every release to come. Who did it, and why, belongs into the audit log.

        Renewals until now are in what staff chose: they count no more, nor does their refund.
        """
        entitlement = self.locked()
        entitlement.extensions.update(is_absorbed=True)
        type(self).objects.filter(pk=self.pk).update(granted_until=until, upgrades_until=until)

    @transaction.atomic
    def extend(self, units: int, since: datetime, reason: str = "") -> "Extension":
        """A renewal of so many units, paid at `since`: the upgrade period of the product once more, and the downloads of so many units."""
        entitlement = self.locked()
        extension = entitlement.extensions.create(units=units, months=entitlement.product.upgrade_months, since=since)
        entitlement.move_downloads(Change.RENEWED, units, Actor.PARTNER, reason)
        entitlement.count_upgrades()
        return extension

    def spend(self, session: "DownloadSession") -> bool:
        """Use up one download for this session; False, and nothing happens, if none remains. The account is locked."""
        spent = type(self).objects.filter(pk=self.pk).spend_one()
        AllowanceEntry.objects.note(self, Change.SPENT, -spent, Actor.CUSTOMER, session=session)
        return bool(spent)

    def take_return(self, session: "DownloadSession", by: Actor = Actor.CUSTOMER, reason: str = "") -> None:
        """Count the download of this session as not taken. The account is locked, and the session was just closed for it, once."""
        type(self).objects.filter(pk=self.pk).update(downloads_used=models.F("downloads_used") - 1)
        AllowanceEntry.objects.note(self, Change.RETURNED, 1, by, reason, session)

    @property
    def is_refunded(self) -> bool:
        """Whether a partner refunded all of it; otherwise what is gone was taken back by staff."""
        return self.units_refunded >= self.units

    @property
    def units_left(self) -> int:
        """How many units are still the customer's."""
        return self.units - self.units_revoked

    @transaction.atomic
    def revoke(self, units: int, by: Actor = Actor.SITE, reason: str = "") -> int:
        """Take back so many units, the latest first, with their unlock codes and downloads; returns how many there were to take.

        Units already taken back are not taken twice, and downloads already taken stay counted.
        """
        entitlement = self.locked()
        entitlement.units_withdrawn += min(units, entitlement.units_left)
        return entitlement._settle_units(by, reason)

    @transaction.atomic
    def restore(self, units: int, by: Actor = Actor.SITE, reason: str = "") -> int:
        """Give back so many units that `revoke` took; returns how many. What was refunded stays refunded."""
        entitlement = self.locked()
        entitlement.units_withdrawn -= min(units, entitlement.units_withdrawn)
        return -entitlement._settle_units(by, reason)

    @transaction.atomic
    def set_refunded(self, units: int, reason: str = "") -> int:
        """Partners claim that so many units in all are refunded; returns how many were taken back for it (negative: given back).

        The whole number and no step towards it, so that notifications may come in any order and end in the same state.
        """
        entitlement = self.locked()
        entitlement.units_refunded = min(units, entitlement.units)
        return entitlement._settle_units(Actor.PARTNER, reason)

    def move_downloads(self, kind: Change, units: int, by: Actor, reason: str) -> None:
        """So many units' downloads more (fewer if negative) on a locked row, with the line in the ledger."""
        before = self.downloads_allowed
        self.downloads_allowed = max(0, before + units * self.downloads_per_unit)
        self.save(update_fields=["downloads_allowed"])
        AllowanceEntry.objects.note(self, kind, self.downloads_allowed - before, by, reason)

    def count_upgrades(self) -> None:
        """The end of the upgrades anew, on a locked row: from what was granted, each renewal that covers all units left begins where the
        period before it ends, or when it was paid if that was later."""
        self.upgrades_until = self.granted_until
        for extension in self.extensions.filter(is_absorbed=False).order_by("since", "pk"):
            if extension.units_left >= max(self.units_left, 1):
                self.upgrades_until = extension.continued(self.upgrades_until)
        self.save(update_fields=["upgrades_until"])

    def locked(self) -> "Entitlement":
        """The row as it is now, and nobody else's until the commit."""
        User.objects.touch(self.user_id)
        return type(self).objects.select_for_update(of=("self",)).select_related("product").get(pk=self.pk)

    def _settle_units(self, by: Actor, reason: str) -> int:
        """Bring units, unlock codes, downloads and upgrades to what refunds and staff claim, on a locked row; returns how many more units are gone.

        The latest units go first, and come back last.
        """
        left, revoked = self.units_left, min(self.units, self.units_refunded + self.units_withdrawn)
        gone = revoked - self.units_revoked
        self.units_revoked, self.revoked_at = revoked, timezone.now() if revoked == self.units else None
        self.save(update_fields=["units_refunded", "units_withdrawn", "units_revoked", "revoked_at"])
        if gone > 0:
            self.unlock_codes.filter(unit__in=range(left - gone + 1, left + 1)).take_back()
        elif gone < 0:
            self.unlock_codes.filter(unit__in=range(left + 1, left - gone + 1)).restore()
        self.move_downloads(Change.TAKEN_BACK if gone > 0 else Change.RESTORED, -gone, by, reason)
        self.count_upgrades()
        return gone

"""Orders that a partner took."""

from collections.abc import Sequence

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.contact import ContactData
from downloads.models import Entitlement, Extension


class PurchaseQuerySet(models.QuerySet["Purchase"]):
    def known_as(self, partner: str, references: Sequence[str]) -> "PurchaseQuerySet":
        """The partner's orders of these references, or that the partner joins others to by them."""
        also = PurchaseReference.objects.filter(partner=partner, reference__in=references, role=Role.ORDER).values("purchase")
        return self.filter(models.Q(order_reference__in=references) | models.Q(pk__in=also), partner=partner)


class Purchase(ContactData):
    """An order taken elsewhere: who bought (as the partner reported it), and the order data of promise G4. Nothing about payment (G5)."""

    partner = models.CharField(_("partner"), max_length=40)
    order_reference = models.CharField(_("order reference"), max_length=70)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="purchases", verbose_name=_("customer"))
    email = models.EmailField(_("e-mail address"))
    ip = models.GenericIPAddressField(_("IP address of the transaction"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    total = models.DecimalField(_("total"), max_digits=12, decimal_places=2, null=True, blank=True)
    purchased_at = models.DateTimeField(_("purchased"))
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now)
    renews = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="renewals", verbose_name=_("renewal of"))

    objects = PurchaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("purchase")
        verbose_name_plural = _("purchases")
        ordering = ["-recorded_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["partner", "order_reference"], name="purchase_once")]
        indexes = [
            models.Index(fields=["-recorded_at", "-id"], name="purchase_recorded"),
            models.Index(fields=["order_reference"], name="purchase_order"),
            models.Index(fields=["email"], name="purchase_email"),
            models.Index(fields=["purchased_at"], name="purchase_purchased"),
        ]

    def __str__(self) -> str:
        return f"{self.partner} {self.order_reference}"


class PurchaseItem(models.Model):
    """A line of the order, and the entitlement that it granted, or in a renewal: the entitlement that was renewed, and how."""

    purchase = models.ForeignKey(Purchase, models.CASCADE, related_name="items", verbose_name=_("purchase"))
    line_number = models.PositiveSmallIntegerField(_("line"))
    product_code = models.CharField(_("product code"), max_length=100)
    product_name = models.CharField(_("product name"), max_length=200, blank=True)
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    unit_price = models.DecimalField(_("unit price"), max_digits=12, decimal_places=2, null=True, blank=True)
    delivery_option = models.CharField(_("delivery option"), max_length=100, blank=True)
    reference = models.CharField(_("the partner's reference of the line"), max_length=100, blank=True, editable=False)
    entitlement = models.ForeignKey(Entitlement, models.PROTECT, related_name="purchase_items", verbose_name=_("entitlement"))
    extension = models.OneToOneField(
        Extension, models.PROTECT, null=True, blank=True, related_name="purchase_item", verbose_name=_("renewal"), editable=False
    )

    class Meta:
        verbose_name = _("line of a purchase")
        verbose_name_plural = _("lines of purchases")
        ordering = ["purchase", "line_number"]
        constraints = [models.UniqueConstraint(fields=["purchase", "line_number"], name="purchase_line_once")]

    def __str__(self) -> str:
        return f"{self.product_name or self.product_code} × {self.quantity}"

    def set_refunded(self, units: int, reason: str) -> int:
        """So many units of the line in all are refunded; returns how many were taken back for it (negative: given back)."""
        return (self.extension or self.entitlement).set_refunded(units, reason)

    @property
    def units_left(self) -> int:
        """How many units of the line are still the customer's."""
        return (self.extension or self.entitlement).units_left


class Role(models.TextChoices):
    ORDER = "order", _("leads to this order alone")
    BUYER = "buyer", _("leads to the buyer")


class PurchaseReference(models.Model):
    """By what else later notifications name the order (a payment, a subscription) or its buyer (a customer, an address)."""

    purchase = models.ForeignKey(Purchase, models.CASCADE, related_name="references", verbose_name=_("purchase"))
    partner = models.CharField(_("partner"), max_length=40)
    reference = models.CharField(_("reference"), max_length=100)
    role = models.CharField(_("leads to"), max_length=10, choices=Role.choices)

    class Meta:
        verbose_name = _("reference of a purchase")
        verbose_name_plural = _("references of purchases")
        ordering = ["purchase", "pk"]
        indexes = [models.Index(fields=["partner", "reference"], name="purchase_reference")]
        constraints = [models.UniqueConstraint(fields=["purchase", "reference"], name="purchase_reference_once")]

    def __str__(self) -> str:
        return self.reference

"""What a partner calls our products."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from downloads.models import Edition, Product


@dataclass(frozen=True)
class Meant:
    """What a partner's code means; the edition is None where the code names the product alone."""

    product: Product
    edition: Edition | None = None
    is_upgrade: bool = False


class ProductCodeManager(models.Manager["ProductCode"]):
    def meaning_of(self, partner: str, code: str) -> Meant | None:
        """By the partner's own mapping first, then by our own codes of products and of editions; None if nobody knows it."""
        if mapped := self.filter(partner=partner, code=code).select_related("product", "edition").first():
            return Meant(mapped.product, mapped.edition, mapped.is_upgrade)
        if product := Product.objects.filter(code=code).first():
            return Meant(product)
        edition = Edition.objects.filter(code=code).select_related("product").first()
        return Meant(edition.product, edition) if edition else None


class ProductCode(models.Model):
    partner = models.CharField(_("partner"), max_length=40)
    code = models.CharField(_("the partner's product code"), max_length=100)
    product = models.ForeignKey(Product, models.CASCADE, related_name="partner_codes", verbose_name=_("product"))
    edition = models.ForeignKey(
        Edition,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="partner_codes",
        verbose_name=_("edition"),
        help_text=_("Empty: the product, or the first of its editions."),
    )

    is_upgrade = models.BooleanField(
        _("upgrade"),
        default=False,
        help_text=_("Sold to whoever has the product already, in this edition or another: as many units as they have."),
    )

    objects = ProductCodeManager()

    class Meta:
        verbose_name = _("partner's product code")
        verbose_name_plural = _("partners' product codes")
        ordering = ["partner", "code"]
        constraints = [models.UniqueConstraint(fields=["partner", "code"], name="product_code_once")]

    def __str__(self) -> str:
        return f"{self.partner}: {self.code}"

    def clean(self) -> None:
        if self.edition and self.edition.product_id != self.product_id:
            raise ValidationError({"edition": _("This edition is of another product.")})

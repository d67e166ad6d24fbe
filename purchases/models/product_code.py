"""What a partner calls our products."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from downloads.models import Product


class ProductCodeManager(models.Manager["ProductCode"]):
    def product_for(self, partner: str, code: str) -> Product | None:
        """The product that the partner means: by its own mapping first, then by our own product code; None if unknown."""
        mapped = self.filter(partner=partner, code=code).select_related("product").first()
        return mapped.product if mapped else Product.objects.filter(code=code).first()


class ProductCode(models.Model):
    partner = models.CharField(_("partner"), max_length=40)
    code = models.CharField(_("the partner's product code"), max_length=100)
    product = models.ForeignKey(Product, models.CASCADE, related_name="partner_codes", verbose_name=_("product"))

    objects = ProductCodeManager()

    class Meta:
        verbose_name = _("partner's product code")
        verbose_name_plural = _("partners' product codes")
        ordering = ["partner", "code"]
        constraints = [models.UniqueConstraint(fields=["partner", "code"], name="product_code_once")]

    def __str__(self) -> str:
        return f"{self.partner}: {self.code}"

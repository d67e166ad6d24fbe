"""What a partner's checkout sells of our products: where a purchase that begins here leads (promise C14)."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from downloads.models import Edition, Product
from purchases.partners.checkouts import CHECKOUTS, Checkout

MOST_OFFERED = 10_000  # as many units as an order may have (purchases.partners.base.MOST_UNITS)


class OfferKind(models.TextChoices):
    NEW = "new", _("new purchase")
    UPGRADE = "upgrade", _("upgrade to this edition")
    RENEWAL = "renewal", _("renewal of the upgrade period")


class OfferQuerySet(models.QuerySet["Offer"]):
    def on_sale(self) -> "OfferQuerySet":
        return self.filter(is_on_sale=True)

    def of(self, product: Product, kinds: Iterable[OfferKind], partners: Iterable[str]) -> "OfferQuerySet":
        """What is on sale of a product, in these kinds, by partners that can be handed to; with all that a page shows of it."""
        chosen = self.on_sale().filter(product=product, kind__in=list(kinds), partner__in=list(partners))
        return chosen.select_related("product", "edition").prefetch_related("options")

    def partners(self) -> list[str]:
        return list(self.order_by("partner").values_list("partner", flat=True).distinct())


class Offer(models.Model):
    partner = models.CharField(_("partner"), max_length=40)
    product = models.ForeignKey(Product, models.CASCADE, related_name="offers", verbose_name=_("product"))
    edition = models.ForeignKey(Edition, models.CASCADE, null=True, blank=True, related_name="offers", verbose_name=_("edition"))
    kind = models.CharField(_("kind"), max_length=10, choices=OfferKind.choices, default=OfferKind.NEW)
    code = models.CharField(
        _("the partner's code"),
        max_length=200,
        help_text=_("By which the partner's checkout knows it: a number, or a part of its address; docs/hand-over.md says which."),
    )
    price = models.CharField(
        _("price"), max_length=20, blank=True, help_text=_("As the partner asks for it, such as 29.00. Empty: the page names none.")
    )
    currency = models.CharField(
        _("currency"), max_length=3, blank=True, validators=[RegexValidator(r"^[A-Z]{3}$", _("Three capital letters, such as EUR."))]
    )
    least = models.PositiveIntegerField(
        _("smallest quantity"), default=1, validators=[MinValueValidator(1), MaxValueValidator(MOST_OFFERED)]
    )
    most = models.PositiveIntegerField(
        _("largest quantity"), default=100, validators=[MinValueValidator(1), MaxValueValidator(MOST_OFFERED)]
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_on_sale = models.BooleanField(_("on sale"), default=False, help_text=_("Only then do visitors see it."))

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["partner", "kind", "code"], name="offer_once"),
            models.CheckConstraint(condition=Q(least__gte=1) & Q(most__gte=F("least")), name="offer_quantities"),
        ]

    def __str__(self) -> str:
        return f"{self.partner}: {self.code}"

    @property
    def checkout(self) -> Checkout:
        """KeyError for a partner without one; `clean` lets none in."""
        return CHECKOUTS[self.partner]

    @property
    def takes_quantity(self) -> bool:
        return bool(self.checkout.quantity)

    @property
    def price_in_words(self) -> str:
        return f"{self.price} {self.currency}" if self.price else ""

    def clean(self) -> None:
        errors: dict[str, Any] = {}
        checkout = CHECKOUTS.get(self.partner)
        if checkout is None:
            errors["partner"] = _("There is no checkout of this partner.")
        elif not checkout.is_code(self.code):
            errors["code"] = _("This is no code of this partner's checkout. It is %(meaning)s.") % {"meaning": checkout.code_means}
        if self.edition and self.edition.product_id != self.product_id:
            errors["edition"] = _("This edition is of another product.")
        if self.kind == OfferKind.UPGRADE and not self.edition:
            errors["edition"] = _("Say to which edition it upgrades.")
        if bool(self.price) != bool(self.currency):
            errors["price"] = _("Give both, price and currency, or neither.")
        if self.least and self.most and self.least > self.most:
            errors["most"] = _("The largest quantity is less than the smallest.")
        if errors:
            raise ValidationError(errors)


class OfferOption(models.Model):
    """Something that may be chosen with an offer, such as a CD by post: what visitors read, and what the checkout calls it."""

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="options", verbose_name=_("offer"))
    name = models.CharField(_("name"), max_length=100, help_text=_("As visitors read it, such as: CD by post."))
    value = models.CharField(_("the partner's word for it"), max_length=60)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("option")
        verbose_name_plural = _("options")
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["offer", "value"], name="offer_option_once")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        checkout = CHECKOUTS.get(self.offer.partner)
        if checkout and not checkout.option:
            raise ValidationError(_("This partner's checkout takes no options."))
        if checkout and not checkout.is_option(self.value):
            raise ValidationError({"value": _("This is no word that the partner's checkout takes for an option.")})

"""What the vendor offers: products, and the editions that a product may come in."""

import uuid
from datetime import datetime
from typing import Any

from dateutil.relativedelta import relativedelta
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import connections, models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LONGEST_UPGRADES = 1200  # months


class ProductQuerySet(models.QuerySet["Product"]):
    def public(self) -> "ProductQuerySet":
        return self.filter(is_public=True)

    def mark_changed(self) -> None:
        """What feeds say of these products has changed: noted in the transaction of the change, so that no feed is wrong after it."""
        self.update(catalogue_mark=uuid.uuid4(), catalogue_changed_at=timezone.now())

    def mark_of(self, slug: str) -> tuple[int, uuid.UUID] | None:
        """The number of a public product and the present mark of its catalogue; None if there is none.

        Plain SQL: updaters ask this all day, and to put the same query together anew takes ten times as long as to answer it.
        """
        with connections[self.db].cursor() as cursor:
            cursor.execute("SELECT id, catalogue_mark FROM downloads_product WHERE slug = %s AND is_public", [slug])
            found = cursor.fetchone()
        return (found[0], uuid.UUID(str(found[1]))) if found else None


class Product(models.Model):
    """What is sold elsewhere and served here; what a unit of it brings is that of the day of the purchase."""

    code = models.CharField(_("product code"), max_length=50, unique=True, help_text=_("What partners' notifications call the product."))
    slug = models.SlugField(_("address"), unique=True, help_text=_("The product's page is /products/ADDRESS/."))
    name = models.CharField(_("name"), max_length=100)
    tagline = models.CharField(_("in one sentence"), max_length=200, blank=True)
    description = models.TextField(_("description"), blank=True, help_text=_("Markdown. It stands on the product's page."))
    unlock_prefix = models.CharField(
        _("prefix of unlock codes"),
        max_length=6,
        validators=[
            RegexValidator(
                r"^[A-HJKMNP-TV-Z][0-9A-HJKMNP-TV-Z]{1,5}$",
                _("Two to six capital letters and digits, without I, L, O and U; a letter first."),
            )
        ],
    )
    downloads_per_unit = models.PositiveSmallIntegerField(_("downloads for each unit bought"), default=5)
    seats_per_unit = models.PositiveIntegerField(
        _("seats for each unit bought"),
        default=1,
        validators=[MinValueValidator(1)],
        help_text=_("How many people or computers one unlock code is for. What was bought before keeps its number."),
    )
    upgrade_months = models.PositiveSmallIntegerField(
        _("months of upgrades"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(LONGEST_UPGRADES)],
        help_text=_("Releases published within so many months after the purchase are included. Empty: all of them, without end."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_public = models.BooleanField(_("shown on the site"), default=True)
    # A new mark with each change of the product, its editions, releases or files: what was made under an earlier one is out of date.
    catalogue_mark = models.UUIDField(_("state of the catalogue"), default=uuid.uuid4, editable=False)
    catalogue_changed_at = models.DateTimeField(_("catalogue changed"), default=timezone.now, editable=False)

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **options: Any) -> None:
        """With a mark of its own: a row that was read before somebody else's change must not bring an earlier mark back."""
        self.catalogue_mark, self.catalogue_changed_at = uuid.uuid4(), timezone.now()
        if options.get("update_fields") is not None:
            options["update_fields"] = {*options["update_fields"], "catalogue_mark", "catalogue_changed_at"}
        super().save(*args, **options)

    def get_absolute_url(self) -> str:
        return reverse("website:product", args=[self.slug])

    def upgrades_until(self, bought_at: datetime) -> datetime | None:
        """Until when a purchase of that moment includes upgrades; None for no end. The same day of the month, or its last one."""
        return bought_at + relativedelta(months=self.upgrade_months) if self.upgrade_months is not None else None


class EditionManager(models.Manager["Edition"]):
    def with_products(self) -> "models.QuerySet[Edition]":
        """All editions, those of one product together, as menus of staff list them."""
        return self.select_related("product").order_by("product__position", "product__name", "position", "pk")

    def first_of(self, product: Product) -> "Edition | None":
        """What somebody bought who asked for no edition by name; None where the product has none."""
        return self.filter(product=product).first()


class Edition(models.Model):
    """A product in a smaller or larger size. Files may belong to one edition, or to all of them.

    Whoever bought before there were editions has no edition, and may have the files of all: adding editions takes nothing away.
    """

    product = models.ForeignKey(Product, models.PROTECT, related_name="editions", verbose_name=_("product"))
    code = models.CharField(
        _("edition code"), max_length=50, unique=True, help_text=_("What partners' notifications call the product in this edition.")
    )
    name = models.CharField(_("name"), max_length=50)
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("The first is the one that a purchase without an edition brings.")
    )
    priority_support = models.BooleanField(
        _("priority support"), default=True, help_text=_("While the upgrades of a purchase run, its cases are answered before others.")
    )

    objects = EditionManager()

    class Meta:
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["product", "name"], name="edition_name_once")]

    def __str__(self) -> str:
        return self.name

    @transaction.atomic
    def save(self, *args: Any, **options: Any) -> None:
        Product.objects.filter(pk=self.product_id).mark_changed()
        super().save(*args, **options)

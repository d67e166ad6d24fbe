"""How to read the form of a partner whose format is not published: by which name it sends what."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.contact import CONTACT_FIELDS
from purchases.models.webhook_event import EventKind

SEVERAL = _("Several are separated by commas.")
NUMBERED = "{n}"
MARK = datetime(2009, 12, 31, 23, 58, 59, tzinfo=UTC)


def name_field(label: object, default: str = "", **more: object) -> models.CharField:
    """A field of the profile that holds the name of a field of the form."""
    options = {"max_length": 60, "blank": True, "default": default} | more
    return models.CharField(label, **options)  # type: ignore[arg-type]


def validate_date_format(text: str) -> None:
    """Refuse a format in which a date cannot be written and read again."""
    try:
        again = datetime.strptime(MARK.strftime(text), text)
    except (ValueError, re.error) as error:
        raise ValidationError(_("No date can be read by this format.")) from error
    if (again.year, again.month, again.day) != (MARK.year, MARK.month, MARK.day):
        raise ValidationError(_("This format leaves out the year, the month or the day."))


class CharacterSet(models.TextChoices):
    DETECTED = "", _("UTF-8 if it can be, and else Windows-1252")
    UTF_8 = "utf-8", "UTF-8"
    WINDOWS_1252 = "cp1252", _("Windows-1252 (Latin-1)")


class Separator(models.TextChoices):
    POINT = ".", _("point: 1,234.50")
    COMMA = ",", _("comma: 1.234,50")


class ReadingConventions(models.Model):
    """How a partner writes amounts and dates, in forms and in mails alike."""

    currency = models.CharField(_("currency"), max_length=3, blank=True, help_text=_("If nothing tells it: three letters, such as USD."))
    decimal_separator = models.CharField(_("decimals after a"), max_length=1, choices=Separator.choices, default=Separator.POINT)
    date_format = models.CharField(
        _("form of dates"),
        max_length=60,
        default="%Y-%m-%d %H:%M:%S",
        validators=[validate_date_format],
        help_text=_("As of Python's strptime: %d day, %m month, %Y year, %H:%M or %I:%M %p time."),
    )
    utc_offset_minutes = models.SmallIntegerField(
        _("minutes ahead of UTC"),
        default=0,
        validators=[MinValueValidator(-14 * 60), MaxValueValidator(14 * 60)],
        help_text=_("Of the partner's times: -480 is Pacific time in winter."),
    )
    note = models.CharField(_("note"), max_length=200, blank=True, help_text=_("Where the format comes from, and how sure it is."))

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        if self.currency and not re.fullmatch("[A-Z]{3}", self.currency):
            raise ValidationError({"currency": _("Three capital letters, such as USD.")})

    @property
    def utc_offset(self) -> timedelta:
        return timedelta(minutes=self.utc_offset_minutes)


class FormProfileManager(models.Manager["FormProfile"]):
    def of(self, partner: str) -> "FormProfile | None":
        return self.filter(partner=partner).first()


class FormProfile(ReadingConventions):
    """One partner's form. Names count whatever their case; one with {n} is numbered, a line of the order each, from 0 or 1 on."""

    partner = models.CharField(_("partner"), max_length=40, unique=True)
    is_on = models.BooleanField(_("switched on"), default=False, help_text=_("Until then the address answers 404."))
    character_set = models.CharField(
        _("characters"), max_length=10, choices=CharacterSet.choices, default=CharacterSet.DETECTED, blank=True
    )

    order_reference = name_field(_("order reference"), blank=False)
    event_reference = name_field(_("number of the refund or of the notification"), help_text=_("Tells two refunds of one order apart."))
    first_order = name_field(_("first order's reference"), help_text=_("In a renewal."))
    date = name_field(_("date"), blank=False)
    total = name_field(_("total"))
    currency_name = name_field(_("currency"))

    product_code = name_field(_("product code"), blank=False, help_text=_("Such as PRODUCT, or PRODUCT{n} if the lines are numbered."))
    product_name = name_field(_("product name"))
    quantity = name_field(_("quantity"))
    unit_price = name_field(_("unit price"))
    delivery_option = name_field(_("delivery option"))

    email = name_field(_("e-mail address"), blank=False)
    name = name_field(_("name"), help_text=_("Several, such as first and last name, are separated by commas."), max_length=120)
    company = name_field(_("company"))
    address1 = name_field(_("address"))
    address2 = name_field(_("address, second line"))
    city = name_field(_("city"))
    region = name_field(_("region"))
    postal_code = name_field(_("postal code"))
    country = name_field(_("country"))
    telephone = name_field(_("telephone"))
    fax = name_field(_("fax"))
    ip = name_field(_("IP address of the transaction"))

    test_flag = name_field(_("test flag"))
    test_values = name_field(_("means a test"), help_text=SEVERAL, max_length=200)
    kind = name_field(_("type of notification"), help_text=_("Without it every form is a purchase."))
    purchase_values = name_field(_("means a purchase"), help_text=SEVERAL, max_length=200)
    renewal_values = name_field(_("means a renewal"), help_text=SEVERAL, max_length=200)
    refund_values = name_field(_("means a refund"), help_text=SEVERAL, max_length=200)
    refund_reversed_values = name_field(_("means that a refund was reversed"), help_text=SEVERAL, max_length=200)
    chargeback_values = name_field(_("means a chargeback"), help_text=SEVERAL, max_length=200)
    chargeback_reversed_values = name_field(_("means that a chargeback was reversed"), help_text=SEVERAL, max_length=200)

    ORDER_NAMES = ("order_reference", "event_reference", "first_order", "date", "total", "currency_name")
    LINE_NAMES = ("product_code", "product_name", "quantity", "unit_price", "delivery_option")
    BUYER_NAMES = ("email", *CONTACT_FIELDS, "ip")
    KIND_NAMES = ("kind", "test_flag")

    objects = FormProfileManager()

    class Meta:
        verbose_name = _("form profile")
        verbose_name_plural = _("form profiles")
        ordering = ["partner"]

    def __str__(self) -> str:
        return self.partner

    def clean(self) -> None:
        super().clean()
        for name, values in (("kind", "purchase_values"), ("test_flag", "test_values")):
            if getattr(self, name) and not words(getattr(self, values)):
                raise ValidationError({values: _("Say what stands in that field then.")})

    def kind_of(self, said: str) -> EventKind:
        """What the form is, by what stands in the field of the type; without that field every form is a purchase."""
        if not self.kind:
            return EventKind.PURCHASE
        return next((kind for kind, values in self._values() if said.casefold() in words(values)), EventKind.IGNORED)

    def is_test(self, said: str) -> bool:
        return bool(self.test_flag) and said.casefold() in words(self.test_values)

    def names(self) -> Iterator[tuple[str, str]]:
        """Each name that the profile knows, as it is compared, and what stands there."""
        for field in (*self.ORDER_NAMES, *self.LINE_NAMES, *self.BUYER_NAMES, *self.KIND_NAMES):
            for name in words(getattr(self, field)):
                yield str(self._meta.get_field(field).verbose_name), name  # type: ignore[union-attr]

    def contact_names(self) -> Iterator[tuple[str, list[str]]]:
        """For each part of contact data that the form has: the names under which it comes, as they are compared."""
        for part in CONTACT_FIELDS:
            if names := words(getattr(self, part)):
                yield part, names

    def _values(self) -> Iterator[tuple[EventKind, str]]:
        for kind in EventKind:
            if values := getattr(self, f"{kind.value}_values", ""):
                yield kind, values


def words(text: str) -> list[str]:
    """The words of a list that is separated by commas, as they are compared."""
    return [word.strip().casefold() for word in text.split(",") if word.strip()]

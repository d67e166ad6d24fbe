"""How to read a partner's order mails: from whom they come, and one pattern for each thing that they say."""

import secrets
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from purchases.models.form_profile import ReadingConventions
from purchases.models.webhook_event import EventKind
from purchases.patterns import BadPattern, compiled

MAIL_KINDS = [
    (kind.value, kind.label)
    for kind in (EventKind.PURCHASE, EventKind.REFUND, EventKind.REFUND_REVERSED, EventKind.CHARGEBACK, EventKind.CHARGEBACK_REVERSED)
]
PATTERN_HELP = _("The first group in round brackets is what is meant.")


def validate_pattern(text: str) -> None:
    try:
        compiled(text)
    except BadPattern as error:
        raise ValidationError(_("This is no pattern that we can use: %(why)s.") % {"why": error}) from error


def pattern_field(label: object, **more: object) -> models.CharField:
    options = {"max_length": 300, "blank": True, "validators": [validate_pattern]} | more
    return models.CharField(label, **options)  # type: ignore[arg-type]


class OrderMailProfileManager(models.Manager["OrderMailProfile"]):
    def switched_on(self) -> "models.QuerySet[OrderMailProfile]":
        return self.filter(is_on=True).order_by("pk")


class OrderMailProfile(ReadingConventions):
    """One kind of mail of one partner. `address_digest` stands for the secret in the recipient's address, which is shown once and kept nowhere."""

    title = models.CharField(_("title"), max_length=100)
    partner = models.CharField(_("partner"), max_length=40)
    kind = models.CharField(_("what the mails tell"), max_length=40, choices=MAIL_KINDS, default=EventKind.PURCHASE)
    is_on = models.BooleanField(_("switched on"), default=False)

    sender = models.CharField(_("sender"), max_length=254, help_text=_("An e-mail address, or @ and a domain."))
    subject = pattern_field(_("subject"), help_text=_("A pattern; empty: any subject."))
    requires_dkim = models.BooleanField(_("a DKIM signature must have passed"), default=True)
    dkim_domain = models.CharField(_("signing domain"), max_length=253, blank=True)
    authserv_id = models.CharField(
        _("who checked it"),
        max_length=253,
        blank=True,
        help_text=_("The first word of the Authentication-Results that your own mail server writes (RFC 8601)."),
    )
    address_digest = models.CharField(_("digest of the secret in the recipient's address"), max_length=64, blank=True, editable=False)

    order_reference = pattern_field(_("order reference"), help_text=PATTERN_HELP)
    numbers_itself = models.BooleanField(
        _("number of our own where the mail has none"),
        default=False,
        help_text=_("The same for the same mail. A refund can never find such an order by itself."),
    )
    event_reference = pattern_field(_("number of the refund"), help_text=_("Tells two refunds of one order apart."))
    date = pattern_field(_("date"), help_text=_("Empty: the date of the mail."))
    total = pattern_field(_("total"))
    currency_pattern = pattern_field(_("currency"))
    product_code = pattern_field(_("product code"), help_text=_("As often as it is found, so many lines the order has."))
    product_name = pattern_field(_("product name"), help_text=_("As often as the product code, or never."))
    quantity = pattern_field(_("quantity"), help_text=_("As often as the product code, or never."))
    unit_price = pattern_field(_("unit price"), help_text=_("As often as the product code, or never."))
    email = pattern_field(_("e-mail address"))
    name = pattern_field(_("name"))
    company = pattern_field(_("company"))
    address1 = pattern_field(_("address"))
    address2 = pattern_field(_("address, second line"))
    city = pattern_field(_("city"))
    region = pattern_field(_("region"))
    postal_code = pattern_field(_("postal code"))
    country = pattern_field(_("country"))
    telephone = pattern_field(_("telephone"))
    fax = pattern_field(_("fax"))
    test = pattern_field(_("means a test"), help_text=_("If it is found, the mail grants nothing."))

    objects = OrderMailProfileManager()

    class Meta:
        verbose_name = _("order-mail profile")
        verbose_name_plural = _("order-mail profiles")
        ordering = ["partner", "pk"]
        constraints = [models.UniqueConstraint(fields=["partner", "title"], name="order_mail_profile_once")]

    def __str__(self) -> str:
        return f"{self.partner}: {self.title}"

    def clean(self) -> None:
        super().clean()
        if self.requires_dkim and not (self.dkim_domain and self.authserv_id):
            raise ValidationError({"requires_dkim": _("Say which domain must have signed, and which server of yours checks it.")})
        if self.is_on and not (self.requires_dkim or self.address_digest):
            raise ValidationError(
                {"is_on": _("Anybody can write any sender into a mail: ask for a DKIM signature, or make a secret address, first.")}
            )
        for name in ("email", "product_code") if self.kind == EventKind.PURCHASE else ():
            if not getattr(self, name):
                raise ValidationError({name: _("A purchase cannot do without this pattern.")})
        if not self.order_reference and not (self.numbers_itself and self.kind == EventKind.PURCHASE):
            raise ValidationError({"order_reference": _("Without it nothing tells which order is meant.")})

    def make_secret(self) -> str:
        """A new secret for the recipient's address, to be shown now and never again; what it replaces counts no more. Save afterwards."""
        secret = secrets.token_hex(12)
        self.address_digest = digest_of(secret)
        return secret

    def admits(self, offered: Sequence[str]) -> bool:
        """Whether the secret is among these; True if the profile has none."""
        matches = [constant_time_compare(digest_of(secret), self.address_digest) for secret in offered]
        return any(matches) or not self.address_digest

    def is_from(self, address: str) -> bool:
        wanted = self.sender.casefold()
        return address.casefold().endswith(wanted) if wanted.startswith("@") else address.casefold() == wanted


def digest_of(secret: str) -> str:
    """Case does not count in it: mail servers may change it."""
    return salted_hmac("purchases.order_mail_profile", secret.lower(), algorithm="sha256").hexdigest()

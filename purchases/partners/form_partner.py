"""Partners whose format is not published: their forms are read by a profile that staff edit (purchases.models.form_profile)."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from privacy.card_data import without_card_data
from purchases.models import Channel, EventKind, FormProfile
from purchases.models.form_profile import NUMBERED
from purchases.models.webhook_event import GIVING_BACK, TAKING
from purchases.partners.base import MOST_LINES, Capabilities, Event, Notice, Notification, OrderLine, Received, Refused, check_units
from purchases.partners.forms import (
    amount_of,
    contact_of,
    form_of,
    joined,
    moment_of,
    product_code_in,
    quantity_of,
    reference_in,
)
from purchases.partners.money import currency_of
from purchases.partners.reading import ip_of
from purchases.partners.secret_address import SecretAddressPartner


class FormPartner(SecretAddressPartner):
    channel = Channel.FORM
    capabilities = Capabilities(
        signature=_("none: a secret in the address. The format is not published; a profile says how to read it"),
        order_mail=_("by an order-mail profile, signed (DKIM) or to a secret address"),
        refund=_("as the profile says: whole orders, or units of a product"),
        renewal=_("as the profile says"),
    )

    def is_open(self) -> bool:
        return super().is_open() and FormProfile.objects.filter(partner=self.slug, is_on=True).exists()

    def receive(self, notice: Notice) -> Received:
        profile = self._profile()
        payload = without_card_data(form_of(notice.body, profile.character_set))
        return Received((Notification(read(profile, payload), payload),))

    def event_of(self, payload: dict[str, Any], event_key: str, read_back: dict[str, Any] | None = None) -> Event:
        """By the profile as it is now: staff may have mended it since."""
        return read(self._profile(), payload, event_key)

    def _profile(self) -> FormProfile:
        profile = FormProfile.objects.of(self.slug)
        if profile is None:
            raise Refused("There is no form profile of this partner.")
        return profile


def read(profile: FormProfile, form: Mapping[str, str], event_key: str = "") -> Event:
    """What the form says by this profile; Refused, with the name of the field, if it says less than it must."""
    said = form.get(profile.kind.casefold(), "") if profile.kind else ""
    kind = profile.kind_of(said)
    order = reference_in(form, profile.order_reference.casefold())
    event: dict[str, Any] = {
        "kind": kind,
        "event_key": event_key or event_key_of(profile, form, kind, order, said),
        "raw_type": said[:100] or kind.value,
        "order_reference": order,
        "test_mode": profile.is_test(form.get(profile.test_flag.casefold(), "")),
    }
    if kind == EventKind.PURCHASE:
        return Event(**event, **order_parts(profile, form), lines=lines_of(profile, form), buyer=buyer_of(profile, form))
    if kind == EventKind.RENEWAL:
        first = reference_in(form, profile.first_order.casefold())
        return Event(**event, **order_parts(profile, form), parent_order_reference=first)
    if kind in TAKING or kind in GIVING_BACK:
        return Event(**event, **reversal_parts(profile, form))
    return Event(**event)


def event_key_of(profile: FormProfile, form: Mapping[str, str], kind: EventKind, order: str, said: str) -> str:
    """The same as that of an order mail: whichever of the two comes first counts."""
    number = reference_in(form, profile.event_reference.casefold(), needed=False)
    return mail_and_form_key(kind.value if kind != EventKind.IGNORED else f"ignored {said[:40]}", order, number)


def mail_and_form_key(kind: str, order: str, number: str = "") -> str:
    return "|".join(filter(None, (kind, order, number)))


def order_parts(profile: FormProfile, form: Mapping[str, str]) -> dict[str, Any]:
    bought = date_in(profile, form)
    return {
        "purchased_at": bought,
        "occurred_at": bought,
        "currency": currency_of(form.get(profile.currency_name.casefold(), "") or profile.currency, profile.currency_name),
        "total": amount_of(form.get(profile.total.casefold(), ""), profile.total, profile.decimal_separator),
        "ip": ip_of(form, profile.ip.casefold()),
    }


def reversal_parts(profile: FormProfile, form: Mapping[str, str]) -> dict[str, Any]:
    """Units of a product if both are said; and else the whole order, unless less than its price was returned."""
    parts = order_parts(profile, form)
    lines = tuple(
        OrderLine(0, quantity_of(form[quantity], quantity), product_code_in(form, code))
        for code, quantity in ((names["product_code"], names["quantity"]) for names in numbered(profile, form))
        if form.get(quantity)
    )
    return parts | {"purchased_at": None, "lines": lines, "tells_money_alone": parts["total"] is not None and not lines}


def date_in(profile: FormProfile, form: Mapping[str, str]) -> datetime:
    return moment_of(form.get(profile.date.casefold(), ""), profile.date or "the date", profile.date_format, profile.utc_offset)


def numbered(profile: FormProfile, form: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """For each line that is there: the names of its fields. Numbers begin with 0 or 1, and end where a product code is missing."""
    fields = ("product_code", "product_name", "quantity", "unit_price", "delivery_option")
    if NUMBERED not in profile.product_code:
        numbers: list[int] = [0]
    else:
        numbers = list(range(0 if form.get(profile.product_code.casefold().replace(NUMBERED, "0")) else 1, MOST_LINES + 2))
    for number in numbers:
        names = {field: getattr(profile, field).casefold().replace(NUMBERED, str(number)) for field in fields}
        if not form.get(names["product_code"]):
            return
        yield names


def lines_of(profile: FormProfile, form: Mapping[str, str]) -> tuple[OrderLine, ...]:
    lines = tuple(
        OrderLine(
            line_number=number,
            quantity=quantity_of(form.get(names["quantity"], ""), names["quantity"]),
            product_code=product_code_in(form, names["product_code"]),
            product_name=form.get(names["product_name"], "")[:200],
            unit_price=amount_of(form.get(names["unit_price"], ""), names["unit_price"], profile.decimal_separator),
            delivery_option=form.get(names["delivery_option"], "")[:100],
        )
        for number, names in enumerate(numbered(profile, form), start=1)
    )
    if not 0 < len(lines) <= MOST_LINES:
        raise Refused(f"{profile.product_code} is missing, or there are more than {MOST_LINES} lines.")
    check_units(lines)
    return lines


def buyer_of(profile: FormProfile, form: Mapping[str, str]) -> Any:
    parts = {part: joined(form, *names) for part, names in profile.contact_names()}
    return contact_of(form.get(profile.email.casefold(), ""), profile.email, parts)

"""Trying a profile on a sample: what would come of it, in words. Nothing is stored, and card data is gone before anything is shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.contact import CONTACT_FIELDS
from mailroom.opening import opened_mail
from privacy.card_data import without_card_data
from purchases.models import FormProfile, OrderMailProfile, ProductCode
from purchases.models.form_profile import NUMBERED
from purchases.partners import form_partner
from purchases.partners.base import Event, OrderLine, Refused
from purchases.partners.forms import form_of
from purchases.patterns import all_found
from purchases.profiles import order_mails

LONGEST_SAMPLE = 200_000
MAIL_PATTERNS = (
    "order_reference",
    "event_reference",
    "date",
    "total",
    "currency_pattern",
    *order_mails.LINE_FIELDS,
    "email",
    *CONTACT_FIELDS,
    "test",
)


@dataclass(frozen=True)
class Finding:
    """One thing that the profile looks for; without a value it is not there."""

    label: str
    looked_for: str
    value: str = ""


@dataclass(frozen=True)
class Trial:
    """What came of it: either `sentences` say what the site would do, or `problem` says why it would not."""

    findings: list[Finding]
    sentences: list[str]
    problem: str = ""


def try_form(profile: FormProfile, sample: str) -> Trial:
    """A sample is the body as it is posted, or a name and its value a line."""
    try:
        form = without_card_data(sample_form(profile, sample))
        findings = [Finding(label, name, value_of(form, name)) for label, name in profile.names()]
    except Refused as refused:
        return Trial([], [], refused.reason)
    try:
        return Trial(findings, list(sentences(profile.partner, form_partner.read(profile, form))))
    except Refused as refused:
        return Trial(findings, [], refused.reason)


def sample_form(profile: FormProfile, sample: str) -> dict[str, str]:
    lines = [line for line in sample.strip().splitlines() if line.strip()]
    if len(lines) <= 1:
        return form_of("".join(lines).encode(profile.character_set or "utf-8", "replace"), profile.character_set)
    form = {}
    for line in lines:
        name, _sign, value = line.partition("=") if "=" in line else line.partition(":")
        form[name.strip().casefold()] = value.strip()
    return form


def value_of(form: dict[str, str], name: str) -> str:
    """Of a numbered name: that of the first line that is there."""
    numbers = ("0", "1") if NUMBERED in name else ("",)
    return next(filter(None, (form.get(name.replace(NUMBERED, number), "") for number in numbers)), "")


def try_mail(profile: OrderMailProfile, sample: str) -> Trial:
    """A sample is a mail with its headers; the text alone shows what the patterns find."""
    mail = opened_mail(sample.encode("utf-8", "replace"))
    text = order_mails.text_of(mail)
    findings = [Finding(_("sender"), profile.sender, mail.sender if profile.is_from(mail.sender) else "")]
    if profile.subject:
        findings.append(Finding(_("subject"), profile.subject, mail.subject if order_mails.concerns(profile, mail) else ""))
    for name in MAIL_PATTERNS:
        if pattern := getattr(profile, name):
            label = str(OrderMailProfile._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
            findings.append(Finding(label, pattern, " · ".join(all_found(pattern, text, 10))))
    return judged(profile, mail, findings)


def judged(profile: OrderMailProfile, mail: Any, findings: list[Finding]) -> Trial:
    try:
        said = list(sentences(profile.partner, order_mails.read(profile, mail).event))
    except Refused as refused:
        return Trial(findings, [], refused.reason)
    if not order_mails.concerns(profile, mail):
        said.append(_("But it would go to quarantine: sender or subject are not this profile's."))
    elif reason := order_mails.doubt(profile, mail):
        said.append(_("But it would go to quarantine: %(reason)s") % {"reason": reason})
    return Trial(findings, said)


def sentences(partner: str, event: Event) -> Iterator[str]:
    """The event in words, and what would be granted."""
    yield _("Kind: %(kind)s. Order %(order)s.") % {"kind": event.kind.label, "order": event.order_reference}
    if event.test_mode:
        yield _("A test: it grants nothing.")
    if event.parent_order_reference:
        yield _("It renews order %(order)s.") % {"order": event.parent_order_reference}
    if event.purchased_at:
        yield _("Bought on %(date)s (UTC).") % {"date": date_format(event.purchased_at, "j F Y, H:i")}
    if event.total is not None:
        yield _("In all: %(total)s %(currency)s.") % {"total": event.total, "currency": event.currency}
    for line in event.lines:
        yield sentence_of(partner, line)
    if event.buyer:
        known = ", ".join(filter(None, (event.buyer.name, event.buyer.company, event.buyer.email)))
        yield _("Buyer: %(buyer)s.") % {"buyer": known}


def sentence_of(partner: str, line: OrderLine) -> str:
    meant = ProductCode.objects.meaning_of(partner, line.product_code)
    said = {"quantity": line.quantity, "code": line.product_code, "product": meant and meant.product}
    if meant is None:
        return _("%(quantity)s × %(code)s, which nobody knows yet: it would wait until you say what it means.") % said
    return _("%(quantity)s × %(code)s, which is %(product)s.") % said

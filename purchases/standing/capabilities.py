"""What each partner can do, as a table: for the staff area, and as Markdown for docs/partners.md (`manage.py partner_table`)."""

from collections.abc import Iterator
from dataclasses import fields

from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from purchases.partners.base import Capabilities, Partner
from purchases.partners.checkouts import Checkout, Ground, Method
from purchases.partners.exports import ExportFormat
from purchases.partners.registry import PARTNERS

BEGIN, END = "<!-- partner_table: begin -->", "<!-- partner_table: end -->"
WORDS = {
    "signature": _("authenticity"),
    "order_mail": _("order mail"),
    "key_generator": _("key generator"),
    "refund": _("refunds"),
    "renewal": _("renewals"),
}
NOT = "–"


def headings() -> list[str]:
    """What the columns are of, in their order."""
    return [str(WORDS[field.name]) for field in fields(Capabilities)] + [gettext("reconciliation"), gettext("hand-over")]


def row_of(partner: Partner) -> list[str]:
    """What the partner can do, in words, in the order of the columns."""
    said = [str(getattr(partner.capabilities, field.name)) for field in fields(Capabilities)]
    return [word or NOT for word in (*said, reconciliation_of(partner.export), hand_over_of(partner.checkout))]


def reconciliation_of(export: ExportFormat | None) -> str:
    """Whose table it is compared with."""
    if export is None:
        return gettext("with a table in the site's own columns")
    return gettext("with its export (its columns may be called otherwise)") if export.is_illustrative else gettext("with its export")


def hand_over_of(checkout: Checkout | None) -> str:
    """What may be chosen and filled in here, before the partner's checkout."""
    if checkout is None:
        return ""
    choices = {gettext("quantity"): checkout.quantity, gettext("option"): checkout.option}
    taken = [word for word, name in choices.items() if name]
    if checkout.contact:
        taken.append(gettext("e-mail address") if list(checkout.contact) == ["email"] else gettext("contact data"))
    way = gettext("by a form") if checkout.method is Method.POST else gettext("by a link")
    words = f"{way}: {', '.join(taken)}" if taken else way
    return f"{words} ({gettext('an example')})" if checkout.ground is Ground.ILLUSTRATIVE else words


def markdown() -> str:
    """The table of all partners between its markers, in the language of the documentation."""
    with translation.override("en"):
        return "\n".join([BEGIN, *lines(), END])


def lines() -> Iterator[str]:
    first = ["partner", *headings()]
    yield line_of(first)
    yield line_of(["---"] * len(first))
    for partner in PARTNERS.values():
        yield line_of([partner.name, *row_of(partner)])


def line_of(cells: list[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def titled() -> list[str]:
    """The headings for a page."""
    return [capfirst(heading) for heading in headings()]

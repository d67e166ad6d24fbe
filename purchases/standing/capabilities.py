"""What each partner can do, as a table: for the staff area, and as Markdown for docs/partners.md (`manage.py partner_table`)."""

from collections.abc import Iterator
from dataclasses import fields

from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from purchases.partners.base import Capabilities, Partner
from purchases.partners.registry import PARTNERS

BEGIN, END = "<!-- partner_table: begin -->", "<!-- partner_table: end -->"
WORDS = {
    "signature": _("authenticity"),
    "order_mail": _("order mail"),
    "key_generator": _("key generator"),
    "refund": _("refunds"),
    "renewal": _("renewals"),
    "reconciliation": _("reconciliation"),
    "hand_over": _("hand-over"),
}
NOT = "–"


def columns() -> list[tuple[str, str]]:
    """The capabilities in their order, each with its heading."""
    return [(field.name, str(WORDS.get(field.name, field.name))) for field in fields(Capabilities)]


def row_of(partner: Partner) -> list[str]:
    """What the partner can do, in words, in the order of the columns."""
    return [str(getattr(partner.capabilities, name)) or NOT for name, _heading in columns()]


def markdown() -> str:
    """The table of all partners between its markers, in the language of the documentation."""
    with translation.override("en"):
        return "\n".join([BEGIN, *lines(), END])


def lines() -> Iterator[str]:
    headings = ["partner", *(heading for _name, heading in columns())]
    yield line_of(headings)
    yield line_of(["---"] * len(headings))
    for partner in PARTNERS.values():
        yield line_of([partner.name, *row_of(partner)])


def line_of(cells: list[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def titled() -> list[str]:
    """The headings for a page."""
    return [capfirst(heading) for _name, heading in columns()]

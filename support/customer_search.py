"""Cases are found by their number, as customers read it out or paste it from a mail."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.row_search import RowSearch, register_rows
from support.models import Case
from support.references import reference_in


def cases(typed: str) -> QuerySet[Case] | None:
    reference = reference_in(typed)
    return Case.objects.filter(reference=reference) if reference else None


register_rows(
    RowSearch(
        "case",
        _("number of a case"),
        _("Cases"),
        "support.work_case",
        cases,
        lambda case: f"{case.reference}: {case.get_kind_display()}, {case.get_state_display()}",
        "support_live:case",
        key=lambda case: case.reference,
        within_reach=False,  # of whom it is nobody reads there who does not work on it (docs/support.md)
    )
)

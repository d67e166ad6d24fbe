"""What the columns of partners' exports (CSV) are called, and how they write dates, amounts and refunds.

Gumroad: from the source of its export (antiwork/gumroad, `PurchaseExportService`). Stripe: the names that its payments export has had since
2015. The others are illustrative: those partners let everybody choose the columns, or publish no format. `--columns` names others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from accounts.contact import CONTACT_FIELDS

Columns = Mapping[str, tuple[str, ...]]

ORDER = ("order_reference", "purchased_at", "currency", "total", "ip", "status", "refunded", "refunded_total", "is_renewal", "renews")
LINE = ("line_number", "product_code", "product_name", "quantity", "unit_price", "delivery_option")
BUYER = ("email", *CONTACT_FIELDS)
FIELDS = (*ORDER, *LINE, *BUYER)
NEEDED = ("order_reference", "purchased_at", "email")
YES = frozenset({"1", "yes", "y", "true", "t", "x", "refunded"})


@dataclass(frozen=True)
class ExportFormat:
    """One partner's export. A field may have several names, of which the first that is there counts.

    `dates` are tried one after the other (strptime); without any it is ISO 8601. A moment without a zone is in `zone`. `counted` are the
    values of the status column that mean a sale (none: all rows do). A row whose first cell is `totals` ends the table.
    """

    columns: Columns
    dates: tuple[str, ...] = ()
    zone: tzinfo = UTC
    decimal: str = "."
    refunded_when: frozenset[str] = YES
    counted: frozenset[str] = field(default_factory=frozenset)
    totals: str = ""
    is_illustrative: bool = True


OWN = ExportFormat({name: (name,) for name in FIELDS}, is_illustrative=False)

"""What the columns of partners' exports (CSV) are called, and how they write dates, amounts and refunds.

Gumroad: from the source of its export (antiwork/gumroad, `PurchaseExportService`). Stripe: the names that its payments export has had since
2015. The others are illustrative: those partners let everybody choose the columns, or publish no format. `--columns` names others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta, timezone, tzinfo

Columns = Mapping[str, tuple[str, ...]]

ORDER = ("order_reference", "purchased_at", "currency", "total", "ip", "status", "refunded", "refunded_total", "is_renewal", "renews")
LINE = ("line_number", "product_code", "product_name", "quantity", "unit_price", "delivery_option")
BUYER = (
    "email",
    "name",
    "company",
    "address1",
    "address2",
    "city",
    "region",
    "postal_code",
    "country",
    "telephone",
    "fax",
)
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
GUMROAD = ExportFormat(
    {
        "order_reference": ("Purchase ID",),
        "purchased_at": ("Purchase Date",),
        "email": ("Purchase Email",),
        "name": ("Buyer Name",),
        "address1": ("Street Address",),
        "city": ("City",),
        "postal_code": ("Zip Code",),
        "region": ("State",),
        "country": ("Country",),
        "product_code": ("Product ID",),
        "product_name": ("Item Name",),
        "quantity": ("Quantity",),
        "total": ("Sale Price ($)",),
        "refunded": ("Fully Refunded?",),
        "refunded_total": ("Partial Refund ($)",),
        "is_renewal": ("Recurring Charge?",),
    },
    totals="Totals",
    is_illustrative=False,
)
STRIPE = ExportFormat(
    {
        "order_reference": ("PaymentIntent ID",),  # `id` is the charge, by which no notification names the order
        "purchased_at": ("Created (UTC)", "Created date (UTC)"),
        "email": ("Customer Email",),
        "name": ("Customer Description",),
        "currency": ("Currency",),
        "total": ("Amount",),
        "refunded_total": ("Amount Refunded",),
        "status": ("Status",),
        "product_code": ("product_code (metadata)", "Metadata: product_code"),
        "quantity": ("quantity (metadata)", "Metadata: quantity"),
    },
    dates=("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"),
    counted=frozenset({"paid", "refunded", "partial refund", "partially refunded", "succeeded"}),
)
PADDLE = ExportFormat(
    {
        "order_reference": ("transaction_id", "id"),
        "purchased_at": ("billed_at", "completed_at", "created_at"),
        "email": ("customer_email",),
        "name": ("customer_name",),
        "country": ("address_country_code",),
        "currency": ("currency_code",),
        "total": ("total",),
        "status": ("status",),
        "product_code": ("price_id", "product_id"),
        "product_name": ("product_name",),
        "quantity": ("quantity",),
        "refunded_total": ("refunded_total",),
    },
    counted=frozenset({"completed", "paid"}),  # what is billed is an invoice that nobody has paid yet
)
LEMON_SQUEEZY = ExportFormat(
    {
        "order_reference": ("identifier", "id"),  # `order_number` counts anew in every store, and is other orders' id
        "purchased_at": ("created_at",),
        "email": ("user_email",),
        "name": ("user_name",),
        "currency": ("currency",),
        "total": ("total",),
        "status": ("status",),
        "refunded": ("refunded",),
        "product_code": ("variant_id", "product_id"),
        "product_name": ("product_name",),
        "quantity": ("quantity",),
    },
    counted=frozenset({"paid", "refunded", "partial_refund"}),
)
FASTSPRING = ExportFormat(
    {
        "order_reference": ("order_reference", "order_id"),
        "purchased_at": ("order_date", "transaction_date"),
        "email": ("customer_email",),
        "name": ("customer_name",),
        "company": ("customer_company",),
        "currency": ("currency",),
        "total": ("order_total",),
        "product_code": ("product_path", "product_sku"),
        "product_name": ("product_name",),
        "quantity": ("quantity",),
        "refunded": ("is_returned",),
    },
)
PLIMUS = ExportFormat(
    {
        "order_reference": ("referenceNumber",),
        "purchased_at": ("transactionDate",),
        "email": ("email",),
        "name": ("name",),
        "company": ("company",),
        "currency": ("currency",),
        "total": ("invoiceAmount",),
        "product_code": ("contractId",),
        "product_name": ("contractName",),
        "quantity": ("quantity",),
        "status": ("transactionType",),
        "refunded": ("refunded",),
    },
    dates=("%m/%d/%Y %I:%M %p", "%m/%d/%Y"),
    zone=timezone(timedelta(hours=-8)),
    counted=frozenset({"charge"}),
)

FORMATS: dict[str, ExportFormat] = {
    "gumroad": GUMROAD,
    "stripe": STRIPE,
    "paddle": PADDLE,
    "lemon-squeezy": LEMON_SQUEEZY,
    "fastspring": FASTSPRING,
    "plimus": PLIMUS,
    "bluesnap": PLIMUS,
}


def format_of(partner: str) -> ExportFormat:
    """The partner's own; the site's own columns where it has none."""
    return FORMATS.get(partner, OWN)

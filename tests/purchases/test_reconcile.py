"""`manage.py reconcile`: a partner's export beside our purchases, and repairing what is missing here."""

import csv
import tracemalloc
from io import StringIO

import pytest
from django.core.management import CommandError, call_command, load_command_class

from downloads.models import Entitlement
from mailroom.models import OutgoingMail
from purchases.books.exported import looked_into, orders_of, rows_of
from purchases.models import ProductCode, Purchase, PurchaseReference, WebhookEvent
from purchases.partners.exports import FIELDS, NEEDED, OWN
from purchases.partners.registry import PARTNERS
from purchases.tasks import fulfil_due_events
from tests.purchases.everything import everything
from tests.purchases.partner_side import CARD, CARD_DIGITS, line, purchase, reversal

pytestmark = pytest.mark.django_db
HEADER = "order_reference,purchased_at,email,currency,total,product_code,quantity,refunded"
A1 = "A-1,2026-01-02T03:04:05Z,alice@example.com,EUR,19.90,NOTEBOOK,1,"


@pytest.fixture
def export(tmp_path):
    """Write an export, and compare it: what was printed, and the exit status."""

    def compare(*rows, header=HEADER, encoding="utf-8", **options):
        file = tmp_path / "export.csv"
        file.write_bytes("\r\n".join([header, *rows, ""]).encode(encoding))
        out = StringIO()
        try:
            call_command("reconcile", "standard-webhooks", str(file), stdout=out, stderr=StringIO(), **options)
        except CommandError as error:
            return f"{out.getvalue()}{error}", error.returncode
        return out.getvalue(), 0

    return compare


def row(text):
    """What was printed, without the widths of the columns."""
    return " ".join(text.split())


def test_both_say_the_same(told, notebook, export):
    told(purchase())
    assert export(A1) == (
        "Orders in the export: 1. missing here: 0, missing there: 0, different: 0, doubled: 0, wrong: 0. Repaired: 0.\n",
        0,
    )


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([A1, "A-2,2026-01-03,bob@example.org,EUR,5.00,NOTEBOOK,1,"], "missing here A-2 bought"),
        (["A-0,2026-01-01,bob@example.org,EUR,5.00,NOTEBOOK,1,", "A-9,2026-01-09,b@example.org,,,X,1,"], "missing there A-1 recorded"),
        ([A1.replace("alice@", "eve@")], "different A-1 email A…@e….com e…@e….com"),
        ([A1.replace("NOTEBOOK,1", "NOTEBOOK,3")], "different A-1 units 1 3"),
        ([A1.replace("19.90", "29.90")], "different A-1 total EUR 19.90 EUR 29.90"),
        ([A1.replace("EUR", "USD")], "different A-1 total EUR 19.90 USD 19.90"),
        ([A1 + "yes"], "different A-1 refunded not refunded refunded"),
        ([A1, A1], "doubled A-1 line 2"),
        ([A1, "A-0,2026-01-01,b@example.org,,,X,1,", A1], "doubled A-1 line 4"),
        (["A-1,sometime,alice@example.com,,,NOTEBOOK,1,"], "wrong A-1 line 2: purchased_at is not a date that this export writes."),
        (
            ["A-1,2026-01-02,nobody,,,NOTEBOOK,1,"],
            "wrong A-1 line 2: $.data.buyer.email breaks the rule 'format' of docs/purchase.schema.json.",
        ),
        ([A1.replace(",1,", ",lots,")], "wrong A-1 line 2: quantity is not a whole number."),
    ],
)
def test_each_difference_is_told(told, notebook, export, rows, found):
    told(purchase())
    printed, status = export(*rows)
    assert found in row(printed)
    assert status == 1


def test_refunded_here_and_not_there(told, notebook, export):
    told(purchase())
    told(reversal("refunded"))
    assert "different A-1 refunded refunded not refunded" in row(export(A1)[0])
    assert export(A1 + "yes")[1] == 0


def test_what_waits_here_says_why_and_is_not_written_again(told, export):
    told(purchase(lines=[line(code="NB-3")]))
    printed, status = export(A1, repair=True)
    assert "waiting: Nobody knows the product code NB-3." in row(printed)
    assert (status, WebhookEvent.objects.count()) == (1, 1)


def test_an_order_is_known_by_its_other_references(told, notebook, export):
    told(purchase())
    PurchaseReference.objects.create(purchase=Purchase.objects.get(), partner="standard-webhooks", reference="pi_1", role="order")
    assert export(A1.replace("A-1", "pi_1"))[1] == 0


def test_other_partners_orders_are_none_of_its_business(told, notebook, export):
    told(purchase())
    Purchase.objects.update(partner="plimus")
    assert "missing here A-1" in row(export(A1)[0])


def test_nothing_is_changed_without_being_asked(told, notebook, export):
    told(purchase())
    before = everything()
    export(A1 + "yes", "A-2,2026-01-03,bob@example.org,EUR,5.00,NOTEBOOK,1,")
    assert everything() == before


def test_repair_grants_what_is_missing_and_takes_back_what_was_refunded(told, notebook, export):
    told(purchase())
    rows = [A1 + "yes", "A-2,2026-01-03,bob@example.org,EUR,5.00,NOTEBOOK,2,"]
    printed, status = export(*rows, repair=True)
    assert (printed.count("written"), status) == (2, 0)
    assert set(WebhookEvent.objects.exclude(channel="webhook").values_list("channel", flat=True)) == {"reconcile"}
    fulfil_due_events()
    assert {one.user.email: one.units_left for one in Entitlement.objects.all()} == {"Alice@example.com": 0, "bob@example.org": 2}
    assert OutgoingMail.objects.filter(to="bob@example.org").count() == 1
    assert export(*rows)[1] == 0, "so both say the same now"


def test_repair_twice_grants_once(notebook, export):
    for _time in "12":
        export(A1, repair=True)
    fulfil_due_events()
    export(A1, repair=True)
    assert (WebhookEvent.objects.count(), Purchase.objects.count()) == (1, 1)


def test_what_was_refunded_meanwhile_is_not_granted_any_more(notebook, export):
    printed, status = export(A1 + "yes", repair=True)
    assert "missing here A-1 refunded" in row(printed)
    assert (status, WebhookEvent.objects.count()) == (1, 0)


def test_no_card_number_gets_in(notebook, export):
    export(f"A-1,2026-01-02,alice@example.com,{CARD} Street", header="order_reference,purchased_at,email,company", repair=True)
    export(
        f"A-1,2026-01-02,alice@example.com,{CARD} Street,NOTEBOOK",
        header="order_reference,purchased_at,email,company,product_code",
        repair=True,
    )
    assert WebhookEvent.objects.exists()
    assert CARD not in str(everything())
    assert CARD_DIGITS not in str(everything())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("divider", [",", ";", "\t"])
def test_characters_dividers_and_quotes(notebook, export, encoding, divider):
    cells = ["A-1", "2026-01-02", "zoe@example.com", f'"Zoë ""Z{divider}"" Müller"', "NOTEBOOK"]
    header = divider.join(["order_reference", "purchased_at", "email", "name", "product_code"])
    export(divider.join(cells), header=header, encoding=encoding, repair=True)
    fulfil_due_events()
    assert Purchase.objects.get().name == f'Zoë "Z{divider}" Müller'


def test_columns_are_named(told, notebook, export):
    told(purchase())
    row = "A-1,2026-01-02T03:04:05Z,alice@example.com,NOTEBOOK"
    columns = ["order_reference=Bestellung", "purchased_at=Datum", "email=E-Mail", "product_code=Artikel"]
    assert export(row, header="Bestellung,Datum,E-Mail,Artikel", columns=columns)[1] == 0
    printed, status = export(row, header="Bestellung,Datum,E-Mail,Artikel")
    assert "The first line does not name these columns: order_reference, purchased_at, email." in printed
    assert status == 2
    assert "There is no such field: colour." in export(row, columns=["colour=Farbe"])[0]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x00", b"\n\n\n", b"x" * 200_000, b'"', b"a,b\n" + b'"' * 99999])
def test_what_is_no_table_is_refused_in_words(tmp_path, content, db):
    file = tmp_path / "x.csv"
    file.write_bytes(content)
    with pytest.raises(CommandError) as refused:
        call_command("reconcile", "standard-webhooks", str(file))
    assert refused.value.returncode == 2


def test_a_file_that_is_not_there(tmp_path, db):
    with pytest.raises(CommandError, match="The file cannot be read"):
        call_command("reconcile", "standard-webhooks", str(tmp_path / "none.csv"))


@pytest.mark.parametrize("cells", ["A-1\x00,2026-01-02,a@example.com,,,X,1,", "A-1,2026-01-02,a@example.com,,,X\x00,1,"])
def test_what_no_database_holds_is_wrong(export, cells, db):
    assert "It holds a character that no text has." in export(cells, repair=True)[0]


def test_the_copy_is_no_formula_and_has_addresses_in_full(told, notebook, export, tmp_path):
    told(purchase())
    copy = tmp_path / "differences.csv"
    export("=1+1,2026-01-02,bob@example.org,,,X,1,", A1.replace("alice@", "eve@"), csv=copy)
    rows = list(csv.reader(copy.read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0] == ["kind", "order", "respect", "here", "there", "repaired"]
    assert rows[1][1] == "'=1+1"
    assert rows[2][3:5] == ["Alice@example.com", "eve@example.com"]
    assert copy.stat().st_mode & 0o077 == 0


def test_days_may_be_named(told, notebook, export):
    told(purchase())
    later = "A-2,2026-02-02,bob@example.org,,,X,1,"
    assert "missing there" not in export(later)[0].partition("Orders")[0]
    day = load_command_class("purchases", "reconcile").create_parser("manage.py", "reconcile").parse_args
    options = day(["standard-webhooks", "x.csv", "--since", "2026-01-01", "--until", "2026-01-31"])
    assert "missing there A-1" in row(export(later, since=options.since, until=options.until)[0])


def test_the_formats_name_fields_that_there_are():
    for form in [*(partner.export for partner in PARTNERS.values() if partner.export), OWN]:
        assert set(form.columns) <= set(FIELDS)
        assert set(NEEDED) <= set(form.columns)


def read(tmp_path, form, *rows):
    file = tmp_path / "export.csv"
    file.write_text("\n".join(rows))
    return list(orders_of(file, looked_into(file, form, {})))


def test_gumroads_own_export(tmp_path):
    """The names and values as the source of its export writes them; the last line holds the sums."""
    header = "Purchase ID,Item Name,Buyer Name,Purchase Email,Purchase Date,Sale Price ($),Partial Refund ($),Fully Refunded?,Recurring Charge?,Product ID,Quantity"
    orders = read(
        tmp_path,
        PARTNERS["gumroad"].export,
        header,
        "abc==,Notebook,Zoë,zoe@example.com,2026-01-02,19.9,0.0,0,0,nbk,2",
        "def==,Notebook,Zoë,zoe@example.com,2026-01-03,10,0.0,1,0,nbk,1",
        "ghi==,Notebook,Zoë,zoe@example.com,2026-01-04,10,4.5,0,1,nbk,1",
        "Totals,,,,,39.9,4.5,,,,",
    )
    assert [order.reference for order in orders] == ["abc==", "def==", "ghi=="]
    assert [(order.is_refunded, order.is_partly_refunded, order.is_renewal) for order in orders] == [
        (False, False, False),
        (True, False, False),
        (False, True, True),
    ]
    assert (str(orders[0].event.total), orders[0].event.lines[0].quantity, orders[0].event.lines[0].product_code) == ("19.90", 2, "nbk")


def test_stripes_payments(tmp_path):
    header = "id,Created (UTC),Amount,Amount Refunded,Currency,Status,Customer Email,PaymentIntent ID,product_code (metadata)"
    orders = read(
        tmp_path,
        PARTNERS["stripe"].export,
        header,
        "ch_1,2026-01-02 15:00:00,1500.00,0,usd,Paid,a@example.com,pi_1,NOTEBOOK",
        "ch_2,2026-01-02 15:00,1500.00,1500.00,usd,Refunded,a@example.com,pi_2,NOTEBOOK",
        "ch_3,2026-01-02 15:00,1500.00,0,usd,Failed,a@example.com,pi_3,NOTEBOOK",
    )
    assert [(order.reference, order.is_refunded) for order in orders] == [("pi_1", False), ("pi_2", True)]
    assert orders[0].event.currency == "USD"


def test_a_hundred_thousand_rows_in_little_memory(tmp_path, db):
    file = tmp_path / "export.csv"
    with file.open("w") as table:
        table.write(f"{HEADER}\n")
        for number in range(100_000):
            table.write(f"A-{number},2026-01-02,buyer{number}@example.com,EUR,19.90,NOTEBOOK,1,\n")
    table = looked_into(file, OWN, {})
    tracemalloc.start()
    count = sum(1 for _row in rows_of(file, table))
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 100_000
    assert most < 5_000_000


def test_an_order_of_several_lines(told, notebook, mailer, export):
    told(purchase(lines=[line(1), line(2, "MAILER", quantity=2)]))
    assert export(A1, A1.replace("NOTEBOOK,1", "MAILER,2"))[1] == 0
    assert not ProductCode.objects.exists()

"""Tables that mislead: what staff import or compare may be torn, sorted wrongly, or written by somebody hostile."""

from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from downloads.models import Entitlement
from purchases.models import EventState, ProductCode, Purchase, WebhookEvent
from purchases.tasks import fulfil_due_events
from tests.purchases import stripe_side
from tests.purchases.partner_side import line, purchase

pytestmark = pytest.mark.django_db
PAGE = "/staff/purchases/webhookevent/import/"
HEADER = "order_reference,purchased_at,email,product_code,quantity,refunded,refunded_total,total,unit_price"


@pytest.fixture
def run(tmp_path):
    """Run a command over these rows; what it said, and its exit status."""

    def over(command, *arguments, rows, header=HEADER, partner="standard-webhooks", **options):
        file = tmp_path / "table.csv"
        file.write_bytes("\n".join([header, *rows]).encode())
        named = ["--partner", partner] if command == "import_purchases" else []
        before = [partner] if command == "reconcile" else []
        out = StringIO()
        try:
            call_command(command, *before, str(file), *named, *arguments, stdout=out, stderr=out, **options)
        except CommandError as error:
            return f"{out.getvalue()}{error}", error.returncode
        return out.getvalue(), 0

    return over


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "1e5", "1_0"])
@pytest.mark.parametrize("column", ["refunded_total", "total"])
def test_an_amount_that_is_no_number_makes_its_line_wrong(run, notebook, column, amount):
    values = {"refunded_total": "", "total": "19.90"} | {column: amount}
    row = f"X-1,2004-01-01,alice@example.com,NOTEBOOK,1,,{values['refunded_total']},{values['total']},"
    said, status = run("import_purchases", "--import", rows=[row])
    assert (status, Purchase.objects.count()) == (1, 0), said
    assert f"{column} is not an amount." in said


def test_the_page_answers_an_amount_that_is_no_number(adas_browser, notebook):
    text = f"{HEADER}\nX-1,2004-01-01,alice@example.com,NOTEBOOK,1,,NaN,19.90,\n"
    form = {"partner": "standard-webhooks", "columns": "own", "table": SimpleUploadedFile("a.csv", text.encode())}
    assert "refunded_total is not an amount." in adas_browser.post(PAGE, form).content.decode()


@pytest.mark.parametrize(
    "rows",
    [
        ["X-1,2004-01-01,alice@example.com,NOTEBOOK,1,,,-19.90,"],
        ["X-1,2004-01-01,alice@example.com,NOTEBOOK,1,,,19.90,", "X-1,2004-02-01,alice@example.com,NOTEBOOK,1,,,-19.90,"],
        ["X-1,2004-01-01,alice@example.com,NOTEBOOK,1,,,,-19.90"],
    ],
)
def test_a_line_that_gives_money_back_is_no_sale(run, notebook, rows):
    said, status = run("import_purchases", "--import", rows=rows)
    assert (status, Purchase.objects.count()) == (1, 0), said


def test_rows_of_one_order_that_name_two_buyers_are_granted_to_neither(run, notebook, mailer):
    rows = ["X-1,2004-01-01,alice@example.com,NOTEBOOK,1,,,,", "X-1,2004-01-01,bob@example.org,MAILER,1,,,,"]
    said, status = run("import_purchases", "--import", rows=rows)
    assert (status, Purchase.objects.count()) == (1, 0), said


@pytest.mark.parametrize("refunded", [("", "yes"), ("yes", "")])
def test_an_order_one_line_of_which_was_refunded_is_for_staff(run, notebook, mailer, refunded):
    rows = [
        f"X-1,2004-01-01,alice@example.com,NOTEBOOK,1,{refunded[0]},,,",
        f"X-1,2004-01-01,alice@example.com,MAILER,1,{refunded[1]},,,",
    ]
    said, status = run("import_purchases", "--import", rows=rows)
    assert (status, Purchase.objects.count()) == (1, 0), said
    assert "A part of the price was refunded: staff decide what of it is granted." in said


@pytest.mark.parametrize("day", ["9999-12-31", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "0001-01-01"])
@pytest.mark.parametrize("command", ["import_purchases", "reconcile"])
def test_a_date_at_the_end_of_the_calendar_breaks_nothing(run, notebook, command, day):
    said, _status = run(
        command, "--import" if command == "import_purchases" else "--repair", rows=[f"X-1,{day},alice@example.com,NOTEBOOK,1,,,,"]
    )
    fulfil_due_events()
    assert "Orders" in said
    assert not WebhookEvent.objects.filter(state__in=["received", "waiting"]).exists(), (
        said,
        list(WebhookEvent.objects.values("state", "state_reason")),
    )


def test_an_export_without_the_column_that_tells_sales_is_no_table(run, notebook):
    said, status = run(
        "reconcile",
        partner="stripe",
        header="PaymentIntent ID,Created (UTC),Customer Email",
        rows=["pi_1,2026-01-02 03:04,alice@example.com"],
    )
    assert status == 2, said


def test_an_export_none_of_whose_rows_is_a_sale_is_not_called_agreement(run, told, notebook):
    header = "PaymentIntent ID,Created (UTC),Customer Email,Status"
    said, status = run("reconcile", partner="stripe", header=header, rows=["pi_1,2026-01-02 03:04,alice@example.com,Bezahlt"])
    assert status != 0, said


def test_an_invoice_that_is_not_paid_yet_is_not_granted(run, notebook):
    header = "id,billed_at,customer_email,status,price_id"
    ProductCode.objects.create(partner="paddle", code="pri_1", product=notebook)
    run("reconcile", "--repair", partner="paddle", header=header, rows=["txn_1,2026-01-02T03:04:05Z,alice@example.com,billed,pri_1"])
    fulfil_due_events()
    assert not Entitlement.objects.exists()


STRIPE_HEADER = "PaymentIntent ID,Created (UTC),Customer Email,Status,product_code (metadata),quantity (metadata)"


@pytest.fixture
def stripe(settings, client):
    settings.PARTNERS["stripe"] |= {"secrets": [stripe_side.SECRET]}


def test_an_order_whose_notification_waits_under_another_reference_is_not_written_again(run, stripe, client, notebook):
    assert stripe_side.post(client, stripe_side.completed(metadata={"line_1": "NB*1"})).status_code == 200
    fulfil_due_events()
    assert WebhookEvent.objects.get().state == "waiting"
    row = f"{stripe_side.PAYMENT},2026-01-02 03:04,alice@example.com,Paid,NB,1"
    run("reconcile", "--repair", partner="stripe", header=STRIPE_HEADER, rows=[row])
    ProductCode.objects.create(partner="stripe", code="NB", product=notebook)
    WebhookEvent.objects.replay()
    fulfil_due_events()
    assert Purchase.objects.count() == 1


def test_the_notification_that_comes_after_the_repair_grants_nothing_twice(run, stripe, client, notebook):
    row = f"{stripe_side.PAYMENT},2026-01-02 03:04,alice@example.com,Paid,NOTEBOOK,1"
    run("reconcile", "--repair", partner="stripe", header=STRIPE_HEADER, rows=[row])
    fulfil_due_events()
    assert Purchase.objects.count() == 1
    assert stripe_side.post(client, stripe_side.completed(metadata={"line_1": "NOTEBOOK*1"})).status_code == 200
    fulfil_due_events()
    assert Purchase.objects.count() == 1

    assert stripe_side.post(client, stripe_side.charge()).status_code == 200
    fulfil_due_events()
    assert Entitlement.objects.get().units_left == 0, list(WebhookEvent.objects.values("kind", "state", "state_reason"))


@pytest.mark.parametrize("how", ["closed", "test"])
def test_what_staff_closed_or_was_a_test_is_not_repaired(run, told, notebook, how):
    if how == "test":
        told(purchase(lines=[line()]) | {"test": True})
    else:
        told(purchase(lines=[line(code="NB-3")]))
        WebhookEvent.objects.all().close("Closed by staff: nothing is left to do.")
    assert WebhookEvent.objects.get().state == EventState.IGNORED
    said, status = run("reconcile", "--repair", rows=["A-1,2026-01-02T03:04:05Z,alice@example.com,NOTEBOOK,1,,,19.90,"])
    fulfil_due_events()
    assert not Entitlement.objects.exists(), said
    assert status == 1


def test_the_export_is_not_overwritten_by_what_is_found_in_it(run, notebook, tmp_path):
    said, status = run("reconcile", rows=["A-1,2026-01-02,alice@example.com,NOTEBOOK,1,,,,"], csv=tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_text().startswith(HEADER), said
    assert status == 2

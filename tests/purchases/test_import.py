"""Old purchases out of a file: a preview by default, and an import that may be run again at any time."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from audit.models import AuditEvent
from downloads.models import Entitlement
from mailroom.models import OutgoingMail
from purchases.books import importing
from purchases.models import Purchase, WebhookEvent
from purchases.tasks import fulfil_due_events
from tests.purchases.everything import everything
from tests.purchases.partner_side import purchase
from tests.threads import at_once

pytestmark = pytest.mark.django_db
SAMPLE = Path(settings.BASE_DIR) / "docs" / "samples" / "purchases.csv"
PAGE = "/staff/purchases/webhookevent/import/"
HEADER = "order_reference,purchased_at,email,product_code,quantity,refunded,refunded_total,total,is_renewal,renews"


@pytest.fixture
def table(tmp_path):
    """A file with these rows."""

    def write(*rows: str) -> Path:
        file = tmp_path / "old.csv"
        file.write_text("\n".join([HEADER, *rows]))
        return file

    return write


def run(file, *options):
    out, problems = StringIO(), StringIO()
    try:
        call_command("import_purchases", str(file), "--partner", "standard-webhooks", *options, stdout=out, stderr=problems)
    except CommandError as error:
        return f"{out.getvalue()}{problems.getvalue()}{error}"
    return out.getvalue() + problems.getvalue()


def test_the_sample_is_previewed_and_nothing_changes(notebook, mailer):
    before = everything()
    assert run(SAMPLE) == ("Orders: 3. would be granted: 2; refunded, so not granted: 1. Nothing was changed: add --import.\n")
    assert everything() == before


def test_the_sample_is_imported_without_a_mail(notebook, mailer):
    assert run(SAMPLE, "--import") == "Orders: 3. granted: 2; refunded, so not granted: 1.\n"
    assert {(one.user.email, one.product.code, one.units) for one in Entitlement.objects.all()} == {
        ("alice@example.com", "NOTEBOOK", 2),
        ("alice@example.com", "MAILER", 1),
        ("bob@example.org", "NOTEBOOK", 1),
    }
    order = Purchase.objects.get(order_reference="2004-0001")
    assert (order.purchased_at.isoformat(), str(order.total), order.company) == ("2004-03-01T10:15:00+00:00", "59.80", "Archer & Daughters")
    assert set(WebhookEvent.objects.values_list("channel", flat=True)) == {"manual"}
    assert not OutgoingMail.objects.exists()
    assert AuditEvent.objects.get(kind="purchases.imported").detail == {
        "partner": "standard-webhooks",
        "by": "command line",
        "granted": 2,
        "mailed": False,
    }


def test_with_mail_customers_are_written_to(notebook, mailer):
    run(SAMPLE, "--import", "--mail")
    assert set(OutgoingMail.objects.values_list("to", flat=True)) == {"alice@example.com", "bob@example.org"}


def test_twice_grants_once(notebook, mailer):
    run(SAMPLE, "--import")
    assert "known already: 2" in run(SAMPLE)
    assert "granted: 0" not in run(SAMPLE, "--import")
    assert (Purchase.objects.count(), Entitlement.objects.count()) == (2, 3)


def test_killed_half_way_and_begun_again(notebook, mailer, monkeypatch):
    """The process dies between keeping the first order and working on it; later it is done, and the second too, once each."""

    def dies(event_id):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(importing, "handle", dies)
        with pytest.raises(KeyboardInterrupt):
            run(SAMPLE, "--import")
    assert (WebhookEvent.objects.count(), Purchase.objects.count()) == (1, 0)
    assert "granted: 2" in run(SAMPLE, "--import")
    assert (WebhookEvent.objects.count(), Purchase.objects.count()) == (2, 2)


def test_what_a_partner_told_before_is_known(told, notebook, table):
    told(purchase("A-1"))
    assert "known already: 1" in run(table("A-1,2004-01-02,alice@example.com,NOTEBOOK,1,,,,,"), "--import")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("A-1,yesterday,a@example.com,NOTEBOOK,1,,,,,", "line 2: purchased_at is not a date"),
        ("A-1,2004-01-02,nobody,NOTEBOOK,1,,,,,", "line 2: $.data.buyer.email breaks the rule 'format'"),
        (",2004-01-02,a@example.com,NOTEBOOK,1,,,,,", "line 2: $.data.order_reference breaks the rule"),
        ("A-1,2004-01-02,a@example.com,,1,,,,,", "line 2: $.data.lines[0].product_code breaks the rule"),
        ("A-1,2004-01-02,a@example.com,NOTEBOOK,0,,,,,", "line 2: $.data.lines[0].quantity breaks the rule 'minimum'"),
        ("A-1,2004-01-02,a@example.com,NOTEBOOK,1,,5,19,,", "line 2: A part of the price was refunded"),
        ("A-1,2004-01-02,a@example.com,NOTEBOOK,1,,,,yes,", "line 2: A renewal: the column renews must name"),
    ],
)
def test_a_wrong_line_says_why_and_stops_nobody_else(notebook, table, cells, said):
    printed = run(table(cells, "B-1,2004-01-02,b@example.com,NOTEBOOK,1,,,,,"), "--import")
    assert said in printed
    assert "granted: 1; wrong: 1" in printed
    assert Purchase.objects.get().order_reference == "B-1"


def test_an_unknown_code_waits_for_staff(notebook, table):
    file = table("A-1,2004-01-02,a@example.com,NB-1,1,,,,,", "A-2,2004-01-03,a@example.com,NB-1,1,,,,,")
    assert "unknown product code NB-1: 2 orders" in run(file)
    assert "waiting: 2" in run(file, "--import")
    assert set(WebhookEvent.objects.values_list("unknown_code", flat=True)) == {"NB-1"}


def test_a_renewal_that_names_its_order(notebook, table):
    notebook.upgrade_months = 12
    notebook.save()
    file = table("A-1,2004-01-02,a@example.com,NOTEBOOK,1,,,,,", "A-2,2005-01-02,a@example.com,,,,,,,A-1")
    assert "granted: 2" in run(file, "--import")
    assert Purchase.objects.get(order_reference="A-2").renews.order_reference == "A-1"


def test_a_doubled_line_is_granted_once(notebook, table):
    cells = "A-1,2004-01-02,a@example.com,NOTEBOOK,1,,,,,"
    other = "B-1,2004-01-02,b@example.com,NOTEBOOK,1,,,,,"
    assert "named more than once, and passed over: 1" in run(table(cells, other, cells), "--import")
    assert Entitlement.objects.count() == 2


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_several_imports_at_once_grant_once(notebook, mailer):
    at_once(lambda _number: run(SAMPLE, "--import"), range(4))
    fulfil_due_events()
    assert (Purchase.objects.count(), Entitlement.objects.count(), WebhookEvent.objects.count()) == (2, 3, 2)


def upload(browser, content=None, **form):
    file = SimpleUploadedFile("old.csv", SAMPLE.read_bytes() if content is None else content)
    return browser.post(PAGE, {"partner": "standard-webhooks", "columns": "own", "table": file} | form).content.decode()


def confirm(browser, preview, **form):
    kept = re.search(r'name="kept" value="([^"]+)"', preview)
    assert kept, preview
    sent = {"partner": "standard-webhooks", "columns": "own", "kept": kept[1], "confirmed": "yes"} | form
    return browser.post(PAGE, sent, follow=True).content.decode()


def test_staff_look_at_the_file_first(notebook, mailer, adas_browser):
    adas_browser.get(PAGE)
    before = everything()
    preview = upload(adas_browser)
    assert everything() == before
    assert "Would be granted" in preview
    assert 'value="Import 2 orders"' in preview


def test_staff_import_what_they_looked_at(notebook, mailer, adas_browser, ada):
    assert "2 orders are kept, and the workers fulfil them now." in confirm(adas_browser, upload(adas_browser))
    fulfil_due_events()
    assert (Purchase.objects.count(), OutgoingMail.objects.count()) == (2, 0)
    event = AuditEvent.objects.get(kind="purchases.imported")
    assert (event.actor, event.detail) == (ada, {"partner": "standard-webhooks", "kept": 2, "mailed": False})


def test_a_preview_that_was_tampered_with_is_refused(notebook, mailer, adas_browser):
    upload(adas_browser)
    sent = {"partner": "standard-webhooks", "columns": "own", "kept": "x:y:z", "confirmed": "yes"}
    assert "choose the file again" in adas_browser.post(PAGE, sent).content.decode()
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The first line does not name these columns"),
        (b"\x00\xff\xfe", "The first line does not name these columns"),
        (b"x" * 600_000, "longer than 512 KB"),
        (b"order_reference,purchased_at,email\n" + b"<script>,x,y\n", "Lines that are wrong"),
        (
            b"order_reference,purchased_at,email\n" + b"".join(b"A-%d,2004-01-01,a@b.example\n" % n for n in range(3001)),
            "more than 3,000 orders",
        ),
    ],
)
def test_a_bad_file_is_told_in_words(adas_browser, content, said):
    page = upload(adas_browser, content)
    assert said in page
    assert "<script>,x" not in page
    assert not WebhookEvent.objects.exists()


def test_without_a_file(adas_browser):
    assert "Choose the file." in adas_browser.post(PAGE, {"partner": "standard-webhooks", "columns": "own"}).content.decode()


def test_support_and_strangers_import_nothing(notebook, mailer, sams, client):
    assert sams.get(PAGE).status_code == 403
    assert client.get(PAGE).status_code == 302
    sams.post(PAGE, {"partner": "standard-webhooks", "columns": "own", "table": SimpleUploadedFile("o.csv", SAMPLE.read_bytes())})
    assert not WebhookEvent.objects.exists()

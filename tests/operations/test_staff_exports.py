"""Every list of the staff area as CSV: for administration alone, without formulas and secrets, and in as little memory for a million rows as for one."""

import csv
import io
import re
import tracemalloc
from datetime import timedelta

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.contact import Contact
from accounts.models import LoginSession, User
from audit.models import AuditEvent
from infacta.spreadsheets import MARK, is_like_a_formula
from privacy.exporting import SECRET, Exportable
from promotions.admin.codes import PromoCodeAdmin
from purchases.models import Purchase
from support.admin.feedback import FeedbackAdmin
from tests.cast import PASSWORD, buy
from tests.customer import log_in
from tests.staff import code_of, enrolled, forget_last_code, open_record, staff_log_in
from tests.staff_rows import make_rows

pytestmark = pytest.mark.django_db
BAD = ['=HYPERLINK("http://x.example","y")', "+1", "-1", "@x", "\t=1", "\r=1", "a;=1", "＝1", " =1"]
PURCHASES = "/staff/purchases/purchase/"
WITHOUT = {PromoCodeAdmin, FeedbackAdmin}
"""Lists with an export of their own."""
LISTS = sorted(f"{model._meta.app_label}/{model._meta.model_name}" for model in admin.site._registry)


@pytest.fixture
def rows(alice, bob, alices, bobs, notebook_file):
    for user, owned in ((alice, alices), (bob, bobs)):
        make_rows(user, owned, notebook_file)


def export(client: Client, path: str, query: str = "") -> list[list[str]]:
    response = client.post(f"{path}csv/{query}")
    assert response.status_code == 200, (path, response.status_code, response.headers)
    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in response["Cache-Control"]
    text = b"".join(response.streaming_content).decode()
    assert text.startswith(MARK)
    return list(csv.reader(io.StringIO(text.removeprefix(MARK), newline="")))


def table(client: Client, path: str, query: str = "") -> list[dict[str, str]]:
    header, *lines = export(client, path, query)
    return [dict(zip(header, line, strict=True)) for line in lines]


def make_purchases(user: User, many: int, **more) -> None:
    now = timezone.now()
    Purchase.objects.bulk_create(
        [
            Purchase(
                user=user, partner="stripe", order_reference=f"R-{number}", email=user.email, purchased_at=now, **({"name": "N"} | more)
            )
            for number in range(many)
        ],
        batch_size=5_000,
    )


def shows_of(path: str) -> Exportable:
    return next(shows for model, shows in admin.site._registry.items() if f"{model._meta.app_label}/{model._meta.model_name}" == path)


def test_every_model_of_the_staff_area_can_be_exported():
    assert all(isinstance(shows, Exportable) for shows in admin.site._registry.values())
    assert {type(shows) for shows in admin.site._registry.values() if not shows.has_csv} == WITHOUT


def test_each_list_is_exported_with_what_it_shows(ada, rows):
    client = staff_log_in(ada)
    for path in LISTS:
        shows, page = shows_of(path), client.get(f"/staff/{path}/")
        if not shows.has_csv:
            assert client.post(f"/staff/{path}/csv/").status_code == 404
            assert "Export as CSV</button>" not in page.content.decode()
            continue
        assert f'action="/staff/{path}/csv/?"' in page.content.decode()
        header, *lines = export(client, f"/staff/{path}/")
        assert len(lines) == page.context["cl"].queryset.count(), path
        assert all(len(line) == len(header) for line in lines)
        event = AuditEvent.objects.filter(kind="export.taken").latest("pk")
        told = {"role": "Administration", "model": shows.model._meta.label, "filters": [], "count": event.detail["count"]}
        assert (event.actor, event.detail) == (ada, told)
        assert event.detail["count"] == len(lines) - (path == "audit/auditevent"), "the note of an export of the log stands in it too"


def test_nothing_secret_is_in_any(ada, rows, alice):
    """No secret of any row, whatever column it stands in, is in any of the tables."""
    client = staff_log_in(ada)
    taken = {path: str(export(client, f"/staff/{path}/")) for path in LISTS if shows_of(path).has_csv}
    secrets = {
        (path, field.name): value
        for path in taken
        for row in shows_of(path).model._default_manager.all()
        for field in row._meta.concrete_fields
        if SECRET.search(field.name) and isinstance(value := getattr(row, field.attname), str) and len(value) > 12
    }
    found = [where for where, value in secrets.items() if value in taken[where[0]] and where[1] != "email_key"]
    assert {name for _path, name in secrets} >= {"password", "token_hash", "digest", "salt", "key"}
    assert found == []
    (code,) = alice.entitlements.get().unlock_codes.all()
    assert code.code not in "".join(taken.values())
    assert alice.password not in "".join(taken.values())


def test_no_cell_is_a_formula(ada, alice):
    now = timezone.now()
    for number, bad in enumerate(BAD):
        Purchase.objects.create(
            user=alice, partner="stripe", order_reference=f"{bad}{number}"[:70], email=alice.email, purchased_at=now, name=bad, company=bad
        )
    User.objects.filter(pk=alice.pk).update(name=BAD[0], company="-1", city="@x")
    client = staff_log_in(ada)
    for path in (PURCHASES, "/staff/accounts/user/"):
        cells = [cell for line in export(client, path) for cell in line]
        assert any("HYPERLINK" in cell for cell in cells)
        assert not [cell for cell in cells if is_like_a_formula(cell)]
        assert not [cell for cell in cells if re.search(r"[;\t\r\n]\s*[=+\-@]", cell)]


def test_filters_and_search_decide_what_is_exported(ada, alice, bob):
    make_purchases(alice, 120)
    Purchase.objects.create(user=bob, partner="plimus", order_reference="P-1", email=bob.email, purchased_at=timezone.now(), name="=1")
    client = staff_log_in(ada)
    assert len(table(client, PURCHASES)) == 121, "all pages of it"
    assert [row["order reference"] for row in table(client, PURCHASES, "?partner=plimus")] == ["P-1"]
    assert [row["name"] for row in table(client, PURCHASES, "?q=P-1")] == ["'=1"]
    assert [row["order reference"] for row in table(client, PURCHASES, "?partner=stripe&o=0")][:2] == ["R-0", "R-1"], (
        "in the order of the list"
    )
    event = AuditEvent.objects.filter(kind="export.taken").order_by("pk")[2]
    assert event.detail == {"role": "Administration", "model": "purchases.Purchase", "count": 1, "filters": ["q"]}
    assert "P-1" not in str(event.detail)
    page = client.get(f"{PURCHASES}?partner=plimus&q=P").content.decode()
    assert 'csv/?partner=plimus&amp;q=P"' in page


@pytest.mark.parametrize(
    "query",
    [
        "?p=99999",
        "?p=x",
        "?o=99",
        "?user__password__startswith=a",
        "?recorded_at__gte=x",
        "?recorded_at__gte=99999-01-01",
        "?e=1",
        "?q=%00",
    ],
)
def test_a_wish_that_nobody_understands_breaks_nothing(ada, alice, query):
    client = staff_log_in(ada)
    client.raise_request_exception = False
    response = client.post(f"{PURCHASES}csv/{query}")
    assert response.status_code in (200, 302, 400)


def test_support_and_strangers_export_nothing(client, sam, alice, bob, rows):
    sams = open_record(staff_log_in(sam), alice)
    for path in LISTS:
        address = f"/staff/{path}/csv/"
        assert sams.post(address).status_code == 404, path
        assert sams.get(address).status_code == 405
        assert client.post(address)["Location"].startswith("/staff/login/")
    assert log_in(alice).post(f"{PURCHASES}csv/")["Location"].startswith("/staff/login/")
    assert "Export as CSV</button>" not in sams.get(PURCHASES).content.decode()
    assert not AuditEvent.objects.filter(kind="export.taken").exists()


def test_whoever_exports_people_has_proved_lately_who_they_are(ada, alice):
    make_purchases(alice, 2)
    client = staff_log_in(ada)
    LoginSession.objects.filter(user=ada).update(confirmed_at=timezone.now() - timedelta(minutes=11))
    response = client.post(f"{PURCHASES}csv/?partner=stripe")
    assert response["Location"] == "/staff/confirm/?next=%2Fstaff%2Fpurchases%2Fpurchase%2F%3Fpartner%3Dstripe"
    assert not AuditEvent.objects.filter(kind="export.taken").exists()
    assert len(export(client, "/staff/downloads/product/")) >= 1, "a list of nobody asks for nothing"
    device = enrolled(ada)
    forget_last_code(device)
    confirm = response["Location"]
    assert "Confirm who you are" in client.get(confirm).content.decode()
    wrong = client.post(confirm, {"password": "wrong", "token": code_of(device), "next": "/staff/purchases/purchase/?partner=stripe"})
    assert wrong.status_code == 200
    right = client.post(confirm, {"password": PASSWORD, "token": code_of(device), "next": "/staff/purchases/purchase/?partner=stripe"})
    assert right["Location"] == "/staff/purchases/purchase/?partner=stripe"
    assert "Nothing was exported yet" in client.get(right["Location"]).content.decode()
    assert len(table(client, PURCHASES, "?partner=stripe")) == 2


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/resources/", "/staff/../resources/", "/staff/%2e%2e/", "javascript:x", ""]
)
def test_confirming_leads_nowhere_but_into_the_staff_area(ada, wanted):
    assert staff_log_in(ada).get("/staff/confirm/", {"next": wanted})["Location"] == "/staff/"


@pytest.mark.parametrize("query", ["?user__id__exact={alice.pk}", "?q={alice.email}"])
def test_to_take_one_persons_rows_away_is_a_look_at_that_person(ada, alice, query):
    """Though the list itself was never shown: the form can be sent to any address."""
    make_purchases(alice, 3)
    assert len(table(staff_log_in(ada), PURCHASES, query.format(alice=alice))) == 3
    assert AuditEvent.objects.filter(kind="record.opened", user=alice, actor=ada).count() == 1


def test_it_costs_the_same_however_many_rows(ada, rows, alices, notebook_file):
    client = staff_log_in(ada)
    before = {path: queries(client, path) for path in LISTS if shows_of(path).has_csv}
    for number in range(3):
        (owned,) = buy(Contact(email=f"u{number}@example.com", name="U"), alices.product, order=f"U-{number}").entitlements
        make_rows(owned.user, owned, notebook_file)
    after = {path: queries(client, path) for path in before}
    assert {path: (number, after[path]) for path, number in before.items() if after[path] > number} == {}


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        export(client, f"/staff/{path}/")
    return len(captured)


def test_memory_does_not_grow_with_the_rows(ada, alice):
    client = staff_log_in(ada)
    peaks = []
    for many in (2_000, 8_000):
        Purchase.objects.all().delete()
        make_purchases(alice, many, company="c" * 200)
        response = client.post(f"{PURCHASES}csv/")
        tracemalloc.start()
        lines = sum(chunk.count(b"\n") for chunk in response.streaming_content)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert lines == many + 1
    assert peaks[1] < peaks[0] * 1.5, peaks


def test_moments_are_those_of_whoever_reads(ada, alice):
    at = timezone.now().replace(microsecond=0)
    Purchase.objects.create(
        user=alice, partner="stripe", order_reference="T", email=alice.email, purchased_at=at, name="<b>x</b> &amp;", total="1.50"
    )
    (row,) = table(staff_log_in(ada), PURCHASES)
    assert row["purchased"] == timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S")
    assert row["name"] == "<b>x</b> &amp;", "what a row holds is told as it is"
    assert row["total"] == "1.50"

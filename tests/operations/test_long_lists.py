"""Staff's lists are as quick with a million rows as with ten: nothing is counted to its end, and a search asks indexes (docs/scaling.md)."""

import re

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.activity import changes_of
from accounts.models import User
from audit.kinds import Kind
from audit.models import AuditEvent
from infacta.short_count import MOST_COUNTED, ShortCount
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db

GROW = (
    *("accounts.User", "accounts.LoginSession", "accounts.Hold", "audit.AuditEvent", "mailroom.OutgoingMail", "mailroom.IncomingMail"),
    *("downloads.Entitlement", "downloads.UnlockCode", "downloads.DownloadSession", "downloads.AllowanceEntry"),
    *("purchases.Purchase", "purchases.WebhookEvent", "promotions.PromoCode", "promotions.Redemption"),
    *("announcements.Delivery", "announcements.Mailbox", "announcements.Subscription", "announcements.Bounce", "accounts.Suppression"),
)
"""What there are the more of, the more customers there are."""

LISTS = sorted(admin.site._registry, key=lambda model: model._meta.label)


def address_of(model) -> str:
    return f"/staff/{model._meta.app_label}/{model._meta.model_name}/"


def asked(browser, address: str, **query: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address, query).status_code == 200
    return [query["sql"] for query in captured]


@pytest.fixture
def staff(ada):
    return staff_log_in(ada)


def test_no_list_is_counted_to_its_end(staff):
    for model in LISTS:
        assert issubclass(admin.site._registry[model].paginator, ShortCount), model
        counts = [sql for sql in asked(staff, address_of(model)) if "COUNT(*)" in sql]
        assert [sql for sql in counts if f"LIMIT {MOST_COUNTED}" not in sql] == [], model


@pytest.mark.parametrize("label", GROW)
def test_a_search_compares_whole_columns_or_beginnings(staff, alice, label):
    """`UPPER(column) LIKE '%…%'` reads every row of a table. Of files there are few."""
    model = next(model for model in LISTS if model._meta.label == label)
    for typed in ("alice@example.com", "Alice Archer", "203.0.113.7", "A-1"):
        for sql in asked(staff, address_of(model), q=typed):
            if 'FROM "downloads_releasefile"' in sql:
                continue
            assert not re.search(r"(I?LIKE|REGEXP)\W+(UPPER\()?'%", sql) or "to_tsquery" in sql or connection.vendor == "sqlite", sql
            assert "UPPER(" not in sql, sql


def test_names_are_found_by_the_beginnings_of_their_words(staff, alice):
    for typed in ("archer", "Alice", "ali arch", "Archer & Dau"):
        assert "Alice Archer" in staff.get("/staff/accounts/user/", {"q": typed}).content.decode(), typed
    for typed in ("bob", "%", "'", "& |", "\\", "zebra archer"):
        assert "Alice Archer" not in staff.get("/staff/accounts/user/", {"q": typed}).content.decode(), typed


def test_a_customer_of_several_orders_is_one_row(staff, alice):
    User.objects.filter(pk=alice.pk).update(name="Archer Archer", company="Archer")
    page = staff.get("/staff/accounts/user/", {"q": "archer"})
    assert [user.pk for user in page.context_data["cl"].result_list] == [alice.pk]


def test_the_second_thousand_of_a_list_is_reached(staff):
    User.objects.bulk_create(User(email=f"n{number}@example.com", email_key=f"n{number}@example.com") for number in range(250))
    assert staff.get("/staff/accounts/user/", {"p": "3"}).status_code == 200


@pytest.mark.postgresql
def test_what_is_rare_of_a_busy_person_is_found_past_every_day(alice, bob):
    """Ten thousand downloads stand between two changes of a password."""
    for user, kind in ((alice, Kind.DOWNLOAD_TAKEN), (bob, Kind.PASSWORD_CHANGED)):
        AuditEvent.objects.bulk_create(AuditEvent(kind=kind, user=user) for _event in range(10_000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE audit_auditevent")
    for rare in (changes_of(alice)[:21], AuditEvent.objects.filter(user=alice, kind=Kind.PASSWORD_CHANGED).order_by("-at")[:1]):
        assert "audit_rare_user_at" in rare.explain()

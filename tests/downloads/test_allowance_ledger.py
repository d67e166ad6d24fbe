"""The ledger of downloads: every change has its line, it always sums to the counters, and no line is ever changed."""

from datetime import timedelta
from importlib import import_module
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from audit.models import AppendOnly
from downloads.models import AllowanceEntry, DownloadSession, Entitlement
from downloads.models.allowance import Actor, Change
from downloads.tasks import purge_download_sessions
from tests import cast
from tests.customer import log_in
from tests.downloads.taking import press
from tests.pages import words_of
from tests.staff import open_record, staff_log_in
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def lines_of(entitlement: Entitlement) -> list[tuple[str, int, str, str]]:
    """Kind, change, actor and reason, the oldest first."""
    return list(entitlement.allowance_entries.order_by("pk").values_list("kind", "change", "actor", "reason"))


def ledger_is_in_order() -> bool:
    call_command("check_ledger", stdout=StringIO())
    return True


def page_of(client: Client, entitlement: Entitlement, number: int = 1) -> str:
    answer = client.get(f"/resources/products/{entitlement.pk}/allowance/", {"page": number})
    assert answer.status_code == 200
    return words_of(answer.content.decode())


def test_each_change_has_its_line_and_the_sum_is_what_is_left(sam, notebook, notebook_file):
    owned = cast.buy(cast.ALICE, notebook, units=3, order="A-3").entitlements[0]
    press(log_in(owned.user), owned, notebook_file)
    path = f"/staff/downloads/entitlement/{owned.pk}/change/"
    staff = open_record(staff_log_in(sam), owned.user)
    staff.post(path, {"more": "2", "reason": "the line broke off twice"})
    staff.post(path, {"take_back": "1", "reason": "one of three was refunded"})
    owned.revoke(1, Actor.PARTNER, "chargeback")
    owned.restore(1, Actor.PARTNER, "chargeback_reversed")
    assert lines_of(owned) == [
        ("granted", 15, "partner", "purchase:test:A-3"),
        ("spent", -1, "customer", ""),
        ("added", 2, "staff", "the line broke off twice"),
        ("taken_back", -5, "staff", "one of three was refunded"),
        ("taken_back", -5, "partner", "chargeback"),
        ("restored", 5, "partner", "chargeback_reversed"),
    ]
    owned.refresh_from_db()
    assert sum(change for _kind, change, _actor, _reason in lines_of(owned)) == owned.remaining == 11
    assert ledger_is_in_order()


def test_units_that_are_gone_already_leave_no_line(alices):
    assert [alices.revoke(1), alices.revoke(1), alices.restore(1), alices.restore(1)] == [1, 0, 1, 0]
    assert [kind for kind, *_rest in lines_of(alices)] == ["granted", "taken_back", "restored"]
    assert ledger_is_in_order()


def test_what_was_taken_back_is_what_there_was_to_take(alices):
    """Where a unit brings more today than the counter holds, the counter ends at nothing, and the line says by how much."""
    Entitlement.objects.update(downloads_per_unit=8)
    alices.revoke(1)
    assert lines_of(alices)[-1][:2] == ("taken_back", -5)
    assert ledger_is_in_order()


def test_a_refused_click_leaves_no_line_and_no_session(alice, alices, notebook, notebook_file):
    Entitlement.objects.update(downloads_used=5)
    assert log_in(alice).post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk}).status_code == 403
    assert (len(lines_of(alices)), DownloadSession.objects.count()) == (1, 0)


def test_pressing_again_leaves_no_second_line(alice, alices, notebook_file):
    client = log_in(alice)
    press(client, alices, notebook_file)
    press(client, alices, notebook_file)
    assert [kind for kind, *_rest in lines_of(alices)] == ["granted", "spent"]


def test_a_line_is_never_changed_and_never_deleted(alices):
    line = alices.allowance_entries.get()
    line.change = 50
    for attempt in (
        line.save,
        line.delete,
        alices.allowance_entries.all().delete,
        lambda: alices.allowance_entries.update(change=50),
        lambda: AllowanceEntry._base_manager.filter(pk=line.pk).update(change=50),
        lambda: AllowanceEntry.objects.bulk_update([line], ["change"]),
    ):
        with pytest.raises(AppendOnly), transaction.atomic():
            attempt()
    assert alices.allowance_entries.get().change == 5


def test_it_goes_with_the_account(notebook):
    user = User.objects.create_user("gone@example.com", cast.PASSWORD)
    Entitlement.objects.grant(user, notebook, None, 1, Actor.SITE, "")
    user.delete()
    assert not AllowanceEntry.objects.exists()


def test_a_session_is_spent_once_and_returned_once(alice, alices, notebook_file):
    press(log_in(alice), alices, notebook_file)
    with pytest.raises(IntegrityError), transaction.atomic():
        AllowanceEntry.objects.note(alices, Change.SPENT, -1, Actor.CUSTOMER, session=DownloadSession.objects.get())
    with pytest.raises(IntegrityError), transaction.atomic():
        AllowanceEntry.objects.note(alices, Change.SPENT, 1, Actor.CUSTOMER)


def test_the_ledger_outlives_the_history_of_downloads(alice, alices, notebook_file, ada):
    client = log_in(alice)
    press(client, alices, notebook_file)
    assert "Download taken notebook-1.0.zip −1 4" in page_of(client, alices)
    DownloadSession.objects.update(opened_at=timezone.now() - timedelta(days=731))
    assert purge_download_sessions() == 1
    assert "Download taken −1 4" in page_of(client, alices)
    line = alices.allowance_entries.get(kind="spent")
    staff = staff_log_in(ada)
    assert staff.get(f"/staff/downloads/allowanceentry/{line.pk}/change/").status_code == 200
    assert staff.get(f"/staff/downloads/entitlement/{alices.pk}/change/").status_code == 200
    assert ledger_is_in_order()


def test_the_check_names_what_does_not_sum(alices, bobs, capsys):
    Entitlement.objects.filter(pk=alices.pk).update(downloads_allowed=7)
    out = StringIO()
    with pytest.raises(CommandError, match="1 of 2 entitlements do not sum") as error:
        call_command("check_ledger", stdout=out)
    assert error.value.returncode == 1
    assert out.getvalue() == f"Entitlement {alices.pk}: 7 allowed, by the ledger 5; 0 used, by the ledger 0.\n"
    Entitlement.objects.filter(pk=alices.pk).update(downloads_allowed=5, downloads_used=1)
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("check_ledger", stdout=out)
    assert "5 allowed, by the ledger 5; 1 used, by the ledger 0." in out.getvalue()


def test_the_check_says_when_all_is_well_and_its_help_explains(alices, bobs, capsys):
    out = StringIO()
    call_command("check_ledger", stdout=out)
    assert out.getvalue() == "In order: 2 entitlements, 2 lines.\n"
    with pytest.raises(SystemExit):
        call_command("check_ledger", "--help")
    assert "one line for each entitlement" in " ".join(capsys.readouterr().out.split())


def test_the_migration_carries_over_what_was_before(alices, bobs, mallory, notebook):
    """As for a site that ran without a ledger: entitlements with counters and no lines."""
    before = [
        Entitlement(user=mallory, product=notebook, downloads_per_unit=5, downloads_allowed=a, downloads_used=u)
        for a, u in ((5, 2), (0, 0))
    ]
    used, empty = Entitlement.objects.bulk_create(before)
    lines = AllowanceEntry.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM downloads_allowanceentry")
    assert Entitlement.objects.not_summing().count() == lines + 1
    import_module("downloads.migrations.0005_allowance_ledger").carry_over(apps, None)
    assert [line[:3] for line in lines_of(used)] == [("carried_allowed", 5, "site"), ("carried_used", -2, "site")]
    assert (len(lines_of(alices)), len(lines_of(empty))) == (1, 0)
    assert ledger_is_in_order()


def test_the_customer_reads_every_change_and_what_was_left(alice, alices, notebook_file, sam):
    client = log_in(alice)
    press(client, alices, notebook_file)
    alices.allow_more(2, "case 4711: rude on the phone")
    page = page_of(client, alices)
    assert "6 of 7 left" in page
    assert "Added by our staff +2 6" in page
    assert page.index("Added by our staff") < page.index("Download taken") < page.index("Granted with the product +5 5")
    assert "4711" not in page
    product = words_of(client.get(f"/resources/products/{alices.pk}/").content.decode())
    assert f"6 of 7 left; 2 added by our staff on {timezone.localdate().day} " in product


def test_the_page_speaks_the_customers_language_and_time_zone(alice, alices, germans):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE downloads_allowanceentry SET at = '2026-05-03 23:30:00+00:00'")
    User.objects.filter(pk=alice.pk).update(language="de", time_zone="Asia/Tokyo")
    assert "4. Mai 2026, 08:30" in page_of(log_in(alice), alices)


def test_it_has_pages_and_the_number_of_queries_does_not_grow(alice, alices):
    client = log_in(alice)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page_of(client, alices)
        return len(captured)

    before = queries()
    for _time in range(45):
        alices.allow_more(1, "x")
    client = log_in(alice)
    assert queries() == before <= 4
    assert "+1 50" in page_of(client, alices)
    last = page_of(client, alices, 3)
    assert "Granted with the product +5 5" in last
    assert "+1 6" in last, "the sum is of all lines, whatever the page shows"


def test_another_customers_ledger_does_not_exist(alice, alices, bob, mallory):
    for stranger in (bob, mallory):
        assert log_in(stranger).get(f"/resources/products/{alices.pk}/allowance/").status_code == 404
    assert Client().get(f"/resources/products/{alices.pk}/allowance/").status_code == 302


def test_staff_read_it_on_the_entitlement_and_change_nothing(sams, alices, bobs):
    alices.allow_more(2, "the line broke off twice")
    path = f"/staff/downloads/entitlement/{alices.pk}/change/"
    page = words_of(sams.get(path).content.decode())
    assert "the line broke off twice" in page
    assert "A member of staff" in page
    line = alices.allowance_entries.latest("pk")
    forged = {"more": "1", "reason": "x", "changes": "none", "change": "99", "allowance_entries-0-DELETE": "on"}
    sams.post(path, forged)
    assert [entry[1] for entry in lines_of(alices)] == [5, 2, 1]
    assert sams.get(f"/staff/downloads/allowanceentry/{line.pk}/change/").status_code == 200
    assert sams.get(f"/staff/downloads/allowanceentry/{bobs.allowance_entries.get().pk}/change/").status_code == 404
    assert sams.post(f"/staff/downloads/allowanceentry/{line.pk}/delete/", {"post": "yes"}).status_code == 403


def test_of_a_long_ledger_staff_see_the_latest_beside_the_entitlement(ada, alices):
    for number in range(60):
        alices.allow_more(1, f"reason {number:02}")
    staff = staff_log_in(ada)
    page = staff.get(f"/staff/downloads/entitlement/{alices.pk}/change/").content.decode()
    assert "reason 59" in page
    assert "reason 05" not in page
    assert staff.get("/staff/downloads/allowanceentry/", {"q": "alice", "kind__exact": "added"}).status_code == 200


def test_the_bar_shows_what_is_left_of_what(alice, alices, notebook_file):
    client = log_in(alice)
    for path in ("/resources/", f"/resources/products/{alices.pk}/", f"/resources/products/{alices.pk}/allowance/"):
        page = client.get(path).content.decode()
        assert ' max="5"' in page
        assert ' value="5"' in page
        assert 'aria-label="Downloads left of Notebook"' in page
    alices.revoke(1)
    assert "<meter" not in client.get("/resources/").content.decode()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_sixty_four_clicks_at_once_spend_five_and_the_ledger_sums(alice, alices, notebook):
    """Through the whole site, each click in a browser of its own and for a file of its own, so that no open session is shared."""
    files = [cast.make_file(notebook, f"1.{number}") for number in range(64)]
    seed = log_in(alice).cookies
    browsers = [Client(raise_request_exception=False) for _file in files]
    for client in browsers:
        client.cookies.update(seed)
    statuses = at_once(
        lambda pair: pair[0].post(f"/resources/downloads/{alices.pk}/", {"file": pair[1].pk}).status_code, zip(browsers, files, strict=True)
    )
    assert sorted(statuses) == [303] * 5 + [403] * 59
    assert DownloadSession.objects.count() == 5
    assert [line[:2] for line in lines_of(alices)] == [("granted", 5)] + [("spent", -1)] * 5
    assert ledger_is_in_order()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_everything_at_once_still_sums(alice, notebook):
    """Customers, staff, partners and failed downloads, all of one entitlement, in no order at all."""
    owned = cast.buy(cast.ALICE, notebook, units=20, order="A-20").entitlements[0]
    files = [cast.make_file(notebook, f"1.{number}") for number in range(12)]

    def take(number: int) -> None:
        session, _spent = DownloadSession.objects.take(owned, files[number % 12], None, "")
        if number % 2:
            session.give_back()

    acts = [take, lambda _number: owned.allow_more(1, "x"), lambda _number: owned.revoke(1), lambda _number: owned.restore(1)]
    at_once(lambda number: acts[number % 4](number // 4), range(48))
    assert ledger_is_in_order()

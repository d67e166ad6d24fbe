"""A download of which almost nothing was sent is given back by the site: once, when its day is over, and only where that is certain."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.holds import lift, place
from audit.models import AuditEvent
from downloads.delivery.giving_back import MOST_RETURNED
from downloads.delivery.sending import counted
from downloads.models import AllowanceEntry, DownloadSession, Entitlement, ReleaseFile
from downloads.models.allowance import Actor, Change
from downloads.tasks import return_unsent_downloads
from tests import cast
from tests.activity import said
from tests.customer import log_in
from tests.downloads.taking import fetch, press, remaining
from tests.downloads.test_access_log import line
from tests.pages import words_of
from tests.staff import staff_log_in
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def a_day_passes(hours: float = 25) -> None:
    for session in DownloadSession.objects.all():
        times = {name: getattr(session, name) - timedelta(hours=hours) for name in ("opened_at", "valid_until")}
        DownloadSession.objects.filter(pk=session.pk).update(**times)


@pytest.fixture
def client(alice) -> Client:
    return log_in(alice)


@pytest.fixture
def large(notebook) -> ReleaseFile:
    return cast.make_file(notebook, "2.0", bytes(3_000_000))


def test_a_download_that_was_never_fetched_is_given_back_once(client, alice, alices, notebook_file):
    path = press(client, alices, notebook_file)
    assert client.head(path).status_code == 200, "asking for the headers is no request for the file"
    assert return_unsent_downloads() == 0, "it can still be fetched"
    a_day_passes()
    assert [return_unsent_downloads(), return_unsent_downloads()] == [1, 0]
    assert remaining(alices) == 5
    entry = alices.allowance_entries.get(kind="returned")
    assert (entry.actor, entry.change, entry.reason) == ("site", 1, "almost nothing of it was sent: 0 of 10,000 bytes")
    event = AuditEvent.objects.get(kind="download.returned")
    assert (event.user, event.actor, event.ip, event.detail["reason"]) == (alice, None, None, "hardly_sent")
    call_command("check_ledger")
    assert client.get(path).status_code == 410
    assert press(client, alices, notebook_file) != path


def test_the_customer_reads_of_it(client, alices, notebook_file):
    press(client, alices, notebook_file)
    a_day_passes()
    return_unsent_downloads()
    page = words_of(client.get(f"/resources/products/{alices.pk}/").content.decode())
    assert f"5 of 5 left; 1 returned on {timezone.localdate().day} " in page
    assert "notebook-1.0.zip 0 bytes of 9.8 KB 127.0.0.1 given back" in page
    ledger = words_of(client.get(f"/resources/products/{alices.pk}/allowance/").content.decode())
    assert "Given back by us: almost nothing of it was sent notebook-1.0.zip +1 5" in ledger
    assert "Failed download given back" in said(client)


def test_its_day_must_be_over_for_an_hour(client, alices, notebook_file):
    press(client, alices, notebook_file)
    a_day_passes(24.9)
    assert return_unsent_downloads() == 0
    a_day_passes(0.2)
    assert return_unsent_downloads() == 1


def test_what_ended_long_ago_stays(client, alices, notebook_file):
    press(client, alices, notebook_file)
    a_day_passes(24 * 32)
    assert return_unsent_downloads() == 0


@pytest.mark.parametrize(
    ("part", "given_back"), [("bytes=0-29998", 1), ("bytes=0-29999", 0), ("bytes=0-", 0)], ids=["below a hundredth", "a hundredth", "all"]
)
def test_less_than_a_hundredth_is_almost_nothing(client, alices, large, part, given_back):
    fetch(client, press(client, alices, large), Range=part)
    a_day_passes()
    assert return_unsent_downloads() == given_back


def test_of_a_huge_file_a_megabyte_is_the_bound(client, alices, large):
    ReleaseFile.objects.update(size=5_000_000_000)
    path = press(client, alices, large)
    fetch(client, path, Range="bytes=0-999998")
    a_day_passes()
    session = DownloadSession.objects.get()
    assert DownloadSession.objects.hardly_sent(timezone.now()).filter(pk=session.pk).exists()
    session.count_bytes(1, to_the_end=False)
    session.begin_request()
    assert return_unsent_downloads() == 0


def test_an_empty_file_is_never_given_back(client, alices, notebook):
    press(client, alices, cast.make_file(notebook, "0.1", b""))
    a_day_passes()
    assert return_unsent_downloads() == 0


def test_many_small_parts_add_up(client, alices, large):
    """Whoever fetches a file crumb by crumb has fetched it."""
    path = press(client, alices, large)
    for start in range(0, 30_000, 1_000):
        fetch(client, path, Range=f"bytes={start}-{start + 999}")
    a_day_passes()
    assert DownloadSession.objects.get().bytes_sent == 30_000
    assert return_unsent_downloads() == 0


def test_going_away_in_the_middle_of_a_piece_counts_the_piece(client, alices, large):
    """However often somebody takes what is under way and closes the connection: it adds up."""
    press(client, alices, large)
    session = DownloadSession.objects.get()
    for start in (0, 200_000, 2_999_999):
        session.begin_request()
        chunks = counted(session, large.file.storage.open(large.stored_as), start, large.size)
        next(chunks)
        chunks.close()
    session.refresh_from_db()
    assert (session.bytes_sent, session.end_sent, session.is_known) == (2 * 256 * 1024 + 1, False, True)


def test_what_is_still_being_sent_is_not_given_back(client, alices, large):
    path = press(client, alices, large)
    chunks = iter(client.get(path).streaming_content)
    next(chunks)
    a_day_passes()
    assert return_unsent_downloads() == 0
    assert len(b"".join(chunks)) == 3_000_000 - 256 * 1024
    assert DownloadSession.objects.get().completed_at


def test_a_conditional_request_that_needs_no_bytes_is_no_request(client, alices, notebook_file):
    path = press(client, alices, notebook_file)
    assert fetch(client, path, If_None_Match=f'"{notebook_file.sha256}"')[0].status_code == 304
    assert fetch(client, path, Range="bytes=20000-")[0].status_code == 416
    assert DownloadSession.objects.get().is_known


# nginx


@pytest.fixture
def by_nginx(client, alices, large, settings) -> DownloadSession:
    """A download that nginx was asked to send twice."""
    settings.DOWNLOADS_DELIVERY = "nginx"
    path = press(client, alices, large)
    assert client.head(path)["X-Accel-Redirect"]
    assert client.get(path)["X-Download-Session"] == str(DownloadSession.objects.get().pk)
    client.get(path)
    a_day_passes()
    return DownloadSession.objects.get()


def import_lines(tmp_path, *lines: str) -> None:
    log = tmp_path / "infacta.downloads.log"
    with log.open("a") as file:
        file.writelines(lines)
    call_command("import_access_log", str(log), verbosity=0)


def test_of_nginx_nothing_is_known_until_its_log_has_told_of_every_request(by_nginx, tmp_path):
    assert return_unsent_downloads() == 0
    import_lines(tmp_path, line(by_nginx, 0, method="HEAD"), line(by_nginx, 1000, end=""))
    assert return_unsent_downloads() == 0, "the other one may be running yet"
    import_lines(tmp_path, line(by_nginx, 1000, end=""))
    assert return_unsent_downloads() == 1


def test_a_slow_request_that_ends_late_is_waited_for(by_nginx, tmp_path):
    import_lines(tmp_path, line(by_nginx, 1000, end=""))
    assert return_unsent_downloads() == 0
    import_lines(tmp_path, line(by_nginx, 3_000_000))
    assert return_unsent_downloads() == 0
    by_nginx.refresh_from_db()
    assert by_nginx.completed_at


@pytest.mark.parametrize("at", [0.0, 4_000_000_000.0])
def test_a_wrong_clock_in_the_log_does_not_end_a_day(client, alices, large, settings, tmp_path, at):
    settings.DOWNLOADS_DELIVERY = "nginx"
    client.get(press(client, alices, large))
    import_lines(tmp_path, line(DownloadSession.objects.get(), 1000, end="", at=at))
    assert return_unsent_downloads() == 0
    a_day_passes()
    assert return_unsent_downloads() == 1


def test_what_was_begun_before_requests_were_counted_is_not_known(client, alices, notebook_file):
    """The rows that the migration finds."""
    press(client, alices, notebook_file)
    DownloadSession.objects.update(requests_begun=1)
    a_day_passes()
    assert return_unsent_downloads() == 0


# Who gets nothing back


def test_of_a_refunded_purchase_nothing_is_given_back(client, alices, notebook_file):
    press(client, alices, notebook_file)
    a_day_passes()
    alices.revoke(1)
    assert return_unsent_downloads() == 0


def test_an_account_on_hold_waits_for_the_end_of_the_hold(client, alice, alices, notebook_file, ada):
    press(client, alices, notebook_file)
    a_day_passes()
    hold = place(alice, reason="x", text="x")
    assert return_unsent_downloads() == 0
    lift(hold, by=ada, reason="x")
    assert return_unsent_downloads() == 1


def test_what_the_customer_gave_back_is_not_given_back_again(client, alices, notebook_file):
    client.post(f"{press(client, alices, notebook_file)}give-back/")
    a_day_passes()
    assert return_unsent_downloads() == 0
    assert remaining(alices) == 5


def test_it_does_not_use_up_what_customers_may_give_back_themselves(client, alices, notebook):
    for number in range(MOST_RETURNED):
        press(client, alices, cast.make_file(notebook, f"1.{number}"))
    a_day_passes()
    assert return_unsent_downloads() == MOST_RETURNED
    path = press(client, alices, cast.make_file(notebook, "2.0"))
    assert client.post(f"{path}give-back/").status_code == 302


def test_staff_see_how_far_downloads_came(client, alice, alices, notebook_file, large, ada):
    fetch(client, press(client, alices, notebook_file))
    path = press(client, alices, large)
    fetch(client, path, Range="bytes=0-999999")
    staff = staff_log_in(ada)
    assert "976.6 KB of 2.9 MB" in list_of(staff)
    assert "complete" in list_of(staff)
    DownloadSession.objects.get(file=large).begin_request()
    assert "not known (yet)" in list_of(staff)
    page = words_of(client.get(f"/resources/products/{alices.pk}/").content.decode())
    assert "notebook-1.0.zip complete 127.0.0.1" in page
    assert "notebook-2.0.zip – 127.0.0.1" in page


def list_of(staff: Client) -> str:
    return words_of(staff.get("/staff/downloads/downloadsession/").content.decode())


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_many_sweeps_at_once_give_back_once(alice, alices, notebook):
    files = [cast.make_file(notebook, f"1.{number}") for number in range(4)]
    for file in files:
        DownloadSession.objects.take(alices, file, None, "")
    a_day_passes()
    assert sum(at_once(lambda _number: return_unsent_downloads(), range(6))) == 4
    assert Entitlement.objects.get(pk=alices.pk).downloads_used == 0
    assert alices.allowance_entries.filter(kind="returned", actor=Actor.SITE).count() == 4
    call_command("check_ledger")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_refund_at_the_same_moment_gives_nothing_twice(alice, alices, notebook_file):
    DownloadSession.objects.take(alices, notebook_file, None, "")
    a_day_passes()
    at_once(lambda work: work(), [return_unsent_downloads, return_unsent_downloads, lambda: alices.revoke(1), lambda: alices.restore(1)])
    call_command("check_ledger")
    assert AllowanceEntry.objects.filter(kind=Change.RETURNED).count() <= 1

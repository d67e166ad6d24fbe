"""Staff's home: what needs attention, numbers with their lists, and charts; of what a role may see, and for the price of few queries."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.utils import timezone

from audit.kinds import Kind
from audit.models import AuditEvent
from infacta.figures import MONITOR, Figure, Standing, figures, own, register, standings
from infacta.schedule import SWEEPS
from infacta.spreadsheets import MARK
from mailroom.models import OutgoingMail
from operations.home import counting
from operations.home.page import CHOICES
from operations.models import FigureRun, HourFigure, StandingNumber
from operations.tasks import count_figures, purge_figures
from privacy.models import PromiseState
from purchases.models import Purchase, Silence, WebhookEvent
from tests.customer import log_in
from tests.pages import words_of
from tests.staff import staff_log_in
from tests.support.cases import make_case
from tests.threads import at_once

pytestmark = pytest.mark.django_db
HOME = "/staff/home/"
QUERIES = 9
"""Six of who asks, and what every page of the staff area needs; and three of the home: numbers of now, how far figures are counted, and their days."""

PLENTY = 600.0


@pytest.fixture(autouse=True)
def time_enough(monkeypatch) -> None:
    """A busy machine counts all of the past at once too, and in one piece."""
    monkeypatch.setattr(counting, "SECONDS", PLENTY)
    monkeypatch.setattr(counting, "STRETCH", HourFigure.KEPT)


def purchase(user, order: str, at: datetime, partner: str = "standard-webhooks") -> Purchase:
    return Purchase.objects.create(
        user=user, partner=partner, order_reference=order, email=user.email, purchased_at=at, recorded_at=at, name="x"
    )


def event(kind: Kind, at: datetime, **detail) -> None:
    AuditEvent.objects.bulk_create([AuditEvent(kind=kind, at=at, detail=detail)])


def numbers_of(page: str, slug: str) -> dict[str, list[int]]:
    """The table of a tile: by series, today, 7 and 30 days."""
    tile = page.split(f'id="figure-{slug}"')[1].split("</article>")[0]
    rows = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', tile, re.S)
    return {words_of(name).strip(): [int(words_of(cell)) for cell in re.findall(r"<td.*?</td>", cells, re.S)] for name, cells in rows}


def home(staff, path: str = HOME) -> str:
    response = staff_log_in(staff).get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_each_number_is_what_happened_and_leads_to_its_rows(ada, alice):
    now = timezone.now()
    for number, days in enumerate((0, 0, 3, 20, 40)):
        purchase(alice, f"N-{number}", now - timedelta(days=days))
    count_figures()
    client = staff_log_in(ada)
    page = client.get(HOME).content.decode()
    assert list(numbers_of(page, "purchases").values()) == [[2, 3, 4]]
    for address, number in re.findall(r'<a href="(/staff/purchases/purchase/\?[^"]+)">(\d+)</a>', page):
        shown = client.get(address.replace("&amp;", "&"))
        assert shown.context["cl"].result_count == int(number)


def test_every_link_of_the_page_leads_somewhere(ada, alice):
    now = timezone.now()
    for kind in {series.name for figure in figures.values() for series in figure.series() if series.name in Kind.values}:
        event(Kind(kind), now - timedelta(minutes=1))
    purchase(alice, "N-1", now)
    count_figures()
    client = staff_log_in(ada)
    part = client.get(HOME).content.decode().split('class="home-numbers"')[1].split('id="footer"')[0]
    links = set(re.findall(r'href="([^"]+)"', part))
    assert len(links) > 40
    for link in links:
        assert client.get(link.replace("&amp;", "&")).status_code == 200, link


def test_the_home_stands_on_the_start_page_too(ada):
    count_figures()
    page = home(ada, "/staff/")
    assert "What needs attention" in page
    assert 'id="figure-log-ins"' in page
    assert "Recent actions" in page


def test_support_sees_what_its_role_works_on_and_no_more(sam, ada):
    make_case()
    case = make_case()
    type(case).objects.filter(pk=case.pk).update(assigned_to=sam)
    count_figures()
    page = home(sam)
    assert re.findall(r'id="figure-([a-z-]+)"', page) == ["cases"]
    assert "Cases that wait for us" in page
    assert "Your cases that wait for us" in page
    for hidden in ("Purchases", "Log-ins", "Signs of misuse", "Promises", "Mails that", "Subscribers", "/staff/audit/"):
        assert hidden not in page.split('class="home-numbers"')[1].split('id="footer"')[0]
    client = staff_log_in(sam)
    for slug in figures:
        expected = 200 if slug == "cases" else 404
        assert client.get(f"{HOME}{slug}/").status_code == expected
        assert client.get(f"{HOME}{slug}/csv/").status_code == expected


def test_who_is_no_staff_sees_nothing(client, alice):
    for visitor in (client, log_in(alice)):
        assert visitor.get(HOME)["Location"].startswith("/staff/login/")
        assert visitor.get(f"{HOME}cases/csv/")["Location"].startswith("/staff/login/")


def test_what_is_wrong_stands_at_the_top_until_it_is_mended(ada, alice):
    now = timezone.now()
    PromiseState.objects.create(promise="C5", outcome="broken", since=now, looked_at=now)
    mail = OutgoingMail.objects.create(cause="x", to="a@example.com", subject="s", state="failed", written_at=now)
    WebhookEvent.objects.create(partner="stripe", event_key="k", payload={}, state="failed")
    Silence.objects.create(partner="stripe", since=now - timedelta(days=3), usual_seconds=60)
    make_case()
    count_figures()
    wrong = words_of(home(ada).split('class="wrong"')[1].split("</ul>")[0])
    for sentence in (
        "1 Promises broken",
        "1 Mails that failed, of the last 7 days",
        "1 Partners' notifications that failed",
        "1 Silent partners for 3 days",
        "1 Cases that wait for us",
    ):
        assert sentence in wrong, wrong
    assert wrong.index("Promises broken") < wrong.index("Silent partners") < wrong.index("Mails that failed")
    mail.delete()
    count_figures()
    assert "Mails that failed" not in home(ada).split('class="wrong"')[1].split("</ul>")[0]


def test_when_all_is_well_a_quiet_sentence_says_so(ada):
    count_figures()
    page = home(ada)
    assert 'class="wrong"' not in page
    assert "Nothing. All is well." in page


def test_numbers_that_nobody_brought_up_to_date_say_so(ada):
    assert "Nothing has been counted yet" in home(ada)
    count_figures()
    StandingNumber.objects.update(read_at=timezone.now() - timedelta(minutes=11))
    page = home(ada)
    assert "The numbers below are old" in page
    assert "All is well" not in page


def test_a_number_that_cannot_be_told_shows_its_age_and_stops_no_other(ada, monkeypatch):
    def broken(now):
        raise DatabaseError("away")

    monkeypatch.setitem(standings, "mails-waiting", Standing("mails-waiting", "Mails", MONITOR, standings["mails-waiting"].listed, broken))
    count_figures()
    assert not StandingNumber.objects.filter(name="mails-waiting").exists()
    assert StandingNumber.objects.count() == len(standings) - 1


def test_it_costs_the_same_however_much_there_is(ada, alice, django_assert_num_queries):
    count_figures()
    client = staff_log_in(ada)
    client.get(HOME)
    for number in range(40):
        purchase(alice, f"N-{number}", timezone.now() - timedelta(days=number % 20), ("stripe", "plimus", "paddle")[number % 3])
        event(Kind.LOGIN_FAILED, timezone.now() - timedelta(hours=number * 5))
        make_case()
    with django_assert_num_queries(QUERIES):
        client.get(HOME)
    count_figures()
    with django_assert_num_queries(QUERIES):
        client.get(HOME)
    with django_assert_num_queries(QUERIES - 2):
        client.get(f"{HOME}purchases/?days=365")


def test_days_are_those_of_the_reader(ada, alice):
    """Late on the 10th in Auckland is the morning of the 10th in UTC, and the 9th in Honolulu."""
    yesterday = timezone.now().astimezone(UTC).replace(hour=9, minute=30, second=0, microsecond=0) - timedelta(days=2)
    purchase(alice, "N-1", yesterday)
    count_figures()
    for zone, days_before in (("Pacific/Auckland", 0), ("Pacific/Honolulu", 1), ("Europe/Berlin", 0)):
        type(ada).objects.filter(pk=ada.pk).update(time_zone=zone)
        client = staff_log_in(ada)
        table = client.get(f"{HOME}purchases/csv/?days=7").content.decode().removeprefix(MARK)
        found = [row[0] for row in csv.reader(io.StringIO(table)) if "1" in row[1:]]
        assert found == [str(yesterday.date() - timedelta(days=days_before))], zone
        assert zone in client.get(f"{HOME}purchases/").content.decode()


def test_today_is_marked_as_not_over(ada):
    count_figures()
    page = home(ada, f"{HOME}cases/")
    first, *others = page.split("<tbody>")[2].split("</tbody>")[0].split("</tr>")
    assert re.search(r"until \d\d?:\d\d", words_of(first)), words_of(first)
    assert not any("until" in words_of(row) for row in others)


@pytest.mark.parametrize("days", CHOICES)
def test_a_figure_over_as_many_days_as_were_chosen(ada, alice, days):
    purchase(alice, "N-1", timezone.now() - timedelta(days=days - 1))
    purchase(alice, "N-2", timezone.now() - timedelta(days=days + 1))
    count_figures()
    client = staff_log_in(ada)
    page = client.get(f"{HOME}purchases/", {"days": days}).content.decode()
    assert f"{days} days</a>" in page
    assert page.split("<tbody>")[2].count("<tr>") == days
    assert 'role="img"' in page
    rows = list(csv.reader(io.StringIO(client.get(f"{HOME}purchases/csv/", {"days": days}).content.decode().removeprefix(MARK))))
    assert len(rows) == days + 1
    assert sum(int(cell) for row in rows[1:] for cell in row[1:]) == 1


@pytest.mark.parametrize("days", ["", "0", "-1", "31", "x", "9" * 400, "٣"])
def test_another_number_of_days_means_thirty(ada, days):
    page = home(ada, f"{HOME}cases/?days={days}")
    assert page.split("<tbody>")[2].count("<tr>") == 30


def test_charts_have_names_and_the_table_says_the_same(ada, alice):
    now = timezone.now()
    for number in range(3):
        purchase(alice, f"N-{number}", now - timedelta(days=number))
    count_figures()
    page = home(ada)
    assert page.count('role="img"') >= 1
    assert 'aria-label="Purchases"' in page


def test_counting_again_changes_nothing_and_what_came_late_is_counted(ada, alice):
    now = timezone.now()
    event(Kind.DOWNLOAD_TAKEN, now - timedelta(days=2))
    count_figures()
    before = list(HourFigure.objects.values_list("name", "hour", "times"))
    counting.count_all(timezone.now(), PLENTY)
    assert list(HourFigure.objects.values_list("name", "hour", "times")) == before
    event(Kind.DOWNLOAD_TAKEN, now - timedelta(hours=1))  # committed late
    event(Kind.DOWNLOAD_TAKEN, now - timedelta(days=2))  # too late: its day is final
    count_figures()
    assert sum(HourFigure.objects.filter(name="download.taken").values_list("times", flat=True)) == 2


def test_what_is_gone_again_is_not_counted_for_ever(alice):
    mistaken = purchase(alice, "N-1", timezone.now())
    count_figures()
    assert HourFigure.objects.filter(name="purchases.standard-webhooks").exists()
    mistaken.delete()
    count_figures()
    assert not HourFigure.objects.filter(name="purchases.standard-webhooks").exists()


def test_after_a_long_pause_the_gap_is_counted(ada):
    now = timezone.now()
    count_figures()
    FigureRun.objects.update(counted_until=now - timedelta(days=9))
    event(Kind.DOWNLOAD_TAKEN, now - timedelta(days=5))
    count_figures()
    assert HourFigure.objects.get(name="download.taken").times == 1


def test_the_past_is_counted_as_far_as_it_is_kept_and_a_piece_at_a_time(ada, monkeypatch):
    monkeypatch.setattr(counting, "STRETCH", timedelta(days=90))
    now = timezone.now()
    event(Kind.DOWNLOAD_TAKEN, now - timedelta(days=300))
    event(Kind.DOWNLOAD_TAKEN, now - timedelta(days=500))
    counting.count_all(now, seconds=0)
    assert not HourFigure.objects.filter(name="download.taken").exists()
    counting.count_all(now, PLENTY)
    assert HourFigure.objects.get(name="download.taken").hour == counting.hour_of(now - timedelta(days=300))
    assert FigureRun.objects.get(pk="downloads").counted_from <= now - HourFigure.KEPT
    HourFigure.objects.create(name="download.taken", hour=counting.hour_of(now - timedelta(days=401)), times=1)
    assert purge_figures() == 1
    assert HourFigure.objects.filter(name="download.taken").count() == 1


def test_every_sweep_counts(ada):
    assert {"operations.tasks.count_figures", "operations.tasks.purge_figures"} <= {sweep.task for sweep in SWEEPS}


def test_no_two_rooms_declare_the_same(ada):
    for declared in (figures["cases"], standings["cases-waiting"], own["cases-mine"]):
        with pytest.raises(ValueError, match="declared twice"):
            register(declared)
    names = [series.name for figure in figures.values() for series in figure.series()]
    assert len(names) == len(set(names))
    assert all(isinstance(figure, Figure) and len(figure.slug) <= 40 for figure in figures.values())


def test_the_start_page_tells_nothing_twice(ada):
    make_case()
    count_figures()
    page = home(ada, "/staff/")
    assert page.count("case waits for us") == 1
    assert 'class="wrong"' not in page
    assert "Nothing but what stands above." in page
    assert 'class="wrong"' in home(ada)


def test_the_command_counts_anew_what_came_with_a_moment_of_the_past(ada, capsys):
    now = timezone.now()
    count_figures()
    event(Kind.DOWNLOAD_TAKEN, now - timedelta(days=9))
    call_command("count_figures")
    assert not HourFigure.objects.filter(name="download.taken").exists()
    capsys.readouterr()
    call_command("count_figures", "--again", "10", "--figure", "downloads", "--dry-run")
    assert capsys.readouterr().out == "downloads: 1 hours of its series in which something happened.\n"
    assert not HourFigure.objects.filter(name="download.taken").exists()
    call_command("count_figures", "--again", "8", "--quiet")
    assert capsys.readouterr().out == ""
    assert not HourFigure.objects.filter(name="download.taken").exists()
    call_command("count_figures", "--again", "10")
    assert HourFigure.objects.get(name="download.taken").times == 1


def test_the_command_leaves_no_gap_behind(ada):
    now = timezone.now()
    call_command("count_figures", "--quiet")
    FigureRun.objects.update(counted_until=now - timedelta(days=9))
    event(Kind.DOWNLOAD_TAKEN, now - timedelta(days=5))
    call_command("count_figures", "--again", "1", "--quiet")
    assert HourFigure.objects.get(name="download.taken").times == 1


@pytest.mark.parametrize("days", ["0", "401", "-1", "x", "1.5", "9" * 30])
def test_the_command_takes_no_odd_number_of_days(days):
    with pytest.raises(CommandError, match=r"is no number of days from 1 to 400|expected one argument"):
        call_command("count_figures", "--again", days)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_many_sweeps_at_once_count_each_once(alice):
    for number in range(20):
        purchase(alice, f"N-{number}", timezone.now() - timedelta(hours=number))
    at_once(lambda _number: count_figures(), range(6))
    assert sum(HourFigure.objects.filter(name="purchases.standard-webhooks").values_list("times", flat=True)) == 20

"""How long people wait, and how long they waited."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from support.desk.figures import Span, figures_of, in_words
from support.models import Case, Channel, Life, State
from tests.pages import words_of
from tests.staff import staff_log_in
from tests.support.cases import make_case

pytestmark = pytest.mark.django_db
NOW = timezone.make_aware(datetime(2026, 5, 6, 12, 0))  # a Wednesday
PAGE = "/staff/desk/figures/"


def opened(at: datetime, answered: timedelta | None = None, closed: timedelta | None = None, **values: object) -> Case:
    """A case of the past; what was told in it is of no matter here."""
    return Case.objects.create(
        key_name=Case.new_key_name(),
        channel=Channel.FORM,
        opened_at=at,
        first_answered_at=answered and at + answered,
        closed_at=closed and at + closed,
        **{"state": State.CLOSED if closed else State.ANSWERED if answered else State.OPEN} | values,
    )


def waiting(for_: timedelta, **values: object) -> Case:
    return opened(NOW - for_, waiting_since=NOW - for_, **values)


def test_who_waits_is_counted_by_how_long():
    for minutes in (0, 59, 61, 239, 241):
        waiting(timedelta(minutes=minutes))
    waiting(timedelta(days=2), is_priority=True)
    waiting(timedelta(days=6))
    waiting(timedelta(days=400))
    waiting(timedelta(hours=1), life=Life.DESTROYING)
    waiting(timedelta(hours=1), state=State.ANSWERED)
    ages = figures_of(NOW).ages
    assert [(age.priority, age.others) for age in ages] == [(0, 2), (0, 2), (0, 1), (1, 0), (0, 1), (0, 1)]


def test_an_age_on_a_border_is_counted_once():
    for age in (timedelta(hours=1), timedelta(hours=4), timedelta(days=1), timedelta(days=3), timedelta(days=7)):
        waiting(age)
    assert figures_of(NOW).waiting == 5


def test_half_and_nine_of_ten_by_rank():
    monday = NOW - timedelta(days=2)
    for minutes in range(1, 11):
        opened(monday, answered=timedelta(minutes=minutes), closed=timedelta(hours=minutes))
    opened(monday)
    week = figures_of(NOW).weeks[-1]
    assert (week.opened, week.answered, week.closed) == (11, 10, 10)
    assert week.answer == Span(timedelta(minutes=5), timedelta(minutes=9))
    assert week.closing == Span(timedelta(hours=5), timedelta(hours=9))


def test_one_case_is_half_and_nine_of_ten():
    opened(NOW - timedelta(hours=5), answered=timedelta(hours=3))
    figures = figures_of(NOW)
    assert figures.lately.answer == figures.weeks[-1].answer == Span(timedelta(hours=3), timedelta(hours=3))
    assert figures.weeks[-1].closing == Span()


def test_the_weeks_begin_on_mondays_and_there_are_twelve():
    monday = timezone.make_aware(datetime(2026, 5, 4))
    opened(monday, answered=timedelta(hours=1))
    opened(monday - timedelta(seconds=1), answered=timedelta(hours=2))
    opened(monday - timedelta(weeks=11), answered=timedelta(hours=3))
    opened(monday - timedelta(weeks=11, seconds=1), answered=timedelta(hours=4))
    figures = figures_of(NOW)
    assert [week.opened for week in figures.weeks] == [1, *[0] * 9, 1, 1]
    assert [week.name for week in (figures.weeks[0], figures.weeks[-1])] == ["16 Feb", "4 May"]
    assert figures.lately.opened == 2


@pytest.mark.parametrize("number", [3, 60])
def test_it_asks_the_same_questions_of_three_and_of_sixty(django_assert_num_queries, number):
    for count in range(number):
        opened(NOW - timedelta(days=count), answered=timedelta(hours=count + 1), closed=timedelta(days=count + 1))
    with django_assert_num_queries(7):
        figures_of(NOW)


def test_the_page_has_pictures_and_the_same_in_words(sam):
    client = staff_log_in(sam)
    assert "There is nothing to draw yet." in words_of(client.get(PAGE).content.decode())
    make_case()
    opened(timezone.now() - timedelta(days=1), answered=timedelta(minutes=200), closed=timedelta(hours=50))
    html = client.get(PAGE).content.decode()
    assert html.count('<div class="chart columns">') == 3
    assert "First answers, in hours" in html
    assert "The last 30 days 2 1 3 h 20 min 3 h 20 min 1 2 days 2 h 2 days 2 h" in words_of(html)


@pytest.mark.parametrize(
    ("length", "words"),
    [(None, "–"), (timedelta(0), "0 min"), (timedelta(minutes=59, seconds=29), "59 min"), (timedelta(hours=24), "1 day 0 h")],
)
def test_lengths_in_words(length, words):
    assert in_words(length) == words

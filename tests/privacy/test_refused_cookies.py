"""What the cookie gate strips in production is counted, and breaks a promise for a day."""

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from privacy import refusals
from privacy.areas import GENERAL
from privacy.looks.cookies import no_page_tried_to_set_another_cookie
from privacy.middleware import cookie_gate
from privacy.models import RefusedCookie
from privacy.promise_checks import Outcome

pytestmark = pytest.mark.django_db


def visit(settings, path: str = "/contact/", name: str = "tracker") -> HttpResponse:
    """A page that sets a cookie which nobody declared, as production answers it."""
    settings.PRODUCTION = True
    response = HttpResponse("the page")
    response.set_cookie(name, "alice")
    return cookie_gate(lambda request: response)(RequestFactory().get(path))


def test_it_is_stripped_counted_and_told(settings):
    answer = visit(settings)
    assert (answer.content, answer.cookies) == (b"the page", {})
    row = RefusedCookie.objects.get()
    assert (row.area, row.name, row.times) == ("general", "tracker", 1)
    outcome, evidence = no_page_tried_to_set_another_cookie()
    assert outcome == Outcome.BROKEN
    assert "tracker in the area general (1 times" in evidence


def test_many_are_counted_in_memory_and_written_once_a_minute(settings, django_assert_num_queries):
    visit(settings)
    with django_assert_num_queries(0):
        for _time in range(9):
            visit(settings)
    refusals.written.clear()
    visit(settings)
    assert RefusedCookie.objects.get().times == 11


def test_names_that_are_made_up_anew_fill_nothing(settings):
    for number in range(refusals.MOST + 20):
        visit(settings, name=f"tracker{number}")
    assert RefusedCookie.objects.count() == len(refusals.counted) == refusals.MOST


def test_the_visitor_gets_the_page_while_the_database_is_away(settings, monkeypatch):
    def gone(*arguments: object) -> None:
        raise DatabaseError

    with monkeypatch.context() as patch:
        patch.setattr(RefusedCookie.objects, "count_in", gone)
        assert visit(settings).content == b"the page"
    refusals.written.clear()
    refusals.note(GENERAL, "tracker")
    assert RefusedCookie.objects.get().times == 2, "and none is forgotten"


def test_a_day_later_it_is_over(settings):
    visit(settings)
    RefusedCookie.objects.update(last_at=timezone.now() - timedelta(days=1, minutes=1))
    assert no_page_tried_to_set_another_cookie()[0] == Outcome.KEPT

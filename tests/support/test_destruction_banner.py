"""The banner of the staff area, and the commands: red while something is late or failed, and silent when all is in order."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.utils import timezone

from privacy import promise_checks
from privacy.promise_checks import Outcome, findings
from support.models import Case, SweepMark
from support.tasks import purge_support
from support.vault import files
from tests.pages import words_of
from tests.staff import staff_log_in
from tests.support.cases import incoming
from tests.support.destroyed import due_case, in_the_way, try_again_now

pytestmark = pytest.mark.django_db


def late_case() -> Case:
    case = due_case(files=[incoming()])
    Case.objects.filter(pk=case.pk).update(destroy_at=timezone.now() - timedelta(minutes=61))
    return case


@pytest.mark.parametrize("page", ["/staff/", "/staff/support/cannedanswer/"])
def test_every_page_says_that_a_case_is_late_and_failed_until_it_is_done(sam, page):
    browser, case = staff_log_in(sam), late_case()
    cache.clear()
    assert "should have been destroyed an hour ago" in words_of(browser.get(page).content.decode())
    with in_the_way(files.path_of(case.key_name, case.files.get().stored_as)):
        purge_support()
        cache.clear()
        words = words_of(browser.get(page).content.decode())
        assert "could not be destroyed" in words
        assert "should have been destroyed an hour ago" in words
    try_again_now()
    purge_support()
    cache.clear()
    assert "destroyed" not in words_of(browser.get(page).content.decode())


def test_it_is_asked_once_a_minute(sam, django_assert_num_queries, django_assert_max_num_queries):
    browser = staff_log_in(sam)
    cache.clear()
    browser.get("/staff/support/cannedanswer/")
    with django_assert_max_num_queries(20) as queries:
        browser.get("/staff/support/cannedanswer/")
    assert not [query for query in queries.captured_queries if "support_destruction" in query["sql"]]


def test_administration_sees_what_stands_in_the_way(ada):
    case = late_case()
    with in_the_way(files.path_of(case.key_name, case.files.get().stored_as)):
        purge_support()
        page = words_of(staff_log_in(ada).get("/staff/support/destruction/").content.decode())
    assert "bytes: Is a directory (errno 21)" in page
    assert case.reference not in page


def test_the_command_shows_what_is_due_and_changes_nothing():
    case = due_case()
    call_command("purge_support", dry_run=True, stdout=(out := StringIO()))
    assert f"1  to be destroyed now: {case.reference}" in out.getvalue()
    assert Case.objects.live().count() == 1
    call_command("purge_support", stdout=(out := StringIO()))
    assert "Destroyed, and looked for afterwards: 1. Failed: 0." in out.getvalue()
    call_command("purge_support", verbosity=0, stdout=(out := StringIO()))
    assert out.getvalue() == ""


def test_the_command_fails_while_something_is_late_or_failed():
    case = late_case()
    with pytest.raises(CommandError) as raised:
        call_command("purge_support", dry_run=True, verbosity=0, stdout=(out := StringIO()))
    assert raised.value.returncode == 1
    assert f"hour ago, or longer: {case.reference}" in out.getvalue()
    with pytest.raises(CommandError) as raised:
        call_command("purge_support", limit=0)
    assert raised.value.returncode == 2


def test_the_promises_are_told_one_by_one_and_as_json():
    call_command("check_promises", json=True, stdout=(out := StringIO()))
    promises = {promise["number"]: promise for promise in json.loads(out.getvalue())["promises"]}
    assert (promises["G8"]["outcome"], promises["D3"]["outcome"]) == ("cannot tell", "cannot tell")
    assert {"kept", "cannot tell"} == {finding["outcome"] for finding in promises["G8"]["findings"]}
    purge_support()
    assert "       kept         a worker looked for cases" in said()
    SweepMark.objects.update(ended_at=timezone.now() - timedelta(minutes=16))
    with pytest.raises(SystemExit):
        said()
    assert [finding.outcome for finding in findings() if finding.promise == "D3" and finding.check == "a_worker_looks"] == [Outcome.BROKEN]


def test_a_check_that_breaks_cannot_tell_and_keeps_no_other_from_telling(monkeypatch):
    def broken() -> tuple[Outcome, str]:
        raise OSError

    monkeypatch.setattr(promise_checks, "registered", [(("G1",), broken), *promise_checks.registered])
    found = list(findings())
    assert (found[0].promise, found[0].outcome, found[0].evidence) == ("G1", Outcome.UNKNOWN, "broken could not look: OSError")
    assert len(found) > 4


def said() -> str:
    call_command("check_promises", stdout=(out := StringIO()))
    return out.getvalue()

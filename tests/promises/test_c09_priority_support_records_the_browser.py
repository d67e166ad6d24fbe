"""C9: a request for priority support records computer and browser, after showing what, so that common faults are seen at once."""

import pytest
from django.test import Client

from infacta.browsers import browser_and_version
from support.cases.faults import likely_faults
from support.models import Case, CaseDetails
from tests.customer import Browser, log_in
from tests.pages import words_of
from tests.support.cases import make_case
from tests.support.pages import CUSTOMERS_NEW, ask

pytestmark = pytest.mark.django_db
OLD = "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0.4430.93 Safari/537.36"


def test_c09_computer_and_browser_are_shown_then_recorded_and_lead_to_the_fault(alice, notebook_file):
    customer = log_in(alice, Browser(headers={"User-Agent": OLD}))
    del customer.cookies["greeting"]
    page = words_of(customer.get(CUSTOMERS_NEW).content.decode())
    assert "we record the following about this browser and computer, and nothing else" in page
    assert "Browser Chrome 90.0 System Windows 7 Cookies accepted, but none that last" in page
    ask(customer, CUSTOMERS_NEW, product="notebook", version="0.9")
    case = Case.objects.get()
    assert case.is_priority
    assert case.details.circumstances == {"browser": browser_and_version(OLD), "system": "Windows 7", "cookies": "temporary"}
    assert [fault.code for fault in likely_faults(case)] == ["lasting-cookies", "browser", "version"]


def test_c09_a_browser_that_refuses_cookies_is_seen_at_once(alice):
    (fault,) = likely_faults(make_case(user=alice, details=CaseDetails(circumstances={"cookies": "refused"})))
    assert "refuses cookies" in fault.words


def test_c09_nothing_is_recorded_of_anybody_else(mallory, notebook):
    for client, path in (
        (Client(headers={"User-Agent": OLD}), "/support/new/"),
        (log_in(mallory, Client(headers={"User-Agent": OLD})), CUSTOMERS_NEW),
    ):
        ask(client, path, product="notebook")
    assert not any(case.details.circumstances for case in Case.objects.all())
    assert "Chrome" not in str([case.details for case in Case.objects.all()])


def test_c09_the_policy_says_so():
    page = words_of(Client().get("/privacy/resources/").content.decode())
    assert "version, browser and computer, the number of your mail, sealed under the case's own key" in page

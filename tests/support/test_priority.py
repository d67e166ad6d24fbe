"""Priority support: who has it, what is recorded of browser and computer, that it is shown before, and what is likely wrong (promise C9)."""

from datetime import timedelta

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.models import User
from downloads.models import Edition, Entitlement, Release, ReleaseFile
from infacta.browsers import browser_and_version, system_and_version
from support.cases.circumstances import circumstances_of
from support.cases.faults import likely_faults, system_in
from support.cases.priority import products_with_priority
from support.models import Case, CaseDetails
from tests.cast import ALICE as ALICES_CONTACT
from tests.cast import buy, make_file
from tests.customer import Browser, log_in
from tests.pages import words_of
from tests.staff import staff_log_in
from tests.support.cases import make_case
from tests.support.pages import CUSTOMERS_NEW, FIREFOX, ask

pytestmark = pytest.mark.django_db
HEADERS = {"User-Agent": FIREFOX, "Accept-Language": "fr-CA,fr;q=0.8", "Sec-CH-UA-Mobile": "?0"}


@pytest.fixture
def customer(alice) -> Client:
    return log_in(alice, Browser(headers=HEADERS))


# Who


def test_whoever_bought_and_whose_upgrades_run_has_it(alice, alices, bob, mallory, notebook, mailer):
    assert products_with_priority(alice) == [notebook]
    assert products_with_priority(bob) == [mailer]
    assert products_with_priority(mallory) == []
    Entitlement.objects.filter(pk=alices.pk).update(upgrades_until=timezone.now() + timedelta(days=1))
    assert products_with_priority(alice) == [notebook]
    Entitlement.objects.filter(pk=alices.pk).update(upgrades_until=timezone.now() - timedelta(days=1))
    assert products_with_priority(alice) == []


def test_what_was_taken_back_brings_none(alice, alices):
    alices.revoke(1)
    assert products_with_priority(alice) == []


def test_an_edition_may_be_without_it(alice, notebook):
    small = Edition.objects.create(product=notebook, code="N-S", name="Small", priority_support=False)
    Entitlement.objects.update(edition=small)
    assert products_with_priority(alice) == []
    buy(ALICES_CONTACT, notebook, order="A-2", edition=Edition.objects.create(product=notebook, code="N-L", name="Large"))
    assert products_with_priority(alice) == [notebook]


# What is recorded


def test_the_page_shows_exactly_what_will_be_recorded(customer, notebook):
    page = words_of(customer.get(CUSTOMERS_NEW).content.decode())
    shown = "Browser Firefox 128.0 System Windows 10 Cookies accepted Languages fr-CA,fr;q=0.8 Screen not a telephone's"
    assert shown in page
    assert not Case.objects.exists()
    ask(customer, CUSTOMERS_NEW, product="notebook")
    case = Case.objects.get()
    assert case.is_priority
    assert case.details.circumstances == {
        "browser": "Firefox 128.0",
        "system": "Windows 10",
        "cookies": "accepted",
        "language": "fr-CA,fr;q=0.8",
        "screen": "large",
    }
    assert "Firefox" not in str(Case.objects.values().get())


def test_about_another_product_it_is_not_recorded(customer, mailer):
    ask(customer, CUSTOMERS_NEW, product="mailer")
    ask(customer, CUSTOMERS_NEW, text="And one more")
    assert [(case.is_priority, case.details.circumstances) for case in Case.objects.all()] == [(False, None)] * 2


def test_a_browser_that_loses_its_lasting_cookies_is_seen(customer):
    del customer.cookies["greeting"]
    assert "none that last longer than the browser is open" in words_of(customer.get(CUSTOMERS_NEW).content.decode())


def test_whoever_wished_no_greeting_is_not_suspected(customer, alice):
    User.objects.filter(pk=alice.pk).update(greets=False)
    del customer.cookies["greeting"]
    assert "Cookies accepted Languages" in words_of(customer.get(CUSTOMERS_NEW).content.decode())


@pytest.mark.parametrize(
    "agent", ["", "\x00\x01", "x" * 100_000, "Mozilla/5.0 (" + "(" * 5000, "Firefox/" + "9" * 5000, "\u202eFirefox/128.0"]
)
def test_whatever_a_browser_says_of_itself_is_one_short_line(agent, alice):
    request = RequestFactory().get("/", headers={"User-Agent": agent, "Accept-Language": agent})
    request.user = alice
    told = circumstances_of(request)
    assert told["cookies"] == "refused"
    assert all(value.isprintable() and 0 < len(value) <= 100 for value in told.values())


def test_browsers_and_systems_with_their_versions():
    assert (browser_and_version(FIREFOX), system_and_version(FIREFOX)) == ("Firefox 128.0", "Windows 10")
    assert (browser_and_version("x"), system_and_version("x")) == ("", "")


# What is likely wrong


def told(alice, product=None, version="", **circumstances: str) -> Case:
    details = CaseDetails(subject="x", email=alice.email, version=version, circumstances=circumstances)
    return make_case(user=alice, product=product, details=details)


def faults(*args: object, **values: str) -> list[str]:
    return [fault.code for fault in likely_faults(told(*args, **values))]


@pytest.mark.parametrize(
    ("circumstances", "codes"),
    [
        ({}, []),
        ({"cookies": "accepted", "browser": "Firefox 128.0"}, []),
        ({"cookies": "refused"}, ["cookies"]),
        ({"cookies": "temporary"}, ["lasting-cookies"]),
        ({"browser": "IE 11.0"}, ["browser"]),
        ({"browser": "Chrome 90.0", "cookies": "refused"}, ["cookies", "browser"]),
        ({"browser": "Mobile Safari 17.4"}, []),
        ({"browser": "Nobody 1.0"}, []),
        ({"browser": "Firefox"}, []),
        ({"browser": "Firefox " + "9" * 90}, []),
    ],
)
def test_cookies_and_browser(alice, circumstances, codes):
    assert faults(alice, **circumstances) == codes


def test_every_fault_has_words_for_staff_and_a_hint(alice, notebook, notebook_file):
    ReleaseFile.objects.update(platform="windows", minimum_system="10.0.17763")
    case = told(alice, notebook, "0.9", cookies="refused", browser="IE 6.0", system="Windows XP")
    found = likely_faults(case)
    assert [fault.code for fault in found] == ["cookies", "browser", "version", "system"]
    assert "it needs Windows 10.0.17763" in found[3].words
    assert "Please install version 1.0 first" in found[2].hint
    assert all(fault.words and fault.hint for fault in found)


def test_an_old_version_is_one_older_than_the_latest_that_the_customer_may_have(alice, alices, notebook, notebook_file):
    make_file(notebook, "2.0")
    assert faults(alice, notebook, "1.0") == ["version"]
    assert faults(alice, notebook, "2.0") == faults(alice, notebook, "2.1-beta.1") == faults(alice, notebook, "the blue one") == []
    Entitlement.objects.update(upgrades_until=timezone.now() - timedelta(days=10))
    Release.objects.filter(version="1.0").update(published_at=timezone.now() - timedelta(days=20))
    assert faults(alice, notebook, "1.0") == []
    assert faults(alice, notebook, "0.9") == ["version"]


def test_of_somebody_unknown_the_latest_release_counts_and_of_whoever_has_nothing_none(mallory, notebook, notebook_file):
    details = CaseDetails(version="0.9")
    assert [fault.code for fault in likely_faults(make_case(product=notebook, details=details))] == ["version"]
    assert likely_faults(make_case(product=notebook, details=details, user=mallory)) == []


@pytest.mark.parametrize(
    ("system", "platform", "minimum", "is_old"),
    [
        ("Windows 7", "windows", "10.0.17763", True),
        ("Windows 10", "windows", "10.0.17763", False),  # nobody knows which 10
        ("Windows 10.0.10240", "windows", "10.0.17763", True),
        ("Windows 11", "windows", "10.0.17763", False),
        ("Windows XP", "windows", "", False),
        ("Mac OS X 10.15", "macos", "13.0", False),  # every browser says so
        ("macOS 12.4", "macos", "13.0", True),
        ("macOS 14", "macos", "13.0", False),
        ("Linux", "windows", "", True),
        ("Linux", "any", "", False),
        ("BeOS", "windows", "", False),
    ],
)
def test_systems(alice, notebook, notebook_file, system, platform, minimum, is_old):
    ReleaseFile.objects.update(platform=platform, minimum_system=minimum)
    assert faults(alice, notebook, system=system) == (["system"] if is_old else [])


def test_what_is_no_system_means_nothing():
    for words in ("", "Windows", "windows " + "9" * 100, "linux\x00", "10.0", "macOS ....", "Windows \u0661"):
        system_in(words)


def test_it_asks_little(alice, notebook, notebook_file, django_assert_num_queries):
    case = told(alice, notebook, "0.9", cookies="refused", browser="IE 6.0", system="Windows XP")
    with django_assert_num_queries(3):
        likely_faults(case)


def test_staff_choose_which_editions_bring_it(ada, notebook):
    edition = Edition.objects.create(product=notebook, code="N-S", name="Small")
    page = staff_log_in(ada).get(f"/staff/downloads/edition/{edition.pk}/change/").content.decode()
    assert 'name="priority_support"' in page

"""G2: the site is machine-readably private: complete and valid P3P 1.0, and its living successors.

A strict checker of our own (tests/p3p_checker) reads what is published. That it says the same as the registry is proved in
tests/privacy/test_p3p_round_trip.py.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from privacy.looks.p3p import machines_are_told
from privacy.middleware import area_headers
from privacy.p3p.compact import header_of
from privacy.promise_checks import Outcome
from tests.customer import Browser, log_in
from tests.p3p_checker import complaints_of_header, complaints_of_policies, complaints_of_references
from tests.p3p_checker.references import policy_name_for
from tests.pages import Tags, html_of, staff_addresses, words_of
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db
REFERENCES, POLICIES = "/w3c/p3p.xml", "/w3c/policies.xml"
AREAS = {"general", "resources", "promotions", "staff"}
GPC = {"Sec-GPC": "1"}
WELL_KNOWN = "/.well-known/"


def area_for(path: str) -> str:
    """By the first segment of the address, as the promise has it."""
    first = path.lstrip("/").partition("/")[0]
    return first if first in AREAS else "general"


def published(path: str) -> bytes:
    answer = Client().get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/xml; charset=utf-8")
    return answer.content


def has_timetable(address: str) -> bool:
    """Whether the human policy says when data is destroyed: it leads to the table, and the table has rows."""
    page = Client().get(address.removeprefix("http://localhost:8000"))
    assert page.status_code == 200
    text = page.content.decode().partition("<main")[2].partition("</main>")[0]
    return "/privacy/retention/" in Tags(text).links() and Client().get("/privacy/retention/").content.count(b"<tr") > 10


# The files


def test_g02_the_reference_file_is_valid(client):
    assert complaints_of_references(published(REFERENCES), {POLICIES: published(POLICIES)}, timezone.now()) == []


def test_g02_the_policies_are_valid_and_there_is_one_for_each_area(client):
    assert complaints_of_policies(published(POLICIES), timezone.now(), has_timetable) == []
    assert {policy.get("name") for policy in ElementTree.fromstring(published(POLICIES)) if policy.get("name")} == AREAS


def test_g02_both_may_be_kept_for_the_day_that_they_are_valid_and_set_no_cookie(client):
    for path in (REFERENCES, POLICIES):
        answer = client.get(path)
        assert set(answer["Cache-Control"].split(", ")) == {"public", "max-age=86400"}
        assert b'max-age="86400"' in answer.content
        assert "Accept-Language" in answer["Vary"]
        assert not answer.cookies
        assert client.head(path)["Content-Length"] == str(len(answer.content))
        assert client.post(path).status_code == 405


def test_g02_what_they_lead_a_person_to_is_there(client):
    for policy in ElementTree.fromstring(published(POLICIES)):
        for attribute in ("discuri", "opturi"):
            if address := policy.get(attribute):
                assert client.get(address.removeprefix("http://localhost:8000")).status_code == 200, address


def test_g02_no_text_breaks_out_of_its_place(settings, monkeypatch):
    settings.SITE_NAME = settings.VENDOR_ADDRESS = """</DATA></ENTITY><ACCESS><none/></ACCESS><!-- "&' ]]>"""
    assert complaints_of_policies(published(POLICIES), timezone.now(), has_timetable) == []
    told = [data.text for data in ElementTree.fromstring(published(POLICIES)).iter("{http://www.w3.org/2002/01/P3Pv1}DATA")]
    assert told.count(settings.SITE_NAME) == 2 * len(AREAS)


def test_g02_a_name_with_characters_that_no_xml_may_hold_is_told_without_them(settings):
    settings.SITE_NAME, settings.VENDOR_ADDRESS = "In\x0bfa\x00ct\ufffea", "1 Mill\x1b Lane,\nMilltown \U0001f3e0"
    assert complaints_of_policies(published(POLICIES), timezone.now(), has_timetable) == []
    told = {data.text for data in ElementTree.fromstring(published(POLICIES)).iter("{http://www.w3.org/2002/01/P3Pv1}DATA")}
    assert {"Infacta", "1 Mill Lane,\nMilltown \U0001f3e0"} <= told


def test_g02_they_say_in_which_language_they_speak():
    for language in ("en", "de"):
        document = Client(headers={"Accept-Language": language}).get(POLICIES).content
        languages = {policy.get("{http://www.w3.org/XML/1998/namespace}lang") for policy in ElementTree.fromstring(document)}
        assert languages == {None, language}
        assert complaints_of_policies(document, timezone.now(), has_timetable) == []


# The header and the link


def test_g02_every_answer_of_every_area_carries_the_right_header(alice, every_address):
    references, policies = published(REFERENCES), published(POLICIES)
    headers: dict[str, set[str]] = {area: set() for area in AREAS}
    for client in (Client(), log_in(alice)):
        for path in [*every_address, "/resources", "/promotions", "/staff", "/staff/login/"]:
            for ask in (client.get, client.head, client.options, client.delete):
                headers[area_for(path)].add(ask(path).headers["P3P"])
            assert policy_name_for(ElementTree.fromstring(references), path) == area_for(path), path
    for area, found in headers.items():
        assert len(found) == 1, area
        assert complaints_of_header(found.pop(), policies, area, REFERENCES) == [], area


def test_g02_pages_of_staff_too(ada, alices, notebook_file):
    client, policies = staff_log_in(ada), published(POLICIES)
    found = {client.get(path).headers["P3P"] for path in staff_addresses()}
    assert len(found) == 1
    assert complaints_of_header(found.pop(), policies, "staff", REFERENCES) == []


def test_g02_what_goes_wrong_carries_it_too(settings):
    expected = Client().get("/").headers["P3P"]
    settings.ALLOWED_HOSTS = ["elsewhere.example"]
    assert Client().get("/").status_code == 400
    assert Client().get("/").headers["P3P"] == expected


def test_g02_every_page_links_the_reference_file(alice, ada, every_address):
    pages = html_of(log_in(alice), every_address) | html_of(staff_log_in(ada), ["/staff/", "/staff/accounts/user/"])
    pages |= html_of(Client(), [*every_address, "/staff/login/"])
    assert len(pages) > 40
    for path, html in pages.items():
        assert [tag["href"] for name, tag in Tags(html).found if name == "link" and tag["rel"] == "P3Pv1"] == [REFERENCES], path


def test_g02_the_header_asks_the_database_nothing(django_assert_num_queries):
    """Not even when it is put together, once in each process; after that it is looked up."""
    middleware = area_headers(lambda request: HttpResponse())
    header_of.cache_clear()
    with django_assert_num_queries(0):
        for path in ("/", "/resources/", "/promotions/", "/staff/", "/products/", "/resources/account/"):
            assert 'CP="ALL' in middleware(RequestFactory().get(path)).headers["P3P"]
    assert header_of.cache_info().misses == len(AREAS)


# For a person


def test_g02_a_page_explains_what_machines_are_told(client):
    html = client.get("/privacy/machine-readable/").content.decode()
    words = words_of(html)
    assert "The Platform for Privacy Preferences was recommended by the W3C in 2002" in words
    assert "It was retired in 2018" in words
    assert {REFERENCES, POLICIES, "/.well-known/gpc.json", "/.well-known/security.txt"} <= set(Tags(html).links())
    for path in ("/", "/resources/log-in/", "/promotions/", "/staff/login/"):
        header = client.get(path).headers["P3P"]
        part = words.partition(f"P3P: {header} ")[2].partition("P3P: ")[0]
        for token in re.findall(r'CP="([^"]*)"', header)[0].split():
            assert re.search(rf"\b{token} \w+", part), (path, token)
    assert "CONo to write to you about products, unless you refuse" in words
    assert "OTRi somebody with practices of their own: the partner at whom you buy, only if you ask for it" in words


def test_g02_the_human_policies_lead_there_and_call_it_historical(client):
    for path in ("/privacy/", "/privacy/resources/", "/privacy/promotions/"):
        html = client.get(path).content.decode()
        assert "in a historical format, the W3C's P3P 1.0" in words_of(html)
        assert {"/privacy/machine-readable/", "/privacy/choices/"} <= set(Tags(html).links())


def test_g02_a_page_says_what_one_can_refuse_and_where(client):
    html = client.get("/privacy/choices/").content.decode()
    words = words_of(html)
    assert "To send you the announcements that you joined for: only if you ask for it." in words
    assert "To tell you, as a customer, of releases, updates and special offers: unless you refuse." in words
    assert re.search(r"greeting greets you on your next visit.*: unless you refuse\.", words)
    assert re.search(r"account fills in your address at the log-in.*: only if you ask for it\.", words)
    assert {"/resources/cookies/", "/resources/account/announcements/"} <= set(Tags(html).links())


# The successors


def test_g02_the_site_says_that_it_honours_global_privacy_control(client):
    answer = client.get(f"{WELL_KNOWN}gpc.json")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    said = json.loads(answer.content)
    assert set(said) == {"gpc", "lastUpdate"}
    assert said["gpc"] is True
    assert datetime.strptime(said["lastUpdate"], "%Y-%m-%d").replace(tzinfo=UTC) <= timezone.now()


def test_g02_and_it_does_so_in_every_area(alice, ada, every_address):
    optional = {"greeting", "account"}
    browser = Browser()
    log_in(alice, browser, remember="on")
    assert set(browser.cookies) >= optional, "without the signal they are set"
    browser = Browser(headers=GPC)
    log_in(alice, browser, remember="on")
    staff_log_in(ada, browser)
    for path in [*every_address, *staff_addresses()]:
        assert not optional & set(browser.get(path).cookies), path
    assert not optional & set(browser.cookies)
    assert {"authentication", "staff_authentication"} <= set(browser.cookies), "and everything else works"


def test_g02_whoever_finds_a_fault_reads_whom_to_tell(client, settings):
    """RFC 9116."""
    answer = client.get(f"{WELL_KNOWN}security.txt")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; charset=utf-8")
    text = answer.content.decode()
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    fields = [line.split(": ", 1) for line in text.splitlines()]
    assert [name for name, _value in fields] == ["Contact", "Expires", "Preferred-Languages", "Canonical"], "each once"
    said = dict(fields)
    assert said["Contact"] == f"mailto:{settings.PRIVACY_EMAIL}"
    assert said["Canonical"] == "http://localhost:8000/.well-known/security.txt"
    assert said["Preferred-Languages"].split(", ") == [code for code, _name in settings.LANGUAGES]


@pytest.mark.parametrize("now", ["2026-12-31T23:59:59Z", "2028-02-29T12:00:00Z", "2051-06-30T00:00:00Z"])
def test_g02_it_never_lapses_and_never_promises_a_year(client, now, monkeypatch):
    moment = datetime.fromisoformat(now)
    monkeypatch.setattr(timezone, "now", lambda: moment)
    text = client.get(f"{WELL_KNOWN}security.txt").content.decode()
    expires = datetime.fromisoformat(re.findall(r"Expires: (\S+)", text)[0])
    assert moment + timedelta(days=30) < expires < moment + timedelta(days=365)


def test_g02_password_managers_find_the_page(alice):
    answer = log_in(alice).get(f"{WELL_KNOWN}change-password")
    assert (answer.status_code, answer["Location"]) == (302, "/resources/account/password/")
    assert 'name="new_password"' in log_in(alice).get(answer["Location"]).content.decode()


@pytest.mark.parametrize(
    "name",
    ["", "resource-that-should-not-exist-whose-status-code-should-not-be-200", "security.txt/", "openid-configuration", "dnt-policy.txt"],
)
def test_g02_whatever_else_is_well_known_is_not_here(client, name):
    assert client.get(WELL_KNOWN + name).status_code == 404


# On a running site


def test_g02_check_promises_says_so(capsys):
    assert machines_are_told()[0] == Outcome.KEPT
    call_command("check_promises")
    assert re.search(r"G2\W+kept", capsys.readouterr().out)


def test_g02_behind_https_too(settings):
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True
    for header in (None, ("HTTP_X_FORWARDED_PROTO", "https")):
        settings.SECURE_PROXY_SSL_HEADER = header
        assert machines_are_told()[0] == Outcome.KEPT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("privacy.p3p.documents.LIFE", 0),
        ("privacy.p3p.documents.POLICIES_FILE", "/w3c/none.xml"),
        ("privacy.p3p.documents.NAMESPACE", "http://www.w3.org/2000/12/P3Pv1"),
        ("privacy.middleware.header_of", lambda area: "CP=ALL"),
        ("privacy.well_known.EXPIRES_AFTER", timedelta(days=-1)),
        ("privacy.p3p.vocabulary.PURPOSES", {}),
    ],
)
def test_g02_it_notices_what_is_wrong(monkeypatch, name, value):
    monkeypatch.setattr(name, value)
    outcome, evidence = machines_are_told()
    assert outcome == Outcome.BROKEN
    assert evidence

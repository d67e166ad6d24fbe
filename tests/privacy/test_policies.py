"""The policies, the cookie page and the retention table say what the registry declares, all of it, and every page links its own policy."""

import pytest
from django.test import Client
from django.utils.html import escape

from privacy.areas import AREAS, GENERAL, PROMOTIONS, RESOURCES, STAFF, Area, area_of, covered_with
from privacy.policies import policy_of
from privacy.registry import Cookie, Flow, ModelDeclaration, Personal, Purpose, Recipient, Registry, Retention, registry
from tests.customer import log_in
from tests.pages import Tags, footer_of, html_of, is_page, staff_addresses, words_of
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db

POLICIES = {GENERAL: "/privacy/", RESOURCES: "/privacy/resources/", PROMOTIONS: "/privacy/promotions/"}
each_policy = pytest.mark.parametrize("area", POLICIES, ids=lambda area: area.slug)


def read(path: str) -> str:
    return words_of(Client().get(path).content.decode())


def plain(text: object) -> str:
    """A declared text as it reads on a page."""
    return " ".join(str(text).split())


def models_of(area: Area) -> list[ModelDeclaration]:
    """What is declared of people in any area that this one's policy covers."""
    return [declared for declared in registry.models.values() if declared.personal and set(declared.areas) & set(covered_with(area))]


def policy_link(area: Area) -> str:
    return POLICIES[GENERAL if area is STAFF else area]


@each_policy
def test_every_cookie_of_the_area_is_on_its_policy_with_all_that_is_declared(area):
    page = read(POLICIES[area])
    for cookie in registry.cookies_of(area):
        row = f"{cookie.full_name} {cookie.content} {cookie.purpose} {cookie.life_in_words} {cookie.path}"
        assert plain(row) in page


@each_policy
def test_no_cookie_of_another_area_is_on_the_policy(area):
    html = Client().get(POLICIES[area]).content.decode()
    for cookie in registry.cookies:
        assert (f"<code>{cookie.full_name}</code>" in html.partition("<footer>")[0]) == bool(set(cookie.areas) & set(covered_with(area)))


@each_policy
def test_every_personal_data_item_is_there_with_its_purposes_and_retention(area):
    page = read(POLICIES[area])
    for declared in models_of(area):
        start = page.index(plain(f"{declared.title} {next(iter(declared.personal.values())).text}"))
        paragraph = page[start : page.index("Kept:", start)]
        kept = page[page.index("Kept:", start) :][:300]
        for name, personal in declared.personal.items():
            assert plain(personal.text) in paragraph
            assert plain(declared.retention_of(name).rule) in kept
        for purpose in declared.purposes:
            assert plain(purpose.text) in paragraph
            assert plain(f"{purpose.text}: {purpose.basis}") in page


@each_policy
def test_what_is_no_personal_data_of_the_area_is_not_there(area):
    titles = {plain(declared.title) for declared in models_of(area)}
    html = Client().get(POLICIES[area]).content.decode()
    for declared in registry.models.values():
        assert (f"<h3>{escape(declared.title)}</h3>" in html) == (plain(declared.title) in titles)


@each_policy
def test_every_flow_is_there_with_its_retention(area):
    page = read(POLICIES[area])
    for flow in registry.flows_of(area):
        assert plain(f"{flow.text}. Kept: {flow.retention.rule}.") in page


@each_policy
def test_every_recipient_is_there_with_a_link_to_its_policy(area):
    html = Client().get(POLICIES[area]).content.decode()
    declared = {recipient for model in models_of(area) for recipient in model.recipients}
    assert ("Nobody." in html) == (not declared)
    for recipient in registry.recipients:
        assert (f"{recipient.name}: {recipient.role}." in words_of(html)) == (recipient in declared)
        assert (recipient.policy_url in Tags(html).links()) == (recipient in declared)


@each_policy
def test_the_page_says_what_it_covers_and_that_other_sites_are_not_covered(area):
    page = read(POLICIES[area])
    assert page.count("This policy covers") == 1
    assert (area is GENERAL) or f"begins with {area.prefix}" in page or f"begin with {area.prefix}" in page
    assert "sites of others" in page
    others = Tags(Client().get(POLICIES[area]).content.decode().partition("<footer>")[0]).links()
    assert set(others) >= set(POLICIES.values()) - {POLICIES[area]}


def test_something_declared_anew_is_on_the_page_at_once(monkeypatch):
    """The pages are rendered from the registry, and from nothing else."""
    kept = Retention("fortnight", "a fortnight & a day", ended_by="the moon")
    purpose, partner = Purpose("tides", "to tell <tides>", "the sea"), Recipient("moon", "Moon & Sons", "pulls", "https://moon.example/")
    declared = ModelDeclaration(
        "tides.Tide",
        "Your tides",
        {"height": Personal("how <high> it stood")},
        areas=(PROMOTIONS,),
        purposes=(purpose,),
        recipients=(partner,),
        retention=kept,
    )
    monkeypatch.setattr(registry, "models", registry.models | {"tides.Tide": declared})
    monkeypatch.setattr(registry, "flows", [*registry.flows, Flow("wind", (PROMOTIONS,), "the wind's speed", kept)])
    cookie = Cookie("shell", "__Secure-", "/promotions/", None, (PROMOTIONS,), "a <shell>", "listens")
    monkeypatch.setattr(registry, "cookies", [*registry.cookies, cookie])
    promotions, general, table, cookies = (
        read(path) for path in ("/privacy/promotions/", "/privacy/", "/privacy/retention/", "/privacy/cookies/")
    )
    for text in (
        "Your tides how <high> it stood.",
        "to tell <tides>: the sea",
        "Moon & Sons: pulls.",
        "the wind's speed. Kept: a fortnight & a day.",
    ):
        assert text in promotions
        assert text not in general
    assert "shell a <shell> listens until you close the browser /promotions/" in promotions
    assert "shell a <shell> listens until you close the browser /promotions/" in cookies
    assert "a fortnight & a day the wind's speed; Your tides the moon" in table


def test_a_policy_holds_nothing_that_is_declared_for_others_alone():
    empty = policy_of(PROMOTIONS, Registry())
    assert (empty.records, empty.cookies, empty.flows, empty.purposes, empty.recipients) == ([], [], [], [], [])


def test_the_cookie_page_has_every_cookie_once():
    html = Client().get("/privacy/cookies/").content.decode().partition("<footer>")[0]
    for cookie in registry.cookies:
        assert html.count(f"<code>{cookie.full_name}</code>") == 1
    assert html.count("<tr>") == len(registry.cookies) + 1


def test_the_retention_table_has_every_rule_and_everything_that_it_governs():
    page = read("/privacy/retention/")
    for retention in registry.retentions():
        ended = "a task of the site, every hour" if retention.destroyer else retention.ended_by
        assert plain(retention.rule) in page
        assert plain(ended) in page
    for declared in registry.models.values():
        whole = plain(declared.title) in page
        assert whole or all(plain(personal.text) in page for personal in declared.personal.values())
    for flow in registry.flows:
        assert plain(flow.text) in page


@pytest.mark.parametrize("path", [*POLICIES.values(), "/privacy/cookies/", "/privacy/retention/"])
def test_the_pages_are_read_only_and_need_no_database(path):
    assert Client().get(path).status_code == 200
    assert Client().head(path).status_code == 200
    assert Client().post(path).status_code == 405


def test_every_page_links_the_policy_of_its_own_area(alice, every_address):
    for client in (Client(), log_in(alice)):
        pages = html_of(client, every_address)
        assert len(pages) > 10
        for path, html in pages.items():
            assert policies_linked(html) == {policy_link(area_of(path))}, path


def test_every_staff_page_links_a_policy_too(ada, alice, alices):
    pages = html_of(staff_log_in(ada), staff_addresses())
    assert len(pages) > 50
    for path, html in pages.items():
        if "<body" in html:
            assert policies_linked(html) == {"/privacy/"}, path


@pytest.mark.parametrize("path", ["/", "/resources/", "/promotions/", "/staff/"])
def test_even_the_page_that_refuses_a_wrong_host_links_it(path):
    answer = Client().get(path, headers={"Host": "evil.example"})
    assert (answer.status_code, is_page(answer)) == (400, True)
    assert policies_linked(answer.content.decode()) == {policy_link(area_of(path))}


def policies_linked(html: str) -> set[str]:
    return set(Tags(footer_of(html)).links()) & set(POLICIES.values())


def test_every_area_has_a_policy_that_is_published():
    assert {policy_link(area) for area in AREAS} == set(POLICIES.values())

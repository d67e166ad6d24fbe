"""The policies, the cookie page and the retention table say what the registry declares, all of it, and every page links its own policy."""

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client
from django.utils.html import escape

from infacta.schedule import SWEEPS
from privacy.areas import AREAS, GENERAL, PROMOTIONS, RESOURCES, STAFF, Area, area_of, covered_with
from privacy.categories import Category
from privacy.cookies import Cookie
from privacy.fates import Kept
from privacy.policies import fate_in_words, length, often, policy_of
from privacy.registry import Flow, ModelDeclaration, Personal, Purpose, Recipient, Registry, Retention, registry
from privacy.sources import Source
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
        paragraph, facts = page[start : page.index(" What for ", start)], page[page.index(" What for ", start) :]
        purposes, facts = facts[: facts.index(" Kinds of data ")], facts[facts.index(" Kinds of data ") :]
        kinds, facts = facts[: facts.index(" From where ")], facts[facts.index(" From where ") :]
        whence, facts = facts[: facts.index(" Who else ")], facts[facts.index(" Who else ") :]
        others, facts = facts[: facts.index(" Kept ")], facts[facts.index(" Kept ") :]
        kept, fate = facts[: facts.index(" If you ask for erasure ")], facts[facts.index(" If you ask for erasure ") :]
        for name, personal in declared.personal.items():
            assert plain(personal.text) in paragraph
            assert plain(declared.retention_of(name).rule) in kept
        assert [plain(category.text) for category in declared.categories if plain(category.text) not in kinds] == []
        assert [plain(source.text) for source in declared.sources if plain(source.text) not in whence] == []
        today = [recipient.name for recipient in declared.recipients_now if not recipient.is_former]
        assert [name for name in today or ["nobody"] if name not in others] == []
        assert fate.strip().startswith(plain(f"If you ask for erasure {fate_in_words(declared.fate)}."))
        for purpose in declared.purposes:
            assert plain(f"{purpose.text} ({purpose.basis})") in purposes
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
    declared = {recipient for model in models_of(area) for recipient in model.recipients_now}
    assert ("Nobody." in html) == (not declared)
    named = {f"{recipient.name}: {recipient.role}." for recipient in declared}
    every = {f"{recipient.name}: {recipient.role}." for recipient in registry.recipients} | named
    assert {said for said in every if said in words_of(html)} == named
    assert {recipient.policy_url for recipient in declared} == {link for link in Tags(html).links() if link.startswith("https://")}


@each_policy
def test_what_goes_to_others_is_there_with_its_purpose(area):
    page = read(POLICIES[area])
    for disclosure in registry.disclosures:
        declared = bool(set(disclosure.areas) & set(covered_with(area)))
        text = plain(disclosure.text)
        assert (f"{text[0].upper()}{text[1:]}." in page) == declared
        assert (plain(f"{disclosure.purpose.text}: {disclosure.purpose.basis}") in page) == declared


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
        categories=(Category("tidal", "<tidal> facts"),),
        sources=(Source("shore", "the <shore>"),),
        fate=Kept("the moon <pulls>"),
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
        "<tidal> facts. From where the <shore>. Who else Moon & Sons. Kept a fortnight & a day.",
        "It stays: the moon <pulls>.",
        "Moon & Sons: pulls.",
        "the wind's speed. Kept: a fortnight & a day.",
    ):
        assert text in promotions
        assert text not in general
    assert "shell a <shell> listens until you close the browser /promotions/" in promotions
    assert "shell What it holds a <shell> What it is for listens Life until you close the browser Parts of the site Promotions" in cookies
    assert "Path=/promotions/; HttpOnly; SameSite=Lax" in cookies
    assert "a fortnight & a day the wind's speed; Your tides – – the moon" in table


def test_a_policy_holds_nothing_that_is_declared_for_others_alone():
    empty = policy_of(PROMOTIONS, Registry())
    assert (empty.records, empty.cookies, empty.flows, empty.disclosures, empty.purposes, empty.recipients) == ([], [], [], [], [], [])


def test_the_cookie_page_has_every_cookie_once_with_all_that_is_declared():
    html = Client().get("/privacy/cookies/").content.decode().partition("<footer>")[0]
    page = words_of(html)
    for cookie in registry.cookies:
        assert html.count(f"<code>{cookie.full_name}</code>") == 1
        told = page[page.index(plain(f"{cookie.full_name} What it holds {cookie.content}")) :]
        told = told[: told.index(" Attributes ") + 100]
        facts = [
            cookie.purpose,
            cookie.life_in_words,
            cookie.attributes,
            f"Optional {'yes' if cookie.optional else 'no'}: ",
            "this site itself",
        ]
        assert [plain(fact) for fact in [*facts, *(area.title for area in cookie.areas)] if plain(fact) not in told] == []
    assert html.count("<section") == len(registry.cookies) + 1
    assert "if your browser sends Sec-GPC: 1 , the optional cookies are not set" in page


@pytest.mark.parametrize("is_public", [True, False])
def test_the_attributes_on_the_page_are_those_that_are_sent(settings, is_public):
    settings.HTTPS = is_public
    for cookie in registry.cookies:
        answer = HttpResponse()
        cookie.set_on(answer, "x")
        sent = {part.strip() for part in answer.cookies[cookie.full_name].OutputString().split(";")[1:]}
        assert {part for part in sent if not part.startswith("expires=")} == set(cookie.attributes.split("; "))


def test_every_limit_says_from_which_moment_it_counts():
    assert [retention.slug for retention in registry.retentions() if bool(retention.longest is not None) != bool(retention.trigger)] == []


def test_the_retention_table_has_every_rule_and_everything_that_it_governs():
    page = read("/privacy/retention/")
    for retention in registry.retentions():
        every = next((often(sweep.every) for sweep in SWEEPS if sweep.task == retention.destroyer), None)
        ended = f"a task of the site, {every}" if every else retention.ended_by
        limit = "–" if retention.longest is None else length(retention.longest)
        assert plain(retention.rule) in page
        assert plain(f"{retention.trigger or '–'} {limit} {ended}") in page
    for declared in registry.models.values():
        whole = plain(declared.title) in page
        assert whole or all(plain(personal.text) in page for personal in declared.personal.values())
    for flow in registry.flows:
        assert plain(flow.text) in page


@pytest.mark.parametrize("path", [*POLICIES.values(), "/privacy/cookies/", "/privacy/retention/"])
def test_the_pages_are_read_only(path):
    assert Client().get(path).status_code == 200
    assert Client().head(path).status_code == 200
    assert Client().post(path).status_code == 405


@pytest.mark.parametrize("path", [*POLICIES.values(), "/privacy/cookies/", "/privacy/retention/"])
def test_the_pages_are_read_while_the_database_is_away(path, monkeypatch):
    """They then name every partner that there is: one too many, but never one too few."""

    def gone(*arguments: object) -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(connection, "cursor", gone)
    answer = Client().get(path)
    assert answer.status_code == 200
    if path in (POLICIES[GENERAL], POLICIES[RESOURCES]):
        page = words_of(answer.content.decode())
        assert {recipient.name for recipient in registry.recipients if f"{recipient.name}: takes your order" not in page} == set()


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


@each_policy
def test_the_contents_lead_to_every_part_and_record_of_the_page(area):
    """By anchors that are there, once each; those of records are made of what the record is called, so that they stay."""
    tags = Tags(Client().get(POLICIES[area]).content.decode())
    ids = [attributes["id"] for _tag, attributes in tags.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    led_to = [link.removeprefix("#") for link in tags.links() if link.startswith("#") and link != "#main"]
    assert [anchor for anchor in led_to if anchor not in ids] == []
    sections = {attributes["id"] for tag, attributes in tags.found if tag == "section" and "id" in attributes}
    assert sections == {anchor for anchor in led_to if not anchor.startswith("record-")}
    own = {f"record-{declared.model.replace('.', '-').lower()}" for declared in models_of(area) if area in declared.areas}
    assert own == {anchor for anchor in led_to if anchor.startswith("record-")}
    assert {"in-short", "scope", "cookies", "partners", "rights"} <= set(led_to)


@each_policy
def test_what_is_said_in_short_stands_first(area):
    page = read(POLICIES[area])
    assert page.index("In short") < page.index("You may see, correct and erase what we hold about you.") < page.index("On this page")
    assert page.index("On this page") < page.index("This policy covers")


@each_policy
def test_every_policy_says_what_may_be_asked_and_of_whom(area, settings):
    page = read(POLICIES[area])
    for right in ("A report", "Correction", "Erasure", "Objection", "Complaint"):
        assert f" {right} " in page
    assert f"reach a person here: {settings.PRIVACY_EMAIL}" in page


@pytest.mark.parametrize("path", [*POLICIES.values(), "/privacy/cookies/", "/privacy/retention/"])
def test_reading_them_asks_the_database_nothing(path, django_assert_num_queries):
    """Who the partners are, and which version it is, is asked once in a while and not at every page."""
    client = Client()
    client.get(path)
    with django_assert_num_queries(0):
        client.get(path)


HOSTILE = """"><script>alert('x')</script>{{ 7*7 }}&amp;"""


@pytest.mark.parametrize("path", [*POLICIES.values(), "/privacy/general/versions/", "/privacy/cookies/", "/privacy/changes.atom"])
def test_what_the_operator_is_called_is_text_and_nothing_else(path, settings):
    settings.SITE_NAME = settings.VENDOR_ADDRESS = HOSTILE
    html = Client().get(path).content.decode()
    assert "<script>alert" not in html
    assert "49" not in html

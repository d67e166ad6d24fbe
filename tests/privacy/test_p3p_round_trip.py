"""What is published as P3P is what the registry declares: parsed, rebuilt, and compared in both directions, for every area.

What is expected is gathered here from the declarations themselves, and not with the code that publishes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from django.test import Client

from privacy.areas import AREAS, Area
from privacy.cookies import Cookie
from privacy.registry import Disclosure, Flow, ModelDeclaration, Purpose, Retention, registry
from tests.p3p_checker.base_data import CATEGORIES_OF
from tests.p3p_checker.grammar import name_of
from tests.p3p_checker.references import P3P

pytestmark = pytest.mark.django_db
Uses = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Said:
    """A statement: its words, what for and who gets it with the choice there is, how long, and the data with all their categories."""

    words: str
    purposes: Uses
    recipients: Uses
    retention: str
    refs: frozenset[str]
    categories: frozenset[str]


# What is published


def published(area: Area) -> list[Said]:
    document = ElementTree.fromstring(Client().get("/w3c/policies.xml").content)
    return [said_in(statement) for statement in document.iterfind(f"p3p:POLICY[@name='{area.slug}']/p3p:STATEMENT", P3P)]


def said_in(statement: Element) -> Said:
    data = statement.findall(".//p3p:DATA", P3P)
    refs = frozenset(datum.get("ref", "").removeprefix("#") for datum in data)
    own = {name_of(category) for category in statement.iterfind(".//p3p:CATEGORIES/*", P3P)}
    return Said(
        statement.findtext("p3p:CONSEQUENCE", "", P3P),
        uses_in(statement, "PURPOSE"),
        uses_in(statement, "RECIPIENT"),
        name_of(statement.find("p3p:RETENTION", P3P)[0]),
        refs - {"dynamic.miscdata"},
        frozenset(own.union(*(CATEGORIES_OF[ref] for ref in refs))),
    )


def uses_in(statement: Element, kind: str) -> Uses:
    return frozenset((name_of(use), use.get("required", "always")) for use in statement.iterfind(f"p3p:{kind}/*", P3P))


# What is declared


def declared(area: Area) -> Iterator[Said]:
    yield from (of_cookie(cookie) for cookie in registry.cookies if area in cookie.areas)
    yield from (of_flow(flow) for flow in registry.flows if area in flow.areas and not flow.into)
    yield from (of_disclosure(disclosure) for disclosure in registry.disclosures if area in disclosure.areas)
    for model in registry.models.values():
        if area in model.areas and model.personal:
            yield from of_model(model)


OURS = frozenset({("ours", "always")})


def of_cookie(cookie: Cookie) -> Said:
    kept = "business-practices" if cookie.life else "stated-purpose"
    kinds = frozenset(category.p3p for category in cookie.categories)
    return Said(str(cookie.purpose), uses(cookie.p3p), OURS, kept, frozenset({"dynamic.cookies"}), kinds)


def of_flow(flow: Flow) -> Said:
    refs = frozenset(flow.p3p)
    return Said(str(flow.text), purposes(flow.purposes), OURS, kept_as(flow.retention), refs, kinds_of(refs, flow.categories))


def of_disclosure(disclosure: Disclosure) -> Said:
    refs, to = frozenset(disclosure.p3p), OURS | {("other-recipient", "opt-in")}
    kinds = kinds_of(refs, disclosure.categories)
    return Said(str(disclosure.text), purposes((disclosure.purpose,)), to, "no-retention", refs, kinds)


def of_model(model: ModelDeclaration) -> Iterator[Said]:
    kept = {name: kept_as(retention) for name in model.personal if (retention := model.retention_of(name))}
    for word in set(kept.values()):
        refs = frozenset(model.personal[name].p3p for name in kept if kept[name] == word) - {""}
        yield Said(str(model.title), purposes(model.purposes), OURS, word, refs, kinds_of(refs, model.categories))


def kinds_of(refs, categories) -> frozenset[str]:
    return frozenset(category.p3p for category in categories).union(*(CATEGORIES_OF[ref] for ref in refs))


def kept_as(retention: Retention) -> str:
    return retention.p3p or ("business-practices" if retention.longest else "stated-purpose")


def purposes(found: tuple[Purpose, ...]) -> Uses:
    return uses([words for purpose in found for words in purpose.p3p])


def uses(found) -> Uses:
    """Where both an opt-in and an opt-out are declared, the opt-out is what holds."""
    split = {tuple([*words.split(), "always"][:2]) for words in found}
    return frozenset(use for use in split if not (use[1] == "opt-in" and (use[0], "opt-out") in split))


# The comparison


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.slug)
def test_nothing_is_missing_and_there_is_nothing_more(area):
    expected, found = list(declared(area)), published(area)
    assert [said for said in expected if said not in found] == [], "declared and not published"
    assert [said for said in found if said not in expected] == [], "published and not declared"
    assert len(found) == len(expected), "each once"
    assert found


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.slug)
def test_every_personal_field_is_in_a_statement_that_keeps_it_as_long(area):
    """Seen from the fields: what one is called, and how long it is kept."""
    found = published(area)
    for model in registry.models.values():
        for name, personal in model.personal.items() if area in model.areas else ():
            about = [said for said in found if said.words == str(model.title) and said.retention == kept_as(model.retention_of(name))]
            assert about, (model.model, name)
            assert not personal.p3p or any(personal.p3p in said.refs for said in about), (model.model, name)


def test_every_cookie_belongs_to_the_policy_of_its_path_and_to_no_other():
    document = ElementTree.fromstring(Client().get("/w3c/p3p.xml").content)
    found = [
        (cookie.get("name"), cookie.get("value"), cookie.get("domain"), cookie.get("path"), reference.get("about"))
        for reference in document.iterfind(".//p3p:POLICY-REF", P3P)
        for cookie in reference.iterfind("p3p:COOKIE-INCLUDE", P3P)
    ]
    assert sorted(found) == sorted(
        (cookie.full_name, "*", "localhost", cookie.path, f"/w3c/policies.xml#{cookie.path.strip('/') or 'general'}")
        for cookie in registry.cookies
    )


def test_a_flow_into_a_model_is_said_by_the_statement_of_that_model():
    for flow in registry.flows:
        for area in flow.areas if flow.into else ():
            title = str(registry.models[flow.into].title)
            assert [said for said in published(area) if said.words == title], (flow.slug, area.slug)


def test_what_is_linked_to_a_cookie_is_in_the_compact_policy():
    """The session cookie leads to the session alone; those that name a person lead to everything."""
    header = Client().get("/").headers["P3P"]
    session = [said for said in published(AREAS[0]) if said.words in ("Browser sessions", str(registry.cookies[0].purpose))]
    assert len(session) == 2
    assert {said.retention for said in session} == {"stated-purpose"}
    assert header == 'policyref="/w3c/p3p.xml", CP="ALL DSP COR LAW CUR OUR STP STA"'
    resources = Client().get("/resources/log-in/").headers["P3P"]
    for token in ("CONo", "OTRi", "PUR", "PHY", "IND", "LEG", "OTC"):
        assert f" {token}" in resources

"""What P3P has no word for stops the start, with a sentence that says what to write where."""

from dataclasses import replace

import pytest

from privacy import categories, purposes, sources
from privacy.areas import GENERAL, RESOURCES
from privacy.categories import Category
from privacy.checks import p3p
from privacy.p3p import statements
from privacy.p3p.compact import tokens_of
from privacy.p3p.gaps import gaps
from privacy.p3p.statements import Use, strongest
from privacy.registry import (
    Cookie,
    Disclosure,
    Flow,
    ModelDeclaration,
    NotPersonal,
    Personal,
    Purpose,
    Recipient,
    Registry,
    Retention,
)
from privacy.registry import registry as real_registry

MOON = Recipient("moon", "Moon", "pulls", "https://moon.example/")
FORTNIGHT = Retention("fortnight", "a fortnight", ended_by="the moon")
FLOW = Flow("wind", (GENERAL,), "the wind", FORTNIGHT, purposes=(purposes.ADMINISTRATION,), categories=(categories.COMPUTER,))
COOKIE = Cookie("shell", "__Secure-", "/resources/", None, (RESOURCES,), "a shell", "listens")
DISCLOSURE = Disclosure("tide", (GENERAL,), "the tide", purposes.HAND_OVER, lambda: (MOON,), (categories.ONLINE,))
MODEL = ModelDeclaration(
    "shore.Walker",
    "Walkers",
    {"id": NotPersonal("a number"), "name": Personal("name", p3p="user.name")},
    areas=(GENERAL,),
    purposes=(purposes.HELP,),
    retention=FORTNIGHT,
    subject="",
    categories=(categories.POSTAL,),
    sources=(sources.PERSON,),
)


def said(monkeypatch, *, model: ModelDeclaration = MODEL, flow: Flow = FLOW, cookie: Cookie = COOKIE, disclosure=DISCLOSURE) -> list[str]:
    """What the checks say of a small registry."""
    small = Registry(cookies=[cookie], flows=[flow], disclosures=[disclosure], recipients=[MOON], models={model.model: model})
    monkeypatch.setattr(p3p, "registry", small)
    return [f"{error.id} {error.msg} {error.hint}" for error in p3p.every_declaration_can_be_said_in_p3p(None)]


def test_what_is_declared_rightly_is_not_complained_of(monkeypatch):
    assert said(monkeypatch) == []


def test_nor_is_what_this_site_declares():
    assert list(gaps(real_registry)) == []


@pytest.mark.parametrize(
    ("name", "changes", "sentence"),
    [
        (
            "model",
            {"purposes": (Purpose("tides", "x", "y"),)},
            "E020 The purpose 'tides' says nothing that P3P knows. Give it p3p=(…,) of current,",
        ),
        ("model", {"purposes": (Purpose("tides", "x", "y", ("surfing",)),)}, "E020 The purpose 'tides'"),
        ("model", {"purposes": (Purpose("tides", "x", "y", ("contact perhaps",)),)}, "E020 The purpose 'tides'"),
        ("model", {"purposes": (Purpose("tides", "x", "y", ("current opt-in",)),)}, "E020 The purpose 'tides'"),
        ("flow", {"purposes": (Purpose("tides", "x", "y"),)}, "E020 The purpose 'tides'"),
        ("disclosure", {"purpose": Purpose("tides", "x", "y")}, "E020 The purpose 'tides'"),
        (
            "model",
            {"retention": replace(FORTNIGHT, p3p="forever")},
            "E020 The retention 'fortnight' says 'forever', which P3P does not know.",
        ),
        ("model", {"fields": {"name": Personal("x", p3p="user.nickname")}}, "E021 shore.Walker says p3p='user.nickname', which is not in"),
        ("flow", {"p3p": ("dynamic.wind",)}, "E021 wind says p3p='dynamic.wind'"),
        ("disclosure", {"p3p": ("user.boat",)}, "E021 tide says p3p='user.boat'"),
        ("model", {"categories": (Category("weather", "x"),)}, "E021 P3P knows no category 'weather'."),
        ("flow", {"categories": (Category("weather", "x"),)}, "E021 P3P knows no category 'weather'."),
        ("cookie", {"categories": (Category("weather", "x"),)}, "E021 P3P knows no category 'weather'."),
        ("disclosure", {"categories": (Category("weather", "x"),)}, "E021 P3P knows no category 'weather'."),
        ("flow", {"purposes": ()}, "E022 The flow 'wind' says neither where it is written nor what it is. Give it into='app.Model',"),
        ("flow", {"categories": ()}, "E022 The flow 'wind' says neither"),
        ("flow", {"into": "shore.Nobody"}, "E022 The flow 'wind' goes into shore.Nobody, which is not declared for all of its areas."),
        ("flow", {"into": "shore.Walker", "areas": (GENERAL, RESOURCES)}, "E022 The flow 'wind' goes into shore.Walker"),
        ("cookie", {"p3p": ()}, "E023 The cookie 'shell' says nothing that P3P knows. Give it categories=(…,), and p3p=(…,) of current,"),
        ("cookie", {"p3p": ("surfing",)}, "E023 The cookie 'shell' says nothing"),
        ("cookie", {"categories": ()}, "E023 The cookie 'shell' says nothing"),
        ("cookie", {"opens": ("shore.Walker",)}, "E023 The cookie 'shell' opens shore.Walker, which is not declared for all of its areas."),
        ("cookie", {"opens": ("shore.Nobody",)}, "E023 The cookie 'shell' opens shore.Nobody"),
        (
            "model",
            {"recipients": (MOON,)},
            "E024 shore.Walker goes to somebody who does not work for us. Declare that as a registry.disclosure(…)",
        ),
        ("disclosure", {"categories": ()}, "E022 The disclosure 'tide' does not say what goes there. Give it categories=(…,)"),
    ],
)
def test_what_cannot_be_said_is_named(monkeypatch, name, changes, sentence):
    things = {"model": MODEL, "flow": FLOW, "cookie": COOKIE, "disclosure": DISCLOSURE}
    found = said(monkeypatch, **{name: replace(things[name], **changes)})
    assert [one for one in found if one.startswith(f"privacy.{sentence}")], found


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("model", {"recipients": (replace(MOON, is_agent=True),)}),
        ("model", {"recipients": lambda: (replace(MOON, is_agent=True),)}),
        ("model", {"recipients": (MOON,), "sources": (sources.PARTNER,)}),
        ("flow", {"into": "shore.Walker", "purposes": (), "categories": ()}),
        ("model", {"retention": replace(FORTNIGHT, p3p="no-retention")}),
    ],
)
def test_what_can_be_said_is_not_named(monkeypatch, name, changes):
    things = {"model": MODEL, "flow": FLOW}
    assert said(monkeypatch, **{name: replace(things[name], **changes)}) == []


def test_of_two_choices_the_one_that_leaves_less_of_a_choice_is_said():
    words = ["contact opt-in", "contact opt-out", "admin opt-in", "admin", "current"]
    assert strongest(Use.read(word) for word in words) == (Use("contact", "opt-out"), Use("admin"), Use("current"))
    assert strongest(Use.read(word) for word in reversed(words)) == (Use("current"), Use("admin"), Use("contact", "opt-out"))


@pytest.mark.parametrize(
    ("changes", "tokens"),
    [
        ({}, "ALL DSP COR LAW CUR OUR STP STA"),
        ({"opens": ("shore.Walker",)}, "ALL DSP COR LAW CUR OUR STP PHY DEM STA"),
        ({"names_person": True}, "ALL DSP COR LAW CUR ADM OUR STP PHY COM DEM STA"),
        ({"p3p": ("current", "develop opt-in")}, "ALL DSP COR LAW CUR DEVi OUR STP STA"),
    ],
)
def test_the_compact_policy_says_what_the_cookies_lead_to(changes, tokens):
    cookie = replace(COOKIE, areas=(GENERAL,), **changes)
    assert " ".join(tokens_of(GENERAL, Registry(cookies=[cookie], flows=[FLOW], models={MODEL.model: MODEL}))) == tokens


def test_an_area_where_nothing_tells_who_somebody_is_gives_access_to_nothing():
    quiet = Registry(flows=[FLOW])
    assert statements.access_to(statements.statements_of(GENERAL, quiet)) == "nonident"
    told = Registry(flows=[FLOW], models={MODEL.model: MODEL})
    assert statements.access_to(statements.statements_of(GENERAL, told)) == "all"

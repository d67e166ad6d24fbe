"""The canary test (promise C17): whatever stands in any personal field, key or file of one person stands in their report, and nothing of anybody else."""

import pytest

from privacy.registry import registry
from tests.canaries import Filler
from tests.rights.reports import Report, make

pytestmark = pytest.mark.django_db
VERA = "vera@example.net"


@pytest.fixture
def filled(alice, bob, sam) -> dict[str, Filler]:
    people = {
        "alice": Filler(alice.email, 1, alice, sam),
        "bob": Filler(bob.email, 2, bob, sam),
        "vera": Filler(VERA, 3, None, sam),
        "alices mailbox": Filler(alice.email, 4, None, sam),
    }
    return {name: filler.fill() for name, filler in people.items()}


@pytest.fixture
def reports(filled, alice, bob) -> dict[str, Report]:
    return {"alice": make(alice), "bob": make(bob), "vera": make(address=VERA)}


def missing(filler: Filler, report: Report) -> dict[str, str]:
    return {where: value for where, value in filler.values.items() if value not in report.text}


def test_all_of_hers_stands_in_her_report(filled, reports):
    assert missing(filled["alice"], reports["alice"]) == {}
    assert missing(filled["alices mailbox"], reports["alice"]) == {}
    assert missing(filled["bob"], reports["bob"]) == {}
    assert missing(filled["vera"], reports["vera"]) == {}


def test_nothing_of_anybody_else_stands_there(filled, reports):
    mine = {"alice": ("alice", "alices mailbox"), "bob": ("bob",), "vera": ("vera",)}
    for name, report in reports.items():
        for other, filler in filled.items():
            if other not in mine[name]:
                found = {where: value for where, value in filler.values.items() if value in report.text}
                assert found == {}, f"of {other} in the report of {name}"


def test_what_cannot_be_distinct_stands_there_by_name(filled, reports):
    """Choices, yes and no, and relations: the row says each of them, but for what is withheld, and says why."""
    for name, report in reports.items():
        for where in filled[name].weak:
            model, _dot, column = where.rpartition(".")
            row = next(row for row in report.rows(model) if row["id"] == filled[name].rows[model].pk)
            withheld = registry.models[model].personal[column].withheld
            assert (column in row) == (not withheld), where
            assert ("not_shown" in report.kind(model)["fields"][column]) == bool(withheld), where


def test_most_of_it_can_be_distinct(filled):
    """The test above this one would hold for nothing at all; so count."""
    assert len(filled["alice"].values) > 250
    assert len(filled["vera"].values) > 80
    assert all(filled["alice"].weak.values())


def test_the_names_of_staff_stand_nowhere(sam, reports):
    for report in reports.values():
        assert sam.email not in report.text
        assert sam.name not in report.text
    assert {"who": "staff", "role": "Support"} in [row["staff"] for row in reports["alice"].rows("support.CaseMessage")]

"""A retention with a limit that says nothing of how its due rows are found stops the start, with a sentence that says what to write where."""

from dataclasses import replace
from datetime import timedelta

import pytest

from privacy.areas import GENERAL
from privacy.checks import clocks, retention
from privacy.clocks import Found, Since, Until, With
from privacy.registry import Flow, Personal, Registry, Retention
from privacy.registry import registry as real
from privacy.retention import due

ENDS = Retention("tides", "a day", longest=timedelta(days=1), destroyer="accounts.tasks.purge_throttles")


def found(monkeypatch, label: str, **changes: object) -> list[tuple[str | None, str, str | None]]:
    """What is said of a site that declares this model alone, in another way."""
    site = Registry()
    site.model(replace(real.models[label], **changes))
    monkeypatch.setattr(due, "registry", site)
    return [(one.id, one.msg, one.hint) for one in clocks.every_limit_has_a_clock(None)]


def test_a_limit_without_a_clock(monkeypatch):
    ((identifier, message, hint),) = found(monkeypatch, "accounts.Throttle", clock=None)
    assert identifier == "privacy.E013"
    assert (
        message
        == "The retention 'throttle' has a limit, and the declaration of accounts.Throttle does not say which rows are due: it has no clock."
    )
    assert hint.startswith(
        'Write clock=Since("the field that its time runs from") beside the retention in the declaration of accounts.Throttle'
    )


def test_a_field_with_a_limit_of_its_own(monkeypatch):
    fields = dict(real.models["accounts.Throttle"].fields) | {"key": Personal("a digest", ENDS)}
    ((_identifier, message, _hint),) = found(monkeypatch, "accounts.Throttle", fields=fields)
    assert "'tides' has a limit, and the declaration of accounts.Throttle (key) does not say" in message


@pytest.mark.parametrize(
    ("clock", "problem"),
    [
        (Since("freed_at"), "there is no such field (Throttle has no field named 'freed_at')"),
        (Until("freed_at"), "there is no such field (Throttle has no field named 'freed_at')"),
        (Found("accounts.holds.nothing"), "there is no such function"),
        (With("free_at"), "the row that it goes with is not governed by this retention"),
    ],
)
def test_a_clock_that_cannot_be_asked(monkeypatch, clock, problem):
    ((_identifier, message, _hint),) = found(monkeypatch, "accounts.Throttle", clock=clock)
    assert problem in message


@pytest.mark.parametrize("label", ["accounts.Throttle", "accounts.RecordOpening", "accounts.User"])
def test_those_of_the_site_are_in_order(monkeypatch, label):
    assert found(monkeypatch, label) == []


@pytest.mark.parametrize("destroyer", ["", "accounts.tasks.nothing", "accounts.holds.destroy_words_of_old", "nowhere"])
def test_a_destroyer_that_is_no_task(monkeypatch, destroyer):
    site = Registry()
    site.flow(Flow("wind", (GENERAL,), "the wind's speed", replace(ENDS, destroyer=destroyer)))
    monkeypatch.setattr(retention, "registry", site)
    (message,) = retention.every_retention_is_enforced(None)
    assert (message.id, message.msg) == ("privacy.E005", "The retention 'tides' is promised, but nothing enforces it.")
    assert "a Celery task, which the walk of infacta/schedule.py (privacy.tasks.execute_retention) calls" in message.hint

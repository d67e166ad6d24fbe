"""docs/architecture.md names sweeps, constraints and tests that are really there, and docs/upkeep.md whatever is purged."""

import re
from pathlib import Path

from django.apps import apps

from infacta.schedule import SWEEPS
from privacy.registry import registry

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text()


def section(heading: str, page: str = PAGE) -> str:
    return page.partition(f" {heading}\n")[2].partition("\n#")[0]


def test_the_schedule_is_the_schedule():
    rows = re.findall(r"^\| `([\w.]+)` \| (\d+) (s|min|h) \|", section("The row is the truth; a broker only wakes"), re.MULTILINE)
    seconds = {"s": 1, "min": 60, "h": 3600}
    said = [(task, int(number) * seconds[unit]) for task, number, unit in rows]
    assert said == [(sweep.task, sweep.every.total_seconds()) for sweep in SWEEPS]


def test_the_table_of_purges_is_complete():
    rows = section("What the schedule purges", (ROOT / "docs" / "upkeep.md").read_text())
    ends = {sweep.task for sweep in SWEEPS if re.search(r"\.(purge|truncate)_", sweep.task)}
    ends |= {rule.destroyer for rule in registry.retentions() if rule.destroyer}
    assert len(ends) > 10
    assert sorted(re.findall(r"^\|.*\| `([\w.]+)` \|$", rows, re.MULTILINE)) == sorted(ends)


def test_every_test_that_is_named_exists():
    there = set(re.findall(r"^def (test_\w+)", "\n".join(file.read_text() for file in ROOT.glob("tests/**/test_*.py")), re.MULTILINE))
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 10
    assert named <= there


def test_every_constraint_that_is_named_exists():
    there = {constraint.name for model in apps.get_models() for constraint in model._meta.constraints}
    named = set(re.findall(r"(?:unique|the check) `([a-z_]+)`", section("What happens once")))
    assert len(named) > 4
    assert named <= there


def test_every_module_that_is_named_exists():
    named = set(re.findall(r"`((?:[a-z_]+/)+[a-z_]*(?:\.\w+)?)`", PAGE)) - {"uploads/", "releases/"}
    assert len(named) > 15
    rooms = [path for path in named if not (ROOT / path).exists() and not (ROOT / "purchases" / path).exists()]
    assert not rooms, rooms

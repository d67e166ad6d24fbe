"""docs/failures.md and docs/deploying.md name tests and files that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "failures.md").read_text()
THERE = set(re.findall(r"^def (test_\w+)", "\n".join(file.read_text() for file in ROOT.glob("tests/**/test_*.py")), re.MULTILINE))


def rows() -> list[str]:
    return [
        line
        for line in PAGE.partition("\n## ")[0].splitlines()
        if line.startswith("| ") and not line.startswith(("| what is away", "| ---"))
    ]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.split("|")[1].strip()[:40])
def test_each_answer_has_a_test_that_is_there(row):
    named = re.findall(r"`(test_\w+)`", row)
    assert named or "libpq" in row
    assert set(named) <= THERE, set(named) - THERE


@pytest.mark.parametrize("page", ["docs/failures.md", "docs/deploying.md", "docs/decisions/migrations.md"])
def test_every_file_that_is_named_is_there(page):
    named = re.findall(r"`((?:[a-z_]+/)+[\w.-]+\.\w+)`", (ROOT / page).read_text())
    assert named
    assert not [name for name in named if not (ROOT / name).exists()]

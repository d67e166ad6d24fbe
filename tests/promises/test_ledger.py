"""Every promise of the ledger has a test of its number, no test names a promise that there is not, and docs/promises.md says what the ledger says."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from privacy.ledger import GROUPS, LEDGER, NUMBERS

FOLDER = Path(__file__).parent
PAGE = (FOLDER.parents[1] / "docs" / "promises.md").read_text()
ROWS = {number: (text, state) for number, text, state in re.findall(r"^\| ([A-Z]\d+) \| (.+) \| (kept|planned) \|$", PAGE, re.MULTILINE)}


def by_number() -> dict[str, list[str]]:
    """The tests of each promise, by the number that their names carry."""
    found = defaultdict(list)
    for path in FOLDER.glob("test_*.py"):
        for name, kind, number in re.findall(r"^def (test_([a-z])(\d\d)_\w+)", path.read_text(), re.MULTILINE):
            found[f"{kind.upper()}{int(number)}"].append(f"{path.name}::{name}")
    return found


def test_every_kept_promise_has_a_test_and_no_test_names_another():
    kept = {number for number, (_text, state) in ROWS.items() if state == "kept"}
    assert kept == set(by_number())


@pytest.mark.parametrize("number", NUMBERS)
def test_no_promise_is_without_a_test(number):
    assert by_number()[number]


def test_each_file_is_about_one_promise():
    for path in FOLDER.glob("test_[a-z][0-9][0-9]_*.py"):
        numbers = set(re.findall(r"^def test_([a-z]\d\d)_", path.read_text(), re.MULTILINE))
        assert numbers == {path.name[5:8]}, path.name


def test_the_page_says_what_the_ledger_says():
    assert {number: text for number, (text, _state) in ROWS.items()} == {promise.number: str(promise.text) for promise in LEDGER}


def test_the_numbers_are_those_of_the_policy():
    """G1 to G10, C1 to C19, R1 to R5 and D1 to D4, each once."""
    counts = {"G": 10, "C": 19, "R": 5, "D": 4}
    assert list(NUMBERS) == [f"{letter}{number}" for letter in GROUPS for number in range(1, counts[letter] + 1)]

"""docs/misuse.md says of each detector what the code does: its sentence, its parameters, and what its score leads to."""

from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest

from accounts.detectors import DETECTORS, WATCHES, Detector, Watch
from accounts.detectors.scores import ADDED_UP, FRESH, HOLD_AT, REVIEW_AT
from accounts.detectors.words import WORDS, hours_in_words
from accounts.misuse import LONGEST_RUN

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "misuse.md").read_text()


def words_of(value: object) -> str:
    """A parameter as the page writes it."""
    if isinstance(value, timedelta):
        return hours_in_words(value)
    if isinstance(value, tuple):
        return ", ".join(f"{count} → {score}" for count, score in value)
    return str(value)


def section_of(detector: Detector) -> str:
    """What the page must say of a detector; when a parameter changes, this is what to paste."""
    leads = "counts towards a hold" if detector.may_hold else "review alone"
    return section(detector, "network" if detector.of_networks else "account", leads)


def described(watch: Watch) -> str:
    """The same of a detector of the floors above, of which the tests of its app ask."""
    return section(watch, watch.subject, "review alone")


def section(detector: Detector | Watch, subject: str, leads: str) -> str:
    rows = [f"| {field.name.replace('_', ' ')} | {words_of(getattr(detector, field.name))} |" for field in fields(detector)]
    head = f"### {str(detector.name).capitalize()} (`{detector.slug}`)\n\n{detector.sentence} *{subject.capitalize()}; {leads}.*\n\n"
    return head + "| parameter | value |\n| --- | --- |\n" + "\n".join(rows) + "\n"


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.slug)
def test_each_detector_is_described_as_it_is(detector):
    assert section_of(detector) in PAGE


def test_no_other_detector_is_described():
    assert PAGE.count("\n### ") == len(DETECTORS) + len(WATCHES)


def test_the_thresholds_are_those_of_the_code():
    said = (
        f"**{REVIEW_AT}** or more",
        f"**{HOLD_AT}** or more",
        f"older than {hours_in_words(ADDED_UP)}, reckoned",
        f"longer ago than {hours_in_words(FRESH)}",
    )
    for words in said:
        assert words in PAGE
    assert f"{LONGEST_RUN.seconds} seconds" in PAGE


def test_what_evidence_is_called_is_a_word_of_the_code():
    """Whatever has words for the page of a finding is written by a detector, or by a customer's report."""
    accounts = Path(__file__).resolve().parents[2] / "accounts"
    code = "".join(path.read_text() for path in [*(accounts / "detectors").glob("*.py"), accounts / "reports.py"])
    for name in WORDS:
        assert code.count(f'"{name}"') >= 2, name

"""docs/promises.md says of no promise that it is kept unless a test carries its number."""

import re
from pathlib import Path

FOLDER = Path(__file__).parent
LEDGER = (FOLDER.parents[1] / "docs" / "promises.md").read_text()


def test_every_kept_promise_has_a_test_of_its_number_and_no_other_claims_one():
    kept = {number for number, state in re.findall(r"^\| ([GCR]\d+) \| .* \| (.+) \|$", LEDGER, re.MULTILINE) if state == "kept"}
    tested = {
        f"{kind.upper()}{int(number)}"
        for path in FOLDER.glob("test_*.py")
        for kind, number in re.findall(r"def test_([gcr])(\d\d)_", path.read_text())
    }
    assert kept == tested

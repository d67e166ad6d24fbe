"""A floor imports only floors below it (pyproject.toml, import-linter)."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_floors_import_only_what_lies_below():
    linter = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_the_picture_is_what_the_linter_enforces():
    page = (ROOT / "docs" / "architecture.md").read_text()
    picture = page.partition("\n## Floors\n")[2].split("```")[1].split("\n")
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    assert [line.strip() for line in picture if line.strip()] == contract["layers"]

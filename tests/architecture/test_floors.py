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


def test_the_pictures_are_what_the_linter_enforces():
    page = (ROOT / "docs" / "architecture.md").read_text()
    pictures = page.partition("\n## Floors\n")[2].partition("\n## ")[0].split("```")[1::2]
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    floors = [[line.strip() for line in picture.splitlines() if line.strip()] for picture in pictures]
    assert floors == [contract["layers"] for contract in contracts]

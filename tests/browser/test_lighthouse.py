"""Lighthouse finds nothing amiss in accessibility and best practices; speed is measured by `make bench ONLY=lighthouse`, where nothing else runs."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from tests.browser.conftest import QUIET
from tests.customer import log_in

LIGHTHOUSE = Path(settings.BASE_DIR) / "node_modules" / ".bin" / "lighthouse"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not LIGHTHOUSE.exists(), reason="Lighthouse is not there: npm install --no-save lighthouse@12.8.2, or .ci/run"),
]


@pytest.mark.parametrize("path", ["/", "/products/notebook/", "/resources/log-in/", "/resources/"])
def test_all_points(live_server, alice, notebook_file, tmp_path, path):
    report = tmp_path / "report.json"
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in log_in(alice).cookies.items() if path == "/resources/")
    command = [str(LIGHTHOUSE), live_server.url + path, "--quiet", "--output=json", f"--output-path={report}"]
    command += ["--only-categories=accessibility,best-practices", f"--chrome-flags={' '.join(['--headless=new', *QUIET])}"]
    command += [f"--extra-headers={json.dumps({'Cookie': cookies})}"] if cookies else []
    subprocess.run(command, check=True, env=os.environ | {"CHROME_PATH": shutil.which("chromium") or ""}, capture_output=True, timeout=120)
    found = json.loads(report.read_text())
    faults = [audit["title"] for audit in found["audits"].values() if audit["score"] == 0]
    assert found["finalDisplayedUrl"].partition("?")[0] == live_server.url + path
    assert {name: category["score"] for name, category in found["categories"].items()} == {"accessibility": 1, "best-practices": 1}, faults

"""Real programs fetch an update with an unlock code from the real server: whatever they do, it is one download."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from downloads.models import DownloadSession, ReleaseFile
from tests import cast
from tests.downloads.test_updater_downloads import code_of, get, left
from tests.server import ROOT, ask, served
from tests.threads import at_once

LARGE = bytes(range(256)) * 40_000
SETUP = """
from tests import cast
product = cast.make_product("NOTEBOOK", "Notebook", "NTE")
file = cast.make_file(product, "2.0", bytes(range(256)) * 40_000)
owned = cast.buy(cast.ALICE, product).entitlements[0]
print(f"/downloads/files/{file.pk}/{file.name}", owned.unlock_codes.get().code)
"""
COUNT = """
from audit.models import AuditEvent
from downloads.models import Entitlement
print(Entitlement.objects.get().remaining, AuditEvent.objects.filter(kind="download.taken").count())
"""


@dataclass(frozen=True)
class Site:
    folder: Path
    port: int
    path: str
    code: str

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.path}"

    def left_and_taken(self) -> str:
        return run(self.folder, COUNT)


def run(folder: Path, code: str) -> str:
    environment = {"INFACTA_MODE": "test", "DATA_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder}/site.sqlite3"}
    environment |= {"DJANGO_SETTINGS_MODULE": "infacta.settings"}
    command = [sys.executable, "-c", f"import django; django.setup()\n{code}"]
    return subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def site(tmp_path) -> Iterator[Site]:
    """A site on gunicorn, on which Alice has bought a Notebook with a file of 10 MB."""
    log = tmp_path / "access.log"
    with served(tmp_path, ACCESS_LOG=str(log)) as port:
        path, code = run(tmp_path, SETUP).split()
        yield Site(tmp_path, port, path, code)
    assert path in log.read_text()
    assert code not in log.read_text()


def test_curl_resumes_and_it_counts_once(site):
    target = site.folder / "notebook.zip"
    target.write_bytes(LARGE[:1_000_000])
    command = ["curl", "-sS", "-f", "-L", "-C", "-", "-u", f":{site.code}", "-o", target, site.address]
    subprocess.run(command, check=True, timeout=60)
    assert target.read_bytes() == LARGE
    target.unlink()
    subprocess.run(command, check=True, timeout=60)
    assert target.read_bytes() == LARGE
    assert site.left_and_taken() == "4 1"


def test_a_code_as_the_name_is_in_no_log(site):
    answer = subprocess.run(["curl", "-sS", "-f", "-I", "-u", f"{site.code}:", site.address], check=True, timeout=60, capture_output=True)
    assert b"200 OK" in answer.stdout
    assert ask(site.port, site.path).status == 401
    assert site.left_and_taken() == "5 0"


@pytest.mark.skipif(not shutil.which("aria2c"), reason="it runs aria2c")
def test_aria2c_with_many_connections_counts_once(site):
    command = ["aria2c", "-q", "-x", "8", "-s", "8", "-k", "1M", "-d", site.folder, "-o", "n.zip"]
    subprocess.run([*command, f"--header=Authorization: Bearer {site.code}", site.address], check=True, timeout=60)
    assert sha256((site.folder / "n.zip").read_bytes()).digest() == sha256(LARGE).digest()
    assert site.left_and_taken() == "4 1"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_many_connections_at_once_count_once(alices, notebook):
    file: ReleaseFile = cast.make_file(notebook, "2.0", LARGE)
    code = code_of(alices)
    answers = at_once(lambda number: get(file, f"Bearer {code}", Range=f"bytes={number}-{number}").status_code, range(16))
    assert answers == [206] * 16
    assert left(alices) == 4
    assert DownloadSession.objects.count() == 1

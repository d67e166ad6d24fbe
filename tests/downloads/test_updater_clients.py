"""Real programs fetch an update with an unlock code, over a real connection: whatever they do, it is one download."""

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest

from audit.models import AuditEvent
from downloads.models import DownloadSession, ReleaseFile
from tests import cast
from tests.downloads.test_updater_downloads import code_of, get, left, path_of

LARGE = bytes(range(256)) * 40_000


@pytest.fixture
def large(transactional_db, alices, notebook) -> ReleaseFile:
    return cast.make_file(notebook, "2.0", LARGE)


@pytest.mark.django_db(transaction=True)
def test_curl_resumes_and_it_counts_once(alices, large, live_server, tmp_path):
    target = tmp_path / "notebook.zip"
    target.write_bytes(LARGE[:1_000_000])
    command = ["curl", "-sS", "-f", "-L", "-C", "-", "-u", f":{code_of(alices)}", "-o", target, live_server.url + path_of(large)]
    subprocess.run(command, check=True, timeout=60)
    assert target.read_bytes() == LARGE
    assert left(alices) == 4
    target.unlink()
    subprocess.run(command, check=True, timeout=60)
    assert left(alices) == 4


@pytest.mark.skipif(not shutil.which("aria2c"), reason="it runs aria2c")
@pytest.mark.django_db(transaction=True)
def test_aria2c_with_many_connections_counts_once(alices, large, live_server, tmp_path):
    command = [
        "aria2c",
        "-q",
        "-x",
        "8",
        "-s",
        "8",
        "-k",
        "1M",
        "-d",
        tmp_path,
        "-o",
        "n.zip",
        f"--header=Authorization: Bearer {code_of(alices)}",
    ]
    subprocess.run([*command, live_server.url + path_of(large)], check=True, timeout=60)
    assert sha256((tmp_path / "n.zip").read_bytes()).hexdigest() == large.sha256
    assert left(alices) == 4
    assert AuditEvent.objects.filter(kind="download.taken").count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_many_connections_at_once_count_once(alices, large):
    code = code_of(alices)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: get(large, f"Bearer {code}", Range=f"bytes={number}-{number}").status_code, range(16)))
    assert answers == [206] * 16
    assert left(alices) == 4
    assert DownloadSession.objects.count() == 1

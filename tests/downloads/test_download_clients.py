"""Real clients on the real servers: curl killed and resumed, and aria2c with eight connections, count once and bring the file."""

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import call_command

from downloads.models import DownloadSession, ReleaseFile
from tests import cast
from tests.customer import log_in
from tests.downloads.servers import cookies_of, gunicorn_on, nginx_before
from tests.downloads.taking import press, remaining
from tests.nginx import needs_nginx
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
CONTENT = hashlib.shake_256(b"a release").digest(12_000_000)
needs_aria2 = pytest.mark.skipif(
    not shutil.which("aria2c"), reason="aria2c is not installed: `apt install aria2`, or .ci/run, which installs it"
)


@dataclass
class Served:
    """Where the site is, and the log of what nginx sent, if it is nginx."""

    address: str
    log: Path | None

    def is_complete(self) -> bool:
        """Whether the site knows that the whole file was sent; of nginx it knows from its log."""
        if self.log and self.log.exists():
            call_command("import_access_log", str(self.log), verbosity=0)
        return DownloadSession.objects.get().completed_at is not None


@pytest.fixture(params=["python", pytest.param("nginx", marks=needs_nginx)])
def served(request, own_disk) -> Iterator[Served]:
    with gunicorn_on(own_disk, DOWNLOADS_DELIVERY=request.param) as port:
        if request.param == "python":
            yield Served(f"http://127.0.0.1:{port}", None)
            return
        with nginx_before(port, own_disk) as nginx:
            yield Served(nginx.address, own_disk / "infacta.downloads.log")


@pytest.fixture
def file(notebook) -> ReleaseFile:
    return cast.make_file(notebook, "2.0", CONTENT)


def is_whole(target: Path, file: ReleaseFile) -> bool:
    return hashlib.sha256(target.read_bytes()).hexdigest() == file.sha256


def test_curl_is_killed_and_resumes(served, alice, alices, file, tmp_path):
    client = log_in(alice)
    url, target = served.address + press(client, alices, file), tmp_path / "notebook.zip"
    curl = ["curl", "-sS", "-f", "-k", "-b", cookies_of(client), "-o", str(target)]
    killed = subprocess.Popen([*curl, "--limit-rate", "2M", url])
    wait_for(lambda: target.exists() and target.stat().st_size > 1_000_000)
    killed.kill()
    killed.wait()
    arrived = target.stat().st_size
    assert 1_000_000 < arrived < len(CONTENT)
    subprocess.run([*curl, "-C", "-", url], check=True, timeout=60)
    assert is_whole(target, file)
    assert_counted_once(served, alices)


@needs_aria2
def test_aria2c_with_eight_connections(served, alice, alices, file, tmp_path):
    client = log_in(alice)
    url = served.address + press(client, alices, file)
    command = ["aria2c", "-q", "-x", "8", "-s", "8", "-k", "1M", "--check-certificate=false", f"--header=Cookie: {cookies_of(client)}"]
    subprocess.run([*command, "-d", str(tmp_path), "-o", "notebook.zip", url], check=True, timeout=60)
    assert is_whole(tmp_path / "notebook.zip", file)
    assert DownloadSession.objects.get().requests_begun > 1
    assert_counted_once(served, alices)


def assert_counted_once(served, alices) -> None:
    wait_for(served.is_complete)
    session = DownloadSession.objects.get()
    assert remaining(alices) == 4
    assert session.bytes_sent >= len(CONTENT)
    if served.log:
        call_command("import_access_log", str(served.log), verbosity=0)
        again = DownloadSession.objects.get()
        assert (again.bytes_sent, again.requests_ended) == (session.bytes_sent, session.requests_ended)


def test_the_customer_sees_nothing_of_the_number_in_nginxs_log(served, alice, alices, file):
    client = log_in(alice)
    url = served.address + press(client, alices, file)
    said = subprocess.run(
        ["curl", "-sS", "-k", "-D", "-", "-o", "/dev/null", "-b", cookies_of(client), url], check=True, capture_output=True, text=True
    ).stdout
    assert " 200" in said.splitlines()[0]
    assert "x-download-session" not in said.lower()
    assert "x-accel" not in said.lower()
    if served.log:
        wait_for(served.log.exists)
        wait_for(served.is_complete)
        [line] = served.log.read_text().splitlines()
        assert "127.0.0.1" not in line
        assert "/" not in line

"""Broken off and resumed, over a real connection."""

import http.client
import subprocess
import time
from urllib.parse import urlsplit

import pytest

from downloads.models import DownloadSession
from tests import cast
from tests.customer import log_in

pytestmark = pytest.mark.django_db(transaction=True)
CONTENT = bytes(range(256)) * 40_000


@pytest.fixture
def begun(alice, alices, notebook) -> tuple[str, str]:
    """The path of a download of 10 MB that Alice has begun, and her cookies."""
    file = cast.make_file(notebook, "2.0", CONTENT)
    client = log_in(alice)
    path = client.post(f"/resources/downloads/{alices.pk}/", {"file": file.pk})["Location"]
    return path, "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


def noted() -> DownloadSession:
    """The session, once the server has noticed the end of the connection."""
    for _try in range(100):
        session = DownloadSession.objects.get()
        if session.bytes_sent:
            break
        time.sleep(0.05)
    return session


def test_a_broken_connection_is_noted_and_curl_resumes(begun, live_server, tmp_path):
    path, cookies = begun
    connection = http.client.HTTPConnection(urlsplit(live_server.url).netloc)
    connection.request("GET", path, headers={"Cookie": cookies})
    answer = connection.getresponse()
    target = tmp_path / "notebook.zip"
    target.write_bytes(answer.read(1_000_000))
    answer.close()
    connection.close()
    session = noted()
    assert 1_000_000 <= session.bytes_sent < len(CONTENT)
    assert session.completed_at is None

    subprocess.run(["curl", "-sS", "-f", "-C", "-", "-b", cookies, "-o", target, live_server.url + path], check=True, timeout=60)
    assert target.read_bytes() == CONTENT
    session.entitlement.refresh_from_db()
    assert session.entitlement.remaining == 4
    for _try in range(100):
        if DownloadSession.objects.get().completed_at:
            return
        time.sleep(0.05)
    pytest.fail("the session was never complete")

"""Odd files and names, on the real servers: empty, larger than four gigabytes, quotes and Unicode, tricks with paths, half an upload."""

import hashlib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as site

from downloads.models import DownloadSession, Release, ReleaseFile
from tests import cast
from tests.customer import log_in
from tests.downloads.servers import cookies_of, gunicorn_on, nginx_before
from tests.downloads.taking import press, remaining
from tests.nginx import needs_nginx
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db(transaction=True)
GIGABYTE = 1024**3
FIVE = 5 * GIGABYTE


@pytest.fixture(params=["python", pytest.param("nginx", marks=needs_nginx)])
def address(request, own_disk) -> Iterator[str]:
    with gunicorn_on(own_disk, DOWNLOADS_DELIVERY=request.param) as port:
        if request.param == "python":
            yield f"http://127.0.0.1:{port}"
            return
        with nginx_before(port, own_disk) as nginx:
            yield nginx.address


def curl(url: str, cookies: str, *options: str) -> tuple[str, bytes]:
    """Head and body of the answer."""
    command = ["curl", "-sS", "-k", "-i", "-b", cookies, *options, url]
    head, _empty, body = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout.partition(b"\r\n\r\n")
    return head.decode().lower(), body


def test_an_empty_file_comes_and_is_complete(address, alice, alices, notebook):
    file = cast.make_file(notebook, "0.1", b"")
    client = log_in(alice)
    head, body = curl(address + press(client, alices, file), cookies_of(client))
    assert " 200" in head.splitlines()[0]
    assert "content-length: 0" in head
    assert body == b""
    assert remaining(alices) == 4


@pytest.fixture
def huge(notebook) -> ReleaseFile:
    """Five gigabytes, of which all but a few bytes are nowhere on the disk."""
    path = site.RELEASE_FILES_DIR / "huge.bin"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(FIVE)
        file.seek(4 * GIGABYTE + 10)
        file.write(b"beyond")
        file.seek(FIVE - 4)
        file.write(b"last")
    release = Release.objects.create(product=notebook, version="5.0")
    return ReleaseFile.objects.create(release=release, file="huge.bin", name="huge.bin", size=FIVE, sha256="0" * 64)


def test_parts_beyond_four_gigabytes(address, alice, alices, huge):
    client = log_in(alice)
    path, cookies = press(client, alices, huge), cookies_of(client)
    first = 4 * GIGABYTE + 10
    for asked, part, said in (
        (f"{first}-{first + 5}", b"beyond", f"bytes {first}-{first + 5}/{FIVE}"),
        (f"{FIVE - 4}-", b"last", f"bytes {FIVE - 4}-{FIVE - 1}/{FIVE}"),
        ("-4", b"last", f"bytes {FIVE - 4}-{FIVE - 1}/{FIVE}"),
    ):
        head, body = curl(address + path, cookies, "-r", asked)
        assert " 206" in head.splitlines()[0]
        assert f"content-range: {said}" in head
        assert body == part
    head, body = curl(address + path, cookies, "-I")
    assert f"content-length: {FIVE}" in head
    head, _body = curl(address + path, cookies, "-r", f"{FIVE}-")
    assert " 416" in head.splitlines()[0]
    assert remaining(alices) == 4


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ('a"; x=y.zip', 'attachment; filename="a\\"; x=y.zip"'),
        ("back\\slash.zip", 'attachment; filename="back\\\\slash.zip"'),
        ("grüße 日本\u202e.zip", "attachment; filename*=utf-8''gr%c3%bc%c3%9fe%20%e6%97%a5%e6%9c%ac%e2%80%ae.zip"),
        ("100%.zip", 'attachment; filename="100%.zip"'),
        ("a\r\nset-cookie: x=1.zip", "attachment; filename*=utf-8''a%0d%0aset-cookie%3a%20x%3d1.zip"),
    ],
    ids=["quote", "backslash", "Unicode", "percent", "line break"],
)
def test_names_arrive_as_names(address, alice, alices, notebook_file, name, said):
    ReleaseFile.objects.update(name=name)
    client = log_in(alice)
    head, body = curl(address + press(client, alices, notebook_file), cookies_of(client))
    assert f"content-disposition: {said}" in head.splitlines()
    assert not [line for line in head.splitlines() if line.startswith("set-cookie: x=1")]
    assert len(body) == 10_000


def stored_odd_names() -> dict[str, str]:
    return {
        "question": "2026/11/a?b=c.zip",
        "percent": "2026/11/100%25.zip",
        "hash": "2026/11/a#b.zip",
        "unicode": "2026/11/grüße 日本.zip",
    }


@pytest.mark.parametrize("stored", stored_odd_names().values(), ids=stored_odd_names())
def test_odd_names_on_the_disk_are_found(address, alice, alices, notebook_file, stored):
    path = site.RELEASE_FILES_DIR / stored
    path.parent.mkdir(parents=True, exist_ok=True)
    Path(notebook_file.file.path).rename(path)
    ReleaseFile.objects.update(file=stored)
    client = log_in(alice)
    head, body = curl(address + press(client, alices, notebook_file), cookies_of(client))
    assert " 200" in head.splitlines()[0]
    assert hashlib.sha256(body).hexdigest() == notebook_file.sha256


@pytest.mark.parametrize("stored", ["../signing-key.pem", "/etc/passwd", "2026/../../signing-key.pem", "a\x00b", "", "."])
@pytest.mark.parametrize("way", ["python", "nginx"])
def test_a_stored_name_that_leads_elsewhere_opens_nothing(own_disk, alice, alices, notebook_file, settings, stored, way, monkeypatch):
    """Whoever can write to the database could name any file of the server."""
    settings.DOWNLOADS_DELIVERY = way
    (own_disk / "signing-key.pem").write_text("secret")
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    if "\x00" in stored:  # PostgreSQL keeps none
        monkeypatch.setattr(ReleaseFile, "stored_as", stored)
    else:
        ReleaseFile.objects.update(file=stored)
    assert client.get(path).status_code == 503
    assert DownloadSession.objects.get().requests_begun == 0


def test_half_an_upload_publishes_nothing(own_disk, ada, notebook):
    """The line breaks in the middle of the file: no row, no file, and nothing left of the upload."""
    release = Release.objects.create(product=notebook, version="3.0")
    staff = staff_log_in(ada)
    page = staff.get("/staff/downloads/releasefile/add/")
    token = page.context["csrf_token"]
    fields = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in {
            "csrfmiddlewaretoken": token,
            "release": release.pk,
            "platform": "any",
            "architecture": "any",
            "name": "",
        }.items()
    )
    fields += '--x\r\nContent-Disposition: form-data; name="file"; filename="new.zip"\r\n\r\n'
    with gunicorn_on(own_disk) as port, socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        head = (
            f"POST /staff/downloads/releasefile/add/ HTTP/1.1\r\nHost: localhost\r\nCookie: {cookies_of(staff)}\r\n"
            f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 50000000\r\n\r\n"
        )
        line.sendall(head.encode() + fields.encode() + b"0" * 5_000_000)
        line.shutdown(socket.SHUT_WR)
        answer = line.recv(1000)
    assert b" 500 " not in answer.split(b"\r\n")[0] + b" "
    assert not ReleaseFile.objects.exists()
    assert [path for path in own_disk.rglob("*.zip") if path.is_file()] == []
    assert list((own_disk / "uploads").iterdir()) == []

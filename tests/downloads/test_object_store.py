"""Release files in an object store: the same gate, then an address that lapses. The store is a real one on HTTP."""

import subprocess
import threading
import time
import tracemalloc
import urllib.request
from datetime import timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.holds import place
from audit.models import AuditEvent
from bench.own_servers import free_port
from downloads.models import DownloadSession, Release, ReleaseFile
from downloads.models.release_file import release_storage
from downloads.releases.integrity import UNDER_WAY, orphans
from downloads.releases.object_store import PRESIGNED_FOR
from downloads.tasks import return_unsent_downloads
from tests import cast
from tests.customer import log_in
from tests.downloads.servers import cookies_of, gunicorn_on
from tests.downloads.signed import signed
from tests.downloads.store import BUCKET, VARIABLES, client_of, object_store, options
from tests.downloads.taking import press, remaining
from tests.downloads.test_hardly_sent import a_day_passes
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db
CONTENT = b"0123456789" * 1000


@pytest.fixture(scope="module")
def server():
    with object_store() as address:
        yield address


def use(address: str, settings, monkeypatch) -> None:
    settings.DOWNLOADS_DELIVERY = "s3"
    storage = {"BACKEND": "downloads.releases.object_store.ObjectStore", "OPTIONS": options(address)}
    settings.STORAGES = settings.STORAGES | {"releases": storage}
    monkeypatch.setattr(ReleaseFile._meta.get_field("file"), "storage", storages["releases"])


@pytest.fixture
def store(server, settings, monkeypatch):
    """The store's own client; its bucket is empty."""
    client = client_of(server)
    for found in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=found["Key"])
    use(server, settings, monkeypatch)
    return client


@pytest.fixture
def away(settings, monkeypatch):
    """Call it, and nothing listens at the store's address any more."""
    return lambda: use(f"http://127.0.0.1:{free_port()}", settings, monkeypatch)


def keys(store) -> list[str]:
    return [found["Key"] for found in store.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def follow(address: str, **headers: str) -> tuple[int, Message, bytes]:
    request = urllib.request.Request(address, headers={name.replace("_", "-"): value for name, value in headers.items()})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.status, answer.headers, answer.read()


def test_a_download_leads_to_an_address_that_lapses(store, alice, alices, notebook_file):
    client = log_in(alice)
    answer = client.get(press(client, alices, notebook_file))
    assert (answer.status_code, answer["Cache-Control"], answer.content) == (302, "private, no-store", b"")
    values = parse_qs(urlsplit(answer["Location"]).query)
    assert values["X-Amz-Expires"] == [str(int(PRESIGNED_FOR.total_seconds()))]
    assert timedelta(minutes=10) > PRESIGNED_FOR
    status, headers, body = follow(answer["Location"])
    assert (status, body) == (200, CONTENT)
    assert headers["Content-Disposition"] == 'attachment; filename="notebook-1.0.zip"'
    assert headers["Content-Type"] == "application/octet-stream"
    assert remaining(alices) == 4
    assert AuditEvent.objects.filter(kind="download.taken", user=alice).count() == 1


def test_a_part_comes_through_the_address_and_a_resume_gets_another(store, alice, alices, notebook_file, monkeypatch):
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    first = client.get(path)["Location"]
    status, headers, body = follow(first, Range="bytes=9000-")
    assert (status, headers["Content-Range"], body) == (206, "bytes 9000-9999/10000", CONTENT[9000:])
    time.sleep(1.1)
    assert client.get(path)["Location"] != first
    assert (remaining(alices), DownloadSession.objects.count()) == (4, 1)


def test_each_request_passes_the_gate_again(store, alice, alices, notebook_file):
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    Release.objects.update(published_at=None)
    assert client.get(path).status_code == 410
    Release.objects.update(published_at=timezone.now())
    DownloadSession.objects.update(valid_until=timezone.now())
    assert client.get(path).status_code == 410
    place(alice, reason="x", text="x")
    assert client.get(path)["Location"].startswith("/resources/log-in/")


def test_head_is_answered_here_and_counts_nothing(store, alice, alices, notebook_file):
    client = log_in(alice)
    answer = client.head(press(client, alices, notebook_file))
    assert answer.status_code == 200
    assert (answer["Content-Length"], answer["Accept-Ranges"]) == ("10000", "bytes")
    assert answer["ETag"] == f'"{notebook_file.sha256}"'
    assert "Location" not in answer
    assert DownloadSession.objects.get().requests_begun == 0


@pytest.mark.django_db(transaction=True)
def test_curl_resumes_through_the_site(store, server, alice, alices, notebook, own_disk):
    """Broken off at the store; curl comes back to our address, and is led on anew."""
    content = bytes(range(256)) * 4000
    file = cast.make_file(notebook, "2.0", content)
    client = log_in(alice)
    path = press(client, alices, file)
    target = own_disk / "notebook.zip"
    target.write_bytes(content[:300_000])
    with gunicorn_on(own_disk, DOWNLOADS_DELIVERY="s3", S3_ENDPOINT_URL=server, **VARIABLES) as port:
        command = ["curl", "-sS", "-f", "-L", "-C", "-", "-b", cookies_of(client), "-o", target, f"http://127.0.0.1:{port}{path}"]
        subprocess.run(command, check=True, timeout=60)
    assert target.read_bytes() == content
    assert remaining(alices) == 4


def test_what_the_store_sent_nobody_knows_so_nothing_is_given_back(store, alice, alices, notebook_file):
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    client.get(path)
    a_day_passes()
    assert return_unsent_downloads() == 0
    assert "notebook-1.0.zip" in client.get(f"/resources/products/{alices.pk}/").content.decode()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ('a"; x=y.zip', 'attachment; filename="a\\"; x=y.zip"'),
        ("grüße 日本.zip", "attachment; filename*=utf-8''gr%C3%BC%C3%9Fe%20%E6%97%A5%E6%9C%AC.zip"),
        ("a&b=c?d#e+f%20.zip", 'attachment; filename="a&b=c?d#e+f%20.zip"'),
    ],
)
def test_names_arrive_whatever_they_hold(store, alice, alices, notebook, name, said):
    file = cast.make_file(notebook, "2.0", name=name)
    client = log_in(alice)
    _status, headers, _body = follow(client.get(press(client, alices, file))["Location"])
    assert headers["Content-Disposition"] == said


def test_two_files_of_one_name_are_two_objects(store, notebook):
    first, second = cast.make_file(notebook, "1.0", b"one"), cast.make_file(notebook, "2.0", b"two")
    assert first.stored_as != second.stored_as
    assert {first.file.read(), second.file.read()} == {b"one", b"two"}
    long = release_storage().save("2026/11/" + "x" * 300 + ".zip", ContentFile(b"x"), max_length=255)
    assert (len(long), long.endswith("x.zip")) == (255, True)


def test_a_packed_file_is_sent_as_it_is(store, notebook):
    """A store that said `Content-Encoding: gzip` would have browsers unpack it, and the checksum would not fit."""
    name = release_storage().save("2026/11/notebook.tar.gz", ContentFile(b"\x1f\x8b"))
    facts = store.head_object(Bucket=BUCKET, Key=name)
    assert ("ContentEncoding" in facts, facts["ContentType"]) == (False, "application/octet-stream")


def test_staff_upload_and_delete(store, ada, notebook):
    release = Release.objects.create(product=notebook, version="3.0")
    staff = staff_log_in(ada)
    values = {"release": release.pk, "platform": "any", "name": "", "file": SimpleUploadedFile("new.zip", CONTENT)}
    assert staff.post("/staff/downloads/releasefile/add/", values).status_code == 302
    file = ReleaseFile.objects.get()
    assert (file.size, keys(store), file.is_signed_well()) == (10_000, [file.stored_as], True)
    assert staff.get(f"/staff/downloads/releasefile/{file.pk}/change/").status_code == 200
    release.withdraw("It lost data.")
    delete_url = f"/staff/downloads/releasefile/{file.pk}/delete/"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.db.transaction.on_commit", lambda call, **options: call())
        assert staff.post(delete_url, {"post": "yes"}).status_code == 302
    assert keys(store) == []


def test_a_large_upload_is_never_in_memory_whole(store, tmp_path):
    large = tmp_path / "large.bin"
    with large.open("wb") as sparse:
        sparse.truncate(300_000_000)
    tracemalloc.start()
    with large.open("rb") as source:
        name = release_storage().save("large.bin", File(source))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert release_storage().size(name) == 300_000_000
    assert peak < 150_000_000


# Verifying


def found() -> list[str]:
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("verify_files", stdout=out)
    return out.getvalue().splitlines()


def test_verify_and_sign_work_on_the_store(store, notebook_file):
    call_command("sign_files", stdout=StringIO())
    out = StringIO()
    call_command("verify_files", stdout=out)
    assert out.getvalue() == "Files looked at: 1, 0 MB read; all in order.\n"
    store.put_object(Bucket=BUCKET, Key=notebook_file.stored_as, Body=CONTENT[:-1] + b"x")
    assert found()[0].startswith(f"corrupted: {notebook_file.stored_as}: SHA-256")
    store.delete_object(Bucket=BUCKET, Key=notebook_file.stored_as)
    assert found() == [f"missing: {notebook_file.stored_as}: Notebook 1.0, notebook-1.0.zip"]


def test_what_no_row_names_is_found(store, notebook_file):
    signed(notebook_file)
    store.put_object(Bucket=BUCKET, Key="2020/01/old/Ünïcode.zip", Body=b"x")
    store.put_object(Bucket=BUCKET, Key="top.zip", Body=b"x")
    later = timezone.now() + UNDER_WAY + timedelta(minutes=1)
    assert [finding.name for finding in orphans(release_storage(), later)] == ["top.zip", "2020/01/old/Ünïcode.zip"]
    assert list(orphans(release_storage(), timezone.now())) == []


# The store is away


def test_a_store_that_is_away_counts_nothing(store, alice, alices, notebook_file, away):
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    other = cast.make_file(notebook_file.release.product, "2.0")
    away()
    began = time.monotonic()
    assert client.get(path).status_code == 503
    answer = client.post(f"/resources/downloads/{alices.pk}/", {"file": other.pk})
    assert time.monotonic() - began < 20
    assert (answer.status_code, "no download was counted" in answer.content.decode()) == (503, True)
    assert (remaining(alices), DownloadSession.objects.get().requests_begun) == (4, 0)


@pytest.mark.parametrize("stored", ["../etc/passwd", "/etc/passwd", "", "."])
def test_a_stored_name_that_leads_elsewhere_opens_nothing(store, alice, alices, notebook_file, stored):
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    ReleaseFile.objects.update(file=stored)
    assert client.get(path).status_code == 503


def test_another_bucket_or_key_is_a_missing_file_and_no_fault_of_ours(store, server, alice, alices, notebook_file, settings, monkeypatch):
    use(server, settings, monkeypatch)
    settings.STORAGES["releases"]["OPTIONS"]["bucket_name"] = "no-such-bucket"
    monkeypatch.setattr(ReleaseFile._meta.get_field("file"), "storage", type(release_storage())(**settings.STORAGES["releases"]["OPTIONS"]))
    assert log_in(alice).post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk}).status_code == 503


def test_a_store_that_is_away_is_a_finding(store, notebook_file, away):
    signed(notebook_file)
    away()
    lines = found()
    assert [line.partition(":")[0] for line in lines] == ["unreadable", "unreadable"]
    assert "Could not connect to the endpoint URL" in lines[0]
    assert lines[1].endswith("what no row names was not looked for any further")


def test_a_store_that_breaks_off_while_it_is_read_is_a_finding(store, notebook_file, settings, monkeypatch):
    """It answers, promises 10,000 bytes, and goes away after ten."""
    signed(notebook_file)
    with broken_store() as address:
        use(address, settings, monkeypatch)
        assert "unreadable" in found()[0]


def test_an_upload_to_a_store_that_is_away_publishes_nothing(store, ada, notebook, away):
    release = Release.objects.create(product=notebook, version="3.0")
    staff = staff_log_in(ada)
    away()
    values = {"release": release.pk, "platform": "any", "name": "", "file": SimpleUploadedFile("new.zip", CONTENT)}
    answer = staff.post("/staff/downloads/releasefile/add/", values, follow=True)
    assert answer.status_code == 200
    assert "The file could not be stored, and nothing was published" in answer.content.decode()
    values["file"] = SimpleUploadedFile("new.zip", CONTENT)
    answer = staff.post("/staff/downloads/releasefile/add/", values, headers={"X-Requested-With": "XMLHttpRequest"})
    assert answer.json() == {"location": "/staff/downloads/releasefile/add/"}
    assert not ReleaseFile.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_file_that_cannot_be_deleted_now_is_left_for_verify_files(store, ada, notebook_file, away):
    staff = staff_log_in(ada)
    notebook_file.release.withdraw("It lost data.")
    away()
    assert staff.post(f"/staff/downloads/releasefile/{notebook_file.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not ReleaseFile.objects.exists()
    assert keys(store) == [notebook_file.stored_as]


class broken_store:  # noqa: N801
    """A server that answers everything with a beginning of 10,000 bytes."""

    def __enter__(self) -> str:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", "10000")
                self.end_headers()
                self.wfile.write(b"0123456789")

            def do_HEAD(self) -> None:
                self.do_GET()

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __exit__(self, *args: object) -> None:
        self.server.shutdown()
        self.server.server_close()

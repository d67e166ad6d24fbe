"""From the button to the bytes: counted once, resumed without counting, refused with a reason."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from downloads.delivery.links import link_to
from downloads.models import DownloadSession, Entitlement, Release, ReleaseFile
from downloads.models.session import NothingLeft
from tests import cast
from tests.customer import log_in
from tests.downloads.taking import fetch, press, remaining
from tests.threads import at_once

pytestmark = pytest.mark.django_db
CONTENT = b"0123456789" * 1000


def test_alice_downloads_and_one_fewer_remains(alice, alices, notebook_file):
    client = log_in(alice)
    response, body = fetch(client, press(client, alices, notebook_file))
    assert (response.status_code, body) == (200, CONTENT)
    assert response["Content-Disposition"] == 'attachment; filename="notebook-1.0.zip"'
    assert response["Content-Length"] == "10000"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert remaining(alices) == 4
    session = DownloadSession.objects.get()
    assert (session.bytes_sent, session.ip) == (10000, "127.0.0.1")
    assert session.completed_at
    assert AuditEvent.objects.filter(kind="download.taken", user=alice, ip="127.0.0.1").count() == 1


def test_pressing_again_and_resuming_count_nothing(alice, alices, notebook_file):
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    assert press(client, alices, notebook_file) == path
    _response, first = fetch(client, path, Range="bytes=0-4999")
    _response, rest = fetch(client, path, Range="bytes=5000-")
    assert first + rest == CONTENT
    assert remaining(alices) == 4
    assert DownloadSession.objects.get().completed_at
    assert AuditEvent.objects.filter(kind="download.taken").count() == 1


def test_after_a_day_it_counts_again(alice, alices, notebook_file):
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    DownloadSession.objects.update(valid_until=timezone.now() - timedelta(seconds=1))
    response = client.get(path)
    assert response.status_code == 410
    assert "more than a day ago" in response.content.decode()
    assert press(client, alices, notebook_file) != path
    assert remaining(alices) == 3


def test_head_and_get_of_the_button_count_nothing(alice, alices, notebook_file):
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    response = client.head(path)
    assert (response.status_code, response["Content-Length"], response.content) == (200, "10000", b"")
    assert client.get(f"/resources/downloads/{alices.pk}/?file={notebook_file.pk}").status_code == 405
    assert DownloadSession.objects.get().bytes_sent == 0
    assert remaining(alices) == 4


@pytest.mark.parametrize(
    ("headers", "status", "content_range", "body"),
    [
        ({"Range": "bytes=0-0"}, 206, "bytes 0-0/10000", CONTENT[:1]),
        ({"Range": "bytes=0-"}, 206, "bytes 0-9999/10000", CONTENT),
        ({"Range": "bytes=9990-20000"}, 206, "bytes 9990-9999/10000", CONTENT[-10:]),
        ({"Range": "bytes=-5"}, 206, "bytes 9995-9999/10000", CONTENT[-5:]),
        ({"Range": "bytes=10000-"}, 416, "bytes */10000", b""),
        ({"Range": "bytes=5-2"}, 200, None, CONTENT),
        ({"Range": "lines=1-2"}, 200, None, CONTENT),
        ({"Range": "bytes=0-1,5-6"}, 200, None, CONTENT),
        ({"Range": "bytes=abc"}, 200, None, CONTENT),
        ({"Range": "bytes=" + "9" * 5000 + "-"}, 200, None, CONTENT),
        ({"Range": "bytes=0-4", "If-Range": '"ETAG"'}, 206, "bytes 0-4/10000", CONTENT[:5]),
        ({"Range": "bytes=0-4", "If-Range": '"another"'}, 200, None, CONTENT),
        ({"Range": "bytes=0-4", "If-Range": 'W/"ETAG"'}, 200, None, CONTENT),
        ({"Range": "bytes=0-4", "If-Range": "DATE"}, 206, "bytes 0-4/10000", CONTENT[:5]),
        ({"Range": "bytes=0-4", "If-Range": "Mon, 01 Jan 2001 00:00:00 GMT"}, 200, None, CONTENT),
        ({"Range": "bytes=0-4", "If-Range": "Mon, 01 Jan 9999999999999999999999 00:00:00 GMT"}, 200, None, CONTENT),
        ({"If-None-Match": '"ETAG"'}, 304, None, b""),
        ({"If-Match": '"another"'}, 412, None, b""),
    ],
)
def test_ranges_and_conditions(alice, alices, notebook_file, headers, status, content_range, body):
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    head = client.head(path)
    assert head["ETag"] == f'"{notebook_file.sha256}"'
    assert head["Accept-Ranges"] == "bytes"
    known = {"ETAG": notebook_file.sha256, "DATE": head["Last-Modified"]}
    for name, value in known.items():
        headers = {header: text.replace(name, value) for header, text in headers.items()}
    response, received = fetch(client, path, **headers)
    assert (response.status_code, response.get("Content-Range"), received) == (status, content_range, body)


def test_the_last_download_can_be_taken_and_no_further(alice, alices, notebook, notebook_file):
    Entitlement.objects.update(downloads_used=4)
    client = log_in(alice)
    press(client, alices, notebook_file)
    other = cast.make_file(notebook, "1.1")
    response = client.post(f"/resources/downloads/{alices.pk}/", {"file": other.pk})
    assert response.status_code == 403
    assert "All downloads of this purchase are used" in response.content.decode()
    assert press(client, alices, notebook_file), "the one begun can still be resumed"
    assert AuditEvent.objects.filter(kind="download.refused").count() == 1


def test_a_refund_ends_a_download_at_once(alice, alices, notebook_file):
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    alices.revoke(1)
    response = client.get(path)
    assert response.status_code == 403
    assert "was refunded" in response.content.decode()
    assert client.post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk}).status_code == 403
    assert DownloadSession.objects.get().bytes_sent == 0


def test_a_withdrawn_release_is_gone(alice, alices, notebook_file):
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    Release.objects.update(published_at=None)
    assert client.get(path).status_code == 410
    assert client.post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk}).status_code == 404


def test_a_file_missing_from_the_disk_counts_nothing(alice, alices, notebook_file):
    notebook_file.file.storage.delete(notebook_file.file.name)
    response = log_in(alice).post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk})
    assert response.status_code == 503
    assert remaining(alices) == 5


def test_another_customers_downloads_do_not_exist(alice, alices, bob, bobs, mallory, notebook_file, mailer):
    path = press(log_in(alice), alices, notebook_file)
    bobs_file = cast.make_file(mailer)
    for stranger in (bob, mallory):
        client = log_in(stranger)
        assert client.get(path).status_code == 404
        assert client.post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk}).status_code == 404
        assert client.get(f"/resources/products/{alices.pk}/").status_code == 404
    assert log_in(alice).post(f"/resources/downloads/{alices.pk}/", {"file": bobs_file.pk}).status_code == 404
    assert Client().get(path)["Location"].startswith("/resources/log-in/")
    assert remaining(alices) == 4


@pytest.mark.parametrize("number", ["0", "99999999999999999999999", "x", "-1", "\x00", ""])
def test_numbers_that_mean_nothing_are_404(alice, alices, number):
    client = log_in(alice)
    assert client.post(f"/resources/downloads/{number or 0}/".replace("\x00", "%00"), {"file": "1"}).status_code == 404
    assert client.post(f"/resources/downloads/{alices.pk}/", {"file": number}).status_code == 404


def test_nginx_is_handed_the_file(alice, alices, notebook_file, settings):
    settings.DOWNLOADS_DELIVERY = "nginx"
    client = log_in(alice)
    response = client.get(press(client, alices, notebook_file))
    assert response["X-Accel-Redirect"] == f"/protected-releases/{notebook_file.file.name}"
    assert response.content == b""
    assert response["Content-Disposition"] == 'attachment; filename="notebook-1.0.zip"'


@pytest.mark.parametrize("name", ['a"; x=y.zip', "grüße\u202e.zip", "../../etc/passwd", "a\r\nSet-Cookie: x=1.zip"])
def test_hostile_file_names_stay_names(alice, alices, notebook_file, name):
    type(notebook_file).objects.update(name=name)
    client = log_in(alice)
    response = client.head(press(client, alices, notebook_file))
    assert response.status_code == 200
    assert "\r" not in response["Content-Disposition"]
    assert "Set-Cookie" not in response.headers


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_many_clicks_at_once_spend_one_download(alice, alices, notebook_file):
    assert sum(at_once(lambda _thread: DownloadSession.objects.take(alices, notebook_file, None, "")[1], range(16))) == 1
    assert remaining(alices) == 4


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_many_files_at_once_spend_no_more_than_there_are(alice, alices, notebook):
    files = [cast.make_file(notebook, f"1.{number}") for number in range(12)]

    def click(file) -> bool:
        try:
            return DownloadSession.objects.take(alices, file, None, "")[1]
        except NothingLeft:
            return False

    assert sum(at_once(click, files)) == 5
    assert remaining(alices) == 0


def test_whoever_presses_on_and_on_does_not_fill_the_audit_log(alice, alices, notebook_file):
    alices.revoke(1)
    client = log_in(alice)
    for _time in range(60):
        assert client.post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk}).status_code == 403
    assert AuditEvent.objects.filter(kind="download.refused").count() == 50


def test_a_file_that_goes_between_the_gate_and_the_opening_is_told(alice, alices, notebook_file, monkeypatch):
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    notebook_file.file.storage.delete(notebook_file.stored_as)
    monkeypatch.setattr(ReleaseFile, "is_stored", lambda _file: True)
    for reader, address in ((client, path), (Client(), urlsplit(link_to(DownloadSession.objects.get())).path)):
        answer = reader.get(address)
        assert answer.status_code == 503
        assert "cannot be found at the moment" in answer.content.decode()
        assert not {"ETag", "Content-Disposition"} & set(answer.headers), "the words are not to be saved as the file"

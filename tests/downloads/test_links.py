"""The link to a download for other programs: it opens what the page opens, for as long, and counts nothing more."""

import hashlib
import subprocess
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from accounts import holds
from accounts.limits import LINKED_REQUESTS
from accounts.models.throttle import Limit
from audit.models import AuditEvent
from downloads.delivery.links import link_to
from downloads.models import DownloadSession, Entitlement, Release
from downloads.views import links
from tests import cast
from tests.customer import log_in
from tests.downloads.taking import fetch, press

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(alice, alices, notebook_file) -> str:
    """The path of a link to the download that Alice began."""
    press(log_in(alice), alices, notebook_file)
    return urlsplit(link_to(DownloadSession.objects.get())).path


def test_the_page_shows_link_and_commands(alice, alices, notebook):
    file = cast.make_file(notebook, "2.0", name="it's $HOME.zip")
    client = log_in(alice)
    path = press(client, alices, file)
    assert f'href="{path}link/"' in client.get(f"/resources/products/{alices.pk}/").content.decode()
    page = unescape(client.get(f"{path}link/").content.decode())
    address = link_to(DownloadSession.objects.get())
    assert f"curl -L -C - -o 'it'\"'\"'s $HOME.zip' {address}" in page
    assert f"aria2c -x 8 -o 'it'\"'\"'s $HOME.zip' {address}" in page


def test_whoever_has_it_fetches_the_file_without_a_cookie_and_it_counts_once(link, alices, notebook_file):
    for _time in range(3):
        answer, body = fetch(Client(), link)
        assert (answer.status_code, hashlib.sha256(body).hexdigest()) == (200, notebook_file.sha256)
        assert not answer.cookies
    assert fetch(Client(), link, Range="bytes=5-9")[1] == b"56789"
    assert Client().head(link).status_code == 200
    alices.refresh_from_db()
    assert (alices.downloads_used, AuditEvent.objects.filter(kind="download.taken").count()) == (1, 1)


def hold(session):
    holds.place(session.entitlement.user, reason="shared", text="Please write to us.")


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        (hold, 403, "on hold"),
        (lambda session: session.entitlement.revoke(1), 403, "refunded"),
        (lambda session: session.give_back(), 410, "was given back"),
        (lambda session: Release.objects.get().withdraw("It lost data."), 410, "withdrawn"),
        (lambda session: Entitlement.objects.update(upgrades_until=timezone.now() - timedelta(days=1)), 403, "after the upgrades"),
        (lambda session: DownloadSession.objects.update(valid_until=timezone.now()), 410, "more than a day ago"),
        (lambda session: session.file.file.storage.delete(session.file.stored_as), 503, "cannot be found"),
    ],
)
def test_whatever_ends_the_download_ends_the_link(link, change, status, words):
    change(DownloadSession.objects.get())
    answer = Client().get(link)
    assert (answer.status_code, answer["Content-Type"]) == (status, "text/plain; charset=utf-8")
    assert words in answer.content.decode()
    assert AuditEvent.objects.filter(kind="download.refused").count() == 1


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        lambda token: token[:-2],
        lambda token: ("1" if token[0] == "0" else "0") + token[1:],
        lambda token: token.split(":")[0],
        lambda _: "ü",
    ],
)
def test_what_was_not_signed_here_is_no_link(link, change):
    token = link.split("/")[-2]
    assert Client().get(link.replace(token, change(token))).status_code == 404


def test_a_crowd_gets_no_further(link, monkeypatch):
    monkeypatch.setattr(links, "LINKED_REQUESTS", Limit("linked-requests", burst=3, interval=60))
    assert [fetch(Client(), link)[0].status_code for _time in range(4)] == [200, 200, 200, 429]
    assert Client().get(link)["Retry-After"] == str(int(LINKED_REQUESTS.interval))


def test_mallory_sees_no_link_of_alices(mallory, link):
    key = DownloadSession.objects.get().key
    assert log_in(mallory).get(f"/resources/downloads/{key}/link/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_curl_fetches_and_resumes_it(link, live_server, notebook_file, tmp_path):
    target = tmp_path / "notebook.zip"
    target.write_bytes(notebook_file.file.read()[:4_000])
    subprocess.run(["curl", "-sS", "-f", "-L", "-C", "-", "-o", target, live_server.url + link], check=True, timeout=60)
    assert hashlib.sha256(target.read_bytes()).hexdigest() == notebook_file.sha256

"""A release that is withdrawn: gone at once, told to whoever had it, and shown again by a step of its own; each happens once."""

from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from audit.models import AuditEvent
from downloads import cards
from downloads.models import Entitlement, Release
from downloads.models.release_file import release_storage
from downloads.releases.withdrawing import withdraw
from tests import cast
from tests.customer import log_in
from tests.downloads.taking import fetch, press
from tests.pages import words_of
from tests.staff import request_of, staff_log_in
from tests.threads import at_once

pytestmark = pytest.mark.django_db
REASON = "It may lose notes that hold an apostrophe. Please take 1.0 until Monday."


def path_to(release: Release, verb: str) -> str:
    return f"/staff/downloads/release/{release.pk}/{verb}/"


@pytest.fixture
def release(notebook, notebook_file) -> Release:
    return cast.make_file(notebook, "2.0").release


def test_it_is_withdrawn_with_a_reason_and_the_audit_log_has_it(ada, release):
    client = staff_log_in(ada)
    page = client.get(f"/staff/downloads/release/{release.pk}/change/").content.decode()
    assert f'href="{path_to(release, "withdraw")}"' in page
    assert "reads your reason" in client.get(path_to(release, "withdraw")).content.decode()
    assert "This field is required" in client.post(path_to(release, "withdraw"), {"reason": " "}).content.decode()
    assert "at most 300" in words_of(client.post(path_to(release, "withdraw"), {"reason": "x" * 301}).content.decode())
    assert Release.objects.get(pk=release.pk).withdrawn_at is None
    answer = client.post(path_to(release, "withdraw"), {"reason": REASON}, follow=True)
    page = words_of(answer.content.decode())
    assert "The release is withdrawn" in page
    assert REASON in page
    event = AuditEvent.objects.get(kind="release.withdrawn")
    assert (event.actor, event.detail) == (ada, {"product": "NOTEBOOK", "version": "2.0", "reason": REASON})


def test_a_second_click_changes_nothing_and_is_told_so(ada, release):
    client = staff_log_in(ada)
    client.post(path_to(release, "withdraw"), {"reason": REASON})
    page = client.post(path_to(release, "withdraw"), {"reason": "another"}, follow=True).content.decode()
    assert "you have changed nothing" in page
    assert Release.objects.get(pk=release.pk).withdrawal_reason == REASON
    assert AuditEvent.objects.filter(kind="release.withdrawn").count() == 1


def test_it_is_shown_again(ada, release, alice, alices):
    client = staff_log_in(ada)
    client.post(path_to(release, "withdraw"), {"reason": REASON})
    assert "was withdrawn" in client.get(path_to(release, "reinstate")).content.decode()
    for _click in range(2):
        client.post(path_to(release, "reinstate"), {"reason": "it was the test that was wrong"})
    assert AuditEvent.objects.get(kind="release.reinstated").detail["reason"] == "it was the test that was wrong"
    release.refresh_from_db()
    assert (release.withdrawn_at, release.withdrawal_reason) == (None, "")
    assert "notebook-2.0.zip" in log_in(alice).get(f"/resources/products/{alices.pk}/").content.decode()


@pytest.mark.parametrize("at", [None, timedelta(days=1)])
def test_what_nobody_has_seen_is_not_withdrawn(ada, release, at):
    Release.objects.filter(pk=release.pk).update(published_at=at and now() + at)
    staff_log_in(ada).post(path_to(release, "withdraw"), {"reason": REASON})
    assert Release.objects.get(pk=release.pk).withdrawn_at is None


def test_support_withdraws_nothing(sam, release):
    for verb in ("withdraw", "reinstate"):
        assert staff_log_in(sam).post(path_to(release, verb), {"reason": REASON}).status_code == 403
    assert Release.objects.get(pk=release.pk).withdrawn_at is None


def test_whoever_had_it_reads_why_and_can_download_it_no_more(alice, alices, release):
    client = log_in(alice)
    file = release.files.get()
    path = press(client, alices, file)
    release.withdraw(REASON)
    page = words_of(client.get(f"/resources/products/{alices.pk}/").content.decode())
    assert "We withdrew this version on" in page
    assert "You downloaded it." in page
    assert REASON in page
    assert "Download notebook-2.0.zip" not in client.get(f"/resources/products/{alices.pk}/").content.decode()
    assert fetch(client, path)[0].status_code == 410
    cards.kept.clear()  # half a minute has passed
    assert "notebook-1.0.zip" in client.get("/resources/").content.decode()


def test_whoever_only_might_have_had_it_reads_why_too(alice, alices, release):
    release.withdraw(REASON)
    page = words_of(log_in(alice).get(f"/resources/products/{alices.pk}/").content.decode())
    assert REASON in page
    assert "You downloaded it." not in page


def test_whoever_it_was_never_included_for_is_told_nothing(alice, alices, release):
    Entitlement.objects.update(upgrades_until=now() - timedelta(days=1))
    release.withdraw(REASON)
    assert REASON not in log_in(alice).get(f"/resources/products/{alices.pk}/").content.decode()


def test_the_public_pages_do_not_show_it(notebook, release):
    assert "Version 2.0" in Client().get("/products/notebook/").content.decode()
    release.withdraw(REASON)
    for path in ("/products/notebook/", "/products/notebook/changelog/"):
        page = Client().get(path).content.decode()
        assert "Version 1.0" in page
        assert "Version 2.0" not in page
        assert REASON not in page


def test_the_number_of_queries_does_not_grow_with_what_was_withdrawn(alice, alices, notebook, release):
    client, path = log_in(alice), f"/resources/products/{alices.pk}/"

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    before = queries()
    for number in range(8):
        cast.make_file(notebook, f"3.{number}").release.withdraw(REASON)
    assert queries() == before


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_eight_withdraw_it_at_once_and_one_has_done_it(ada, release):
    answers = at_once(lambda number: withdraw(release, f"reason {number}", request_of(ada)), range(8))
    assert sorted(answers) == [False] * 7 + [True]
    assert AuditEvent.objects.get(kind="release.withdrawn").detail["reason"] == Release.objects.get(pk=release.pk).withdrawal_reason


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_it_does_not_wait_for_the_upload_of_what_comes_after_it(ada, notebook, notebook_file, monkeypatch):
    """An object store takes minutes for a large file, and what harms customers must be gone at once."""
    Release.objects.create(product=notebook, version="2.0")
    storage, storing, withdrawn, in_time = release_storage(), Event(), Event(), []
    store = storage._save

    def slowly(name, content):
        storing.set()
        in_time.append(withdrawn.wait(5))
        return store(name, content)

    @transaction.atomic
    def upload():
        cast.make_file(notebook, "2.0")

    def upload_and_part():
        try:
            upload()
        finally:
            connection.close()

    monkeypatch.setattr(storage, "_save", slowly)
    uploading = Thread(target=upload_and_part)
    uploading.start()
    assert storing.wait(10)
    assert withdraw(notebook_file.release, REASON, request_of(ada))
    withdrawn.set()
    uploading.join()
    assert in_time == [True]

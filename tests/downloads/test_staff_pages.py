"""The catalogue in the staff area: uploading releases, and adding downloads with a reason."""

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from audit.models import AuditEvent
from downloads.models import Product, Release, ReleaseFile
from tests import cast
from tests.customer import log_in
from tests.pages import Tags, fields_on
from tests.staff import open_record, staff_log_in
from tests.threads import at_once

pytestmark = pytest.mark.django_db
CONTENT = b"release " * 50_000


@pytest.fixture
def release(notebook: Product) -> Release:
    return Release.objects.create(product=notebook, version="2.0")


def upload(client: Client, release: Release, path: str = "/staff/downloads/releasefile/add/", **form: str):
    file = SimpleUploadedFile("notebook 2.0.zip", CONTENT)
    return client.post(path, {"release": release.pk, "platform": "windows", "architecture": "x86_64", "file": file} | form)


def test_an_upload_is_kept_with_size_and_digest(ada, release, settings):
    response = upload(staff_log_in(ada), release)
    assert response.status_code == 302
    file = ReleaseFile.objects.get()
    assert (file.name, file.size, file.sha256) == ("notebook 2.0.zip", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    assert file.file.read() == CONTENT
    event = AuditEvent.objects.get(kind="release_file.uploaded")
    assert (event.actor, event.detail) == (ada, {"file": "notebook 2.0.zip", "sha256": file.sha256})
    assert str(file.file.path).startswith(str(settings.RELEASE_FILES_DIR)), "tests write into a folder of their own"


def test_the_progress_bar_is_told_where_to_go(ada, release):
    client = staff_log_in(ada)
    page = client.get("/staff/downloads/releasefile/add/").content.decode()
    assert "upload.js" in page
    file = SimpleUploadedFile("notebook.zip", CONTENT)
    form = {"release": release.pk, "platform": "any", "file": file}
    response = client.post("/staff/downloads/releasefile/add/", form, headers={"X-Requested-With": "XMLHttpRequest"})
    assert response.json() == {"location": f"/staff/downloads/release/{release.pk}/change/"}


def test_a_missing_file_is_an_error_of_the_form(ada, release):
    response = staff_log_in(ada).post("/staff/downloads/releasefile/add/", {"release": release.pk, "platform": "any"})
    assert response.status_code == 200
    assert "This field is required" in response.content.decode()


def test_a_file_never_changes_once_it_is_there(ada, notebook_file):
    client = staff_log_in(ada)
    upload(client, notebook_file.release, f"/staff/downloads/releasefile/{notebook_file.pk}/change/", name="renamed.zip")
    before = notebook_file.sha256
    notebook_file.refresh_from_db()
    assert (notebook_file.name, notebook_file.sha256) == ("renamed.zip", before)


def test_deleting_a_file_that_nobody_took_removes_it_from_the_disk(ada, notebook_file, django_capture_on_commit_callbacks):
    notebook_file.release.withdraw("It does not start.")
    with django_capture_on_commit_callbacks(execute=True):
        staff_log_in(ada).post(f"/staff/downloads/releasefile/{notebook_file.pk}/delete/", {"post": "yes"})
    assert not ReleaseFile.objects.exists()
    assert not notebook_file.is_stored()


def test_a_file_that_is_out_is_not_deleted(ada, notebook_file):
    client = staff_log_in(ada)
    page = client.get(f"/staff/downloads/releasefile/{notebook_file.pk}/change/").content.decode()
    assert f'<a href="/staff/downloads/release/{notebook_file.release_id}/change/">Withdraw its release</a> first' in page
    assert client.post(f"/staff/downloads/releasefile/{notebook_file.pk}/delete/", {"post": "yes"}).status_code == 403
    several = {"action": "delete_selected", "_selected_action": [notebook_file.pk], "post": "yes"}
    assert client.post("/staff/downloads/releasefile/", several).status_code == 403
    assert ReleaseFile.objects.exists()
    assert notebook_file.is_stored()


def test_a_file_that_somebody_took_stays(ada, alice, alices, notebook_file):
    log_in(alice).post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk})
    notebook_file.release.withdraw("It does not start.")
    staff_log_in(ada).post(f"/staff/downloads/releasefile/{notebook_file.pk}/delete/", {"post": "yes"})
    assert ReleaseFile.objects.exists()
    assert notebook_file.is_stored()


@pytest.mark.parametrize("path", ["/resources/log-in/", "/staff/login/", "/contact/", "/staff/downloads/releasefile/add/"])
def test_nobody_else_can_leave_a_file(db, alice, release, settings, path):
    upload(log_in(alice), release, path)
    upload(Client(), release, path)
    assert list(settings.FILE_UPLOAD_TEMP_DIR.iterdir()) == []
    assert not ReleaseFile.objects.exists()


def test_support_adds_downloads_with_a_reason(sam, alices):
    path = f"/staff/downloads/entitlement/{alices.pk}/change/"
    client = open_record(staff_log_in(sam), alices.user)
    client.post(path, {"more": "2", "reason": "the line broke off twice", "downloads_used": "0", "user": "1"})
    alices.refresh_from_db()
    assert alices.downloads_allowed == 7
    event = AuditEvent.objects.get(kind="entitlement.changed")
    assert (event.user, event.actor, event.detail["downloads"], event.detail["reason"]) == (alices.user, sam, 2, "the line broke off twice")
    assert client.post(path, {"more": "2", "reason": ""}).status_code == 200
    assert client.post(path, {"more": "-5", "reason": "x"}).status_code == 200
    alices.refresh_from_db()
    assert alices.downloads_allowed == 7


def test_a_form_that_is_sent_twice_adds_downloads_once(ada, alices):
    client, path = staff_log_in(ada), f"/staff/downloads/entitlement/{alices.pk}/change/"
    form = fields_on(client, path) | {"more": "2", "reason": "the line broke off"}
    assert client.post(path, form).status_code == 302
    again = client.post(path, form).content.decode()
    assert "7 downloads are allowed now" in again
    assert client.post(path, Tags(again).fields()).status_code == 302, "sent once more on purpose"
    assert list(alices.allowance_entries.filter(kind="added").values_list("change", flat=True)) == [2, 2]


def test_staff_take_back_units_after_a_refund_of_a_part(ada, notebook):
    owned = cast.buy(cast.ALICE, notebook, units=3, order="A-3").entitlements[0]
    client, path = staff_log_in(ada), f"/staff/downloads/entitlement/{owned.pk}/change/"
    Product.objects.update(downloads_per_unit=10)
    assert client.post(path, {"take_back": "2", "reason": "two of three were refunded"}).status_code == 302
    owned.refresh_from_db()
    assert (owned.units_revoked, owned.remaining, owned.unlock_codes.filter(revoked_at=None).count()) == (2, 5, 1)
    event = AuditEvent.objects.get(kind="entitlement.revoked")
    assert (event.actor, event.detail) == (
        ada,
        {"entitlement": owned.pk, "units": 2, "reason": "two of three were refunded", "role": "Administration"},
    )
    assert "Only 1 unit is left." in client.post(path, {"take_back": "2", "reason": "again"}).content.decode()
    assert "Say how many downloads to add" in client.post(path, {"reason": "nothing"}).content.decode()


def test_a_prefix_that_unlock_codes_cannot_have_is_refused(ada):
    form = {"code": "LOUD", "slug": "loud", "name": "Loud", "unlock_prefix": "LOUD", "downloads_per_unit": "5", "position": "0"}
    response = staff_log_in(ada).post("/staff/downloads/product/add/", form)
    assert "without I, L, O and U" in response.content.decode()


@pytest.mark.parametrize("model", ["entitlement", "unlockcode", "downloadsession", "releasefile", "release", "product"])
def test_lists_can_be_searched(ada, alices, notebook_file, model):
    client = staff_log_in(ada)
    assert client.get(f"/staff/downloads/{model}/", {"q": "notebook"}).status_code == 200


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_release_of_another_age_is_refused(ada, notebook_file, day):
    """The page of its product could not be shown in America, where the first day of the calendar is a day before it."""
    release = notebook_file.release
    files = {"files-TOTAL_FORMS": 0, "files-INITIAL_FORMS": 0}
    form = {
        "product": release.product_id,
        "version": "1.0",
        "channel": "stable",
        "rollout_days": "0",
        "published_at_0": day,
        "published_at_1": "00:00",
        **files,
    }
    page = staff_log_in(ada).post(f"/staff/downloads/release/{release.pk}/change/", form).content.decode()
    assert "Is this year right?" in page
    form["published_at_0"] = "2026-01-01"
    assert staff_log_in(ada).post(f"/staff/downloads/release/{release.pk}/change/", form).status_code == 302


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_form_that_is_sent_several_times_at_once_uploads_one_file(ada, release):
    client = staff_log_in(ada)
    pages = at_once(lambda _click: upload(client, release, name="notebook.zip"), range(4))
    told = [page for page in pages if page.status_code == 200 or page["Location"] == "/staff/downloads/releasefile/"]
    assert (len(pages), len(told)) == (4, 3), "the others read that the name is taken"
    assert ReleaseFile.objects.count() == AuditEvent.objects.filter(kind="release_file.uploaded").count() == 1

"""A disk without room, a real one: whatever is written says so, leaves nothing half, and works again once there is room (docs/failures.md).

Case files, appeals, diagnostics and mails: tests/support/test_full_disk.py; reports: tests/rights/test_report_files.py.
"""

import contextlib
import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from downloads.models import Product, Release, ReleaseFile
from infacta import away
from rights.erasure import log as erasures
from tests.customer import log_in
from tests.downloads.test_staff_pages import CONTENT, upload
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db
ROOM, BLOCK = 1_000_000, 4096


class SmallDisk:
    def __init__(self, folder: Path) -> None:
        self.folder, self.filler = folder, folder / "filler"

    def fill(self, left: int = 0) -> None:
        with self.filler.open("wb", buffering=0) as file:
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"0" * BLOCK)
            file.truncate(max(0, file.tell() - left))

    def clear(self) -> None:
        self.filler.unlink()

    def files(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file() and path != self.filler]


@pytest.fixture
def disk(tmp_path_factory) -> Iterator[SmallDisk]:
    """A megabyte in memory, mounted for this test."""
    folder = tmp_path_factory.mktemp("disk")
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "none", folder], capture_output=True, check=False).returncode
    ):
        pytest.skip("needs the right to mount a small disk, as root has")
    yield SmallDisk(folder)
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def release(notebook: Product) -> Release:
    return Release.objects.create(product=notebook, version="2.0")


def put_releases_on(disk: SmallDisk, settings, monkeypatch) -> None:
    settings.RELEASE_FILES_DIR = disk.folder / "releases"
    settings.FILE_UPLOAD_TEMP_DIR = disk.folder / "uploads"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    options = {"location": settings.RELEASE_FILES_DIR}
    settings.STORAGES = settings.STORAGES | {"releases": settings.STORAGES["releases"] | {"OPTIONS": options}}
    monkeypatch.setattr(ReleaseFile._meta.get_field("file"), "storage", storages["releases"])


def test_staff_are_told_that_the_release_file_had_no_room(disk, ada, release, settings, monkeypatch):
    put_releases_on(disk, settings, monkeypatch)
    staff = staff_log_in(ada, Client(raise_request_exception=False))
    disk.fill(left=100_000)
    answer = upload(staff, release)
    assert answer.status_code in (302, 503)
    page = staff.get(answer["Location"]).content.decode() if answer.status_code == 302 else answer.content.decode()
    assert "No space left on device" in page or "We cannot keep anything at the moment" in page
    assert (ReleaseFile.objects.count(), disk.files()) == (0, [])
    assert not AuditEvent.objects.filter(kind="release_file.uploaded").exists()
    disk.clear()
    assert upload(staff, release).status_code == 302
    assert ReleaseFile.objects.get().file.size == len(CONTENT)


def test_a_line_of_the_log_of_erasures_is_there_whole_or_not_at_all(disk, settings):
    """The log of destructions is written by the same hand (infacta/file_log.py)."""
    settings.ERASURES_LOG = disk.folder / "erasures.log"
    entry = erasures.Entry("E-1", 7, ("0" * 64,), timezone.now(), timezone.now())
    first = erasures.append(entry, 0)
    with settings.ERASURES_LOG.open("ab") as file:  # to the end of a block of the disk, but for a few bytes: the line does not fit
        file.write(b"\n" * (BLOCK - settings.ERASURES_LOG.stat().st_size - 20))
    disk.fill()
    with pytest.raises(OSError, match="No space"):
        erasures.append(entry, first.sequence)
    assert settings.ERASURES_LOG.stat().st_size == BLOCK, "half a line is there"
    assert [one.sequence for one in erasures.oldest_first()] == [1], "and none reads it"
    disk.clear()
    erasures.append(entry, first.sequence)
    assert [one.sequence for one in erasures.oldest_first()] == [1, 2]


def test_any_page_that_cannot_write_says_so_and_the_customer_stays_logged_in(alice, monkeypatch):
    """Whatever nobody foresaw: the answer is a 503 that says when to come again."""
    customer = log_in(alice, Client(raise_request_exception=False))
    cookies = {name: morsel.value for name, morsel in customer.cookies.items()}
    monkeypatch.setattr(away, "said", {})

    def full(*_all):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("accounts.middleware.reading.begin", full)
        answer = customer.get("/resources/")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "3600"
    assert "We cannot keep anything at the moment" in answer.content.decode()
    assert customer.get("/resources/").status_code == 200
    assert cookies["authentication"] == customer.cookies["authentication"].value

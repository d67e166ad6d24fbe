"""G7: wizards in the products send settings, hardware specification and log files. The person controls exactly what is sent and can have an exact
copy; it serves support alone, and is gone once the matter is dealt with."""

import hashlib
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mailroom.attaching import attachment
from mailroom.models import OutgoingMail
from support.cases.access import case_behind
from support.destruction.starting import begin as destroy
from support.diagnostics import receiving
from support.models import Case, DiagnosticsUpload, Trigger
from support.vault import files, keyring
from support.views.wizard import PROGRAM
from tests.staff import staff_log_in
from tests.support.diagnostics import START, begun, patch, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """What the wizard saved after the person had unticked the settings and blanked out what it knows of names."""
    folder = tmp_path / "product"
    folder.mkdir()
    (folder / "settings.ini").write_text("password = canary-of-settings\n")
    (folder / "app.log").write_text("opened /home/canaryuser/plan.txt for canary@example.net\n")
    items = [{"kind": "settings", "path": "settings.ini"}, {"kind": "log", "path": "app.log"}]
    (folder / "diagnostics.json").write_text(json.dumps({"product": "NOTEBOOK", "site": "https://vendor.example", "items": items}))
    target = tmp_path / "bundle.zip"
    command = [sys.executable, str(PROGRAM), str(folder / "diagnostics.json"), "--yes", "--untick", "settings-2", "--save", str(target)]
    subprocess.run(command, check=True, capture_output=True)
    return target


def test_g07_what_is_sent_is_what_the_person_left_in_it(saved):
    with zipfile.ZipFile(saved) as archive:
        everything = {name: archive.read(name).decode() for name in archive.namelist()}
    assert set(everything) == {"manifest.json", "hardware.json", "log/app.log"}
    assert "canary" not in "".join(everything.values())
    assert re.fullmatch(r"opened /home/\[user-\d\]/plan.txt for \[email-\d\]\n", everything["log/app.log"])
    assert json.loads(everything["hardware.json"])["system"]


def test_g07_saved_sent_kept_and_given_back_are_the_same_bytes(saved, client):
    """Given back on the page to which the mail leads, and, since whoever opened that reads the mailbox, by mail."""
    content = saved.read_bytes()
    send(content, send_copy=True)
    case = Case.objects.get()
    file, link = case.files.get(), f"/support/cases/{case.access}/"
    assert link in OutgoingMail.objects.get(cause__contains=":copy-link:").text
    downloaded = b"".join(client.get(f"{link}files/{file.pk}/").streaming_content)
    client.post(f"{link}files/{file.pk}/copy/")
    mailed = attachment(OutgoingMail.objects.exclude(attached="").get().attached).content
    digests = {hashlib.sha256(each).hexdigest() for each in (content, b"".join(file.content()), downloaded, mailed)}
    assert digests == {file.sha256}


def test_g07_it_is_read_by_whoever_works_on_the_case_and_by_nobody_else(saved, sam, ada, alice):
    send(saved.read_bytes())
    case = Case.objects.get()
    case.assigned_to = sam
    case.save(update_fields=["assigned_to"])
    address = f"/staff/desk/{case.reference}/diagnostics/{case.files.get().pk}/1/"
    assert staff_log_in(sam).post(address).status_code == 200
    assert staff_log_in(ada).post(address).status_code == 404


def test_g07_it_lies_sealed_and_is_unreadable_once_its_key_is_gone(saved):
    send(saved.read_bytes())
    case = Case.objects.get()
    file = case.files.get()
    on_disk = files.path_of(case.key_name, file.stored_as).read_bytes()
    assert b"manifest.json" not in on_disk
    assert b"PK\3\4" not in on_disk
    destroy(case, Trigger.CUSTOMER)
    assert case_behind(case.access) is None
    keyring.destroy(case.key_name)
    with pytest.raises(keyring.KeyGone):
        b"".join(file.content())


def test_g07_what_does_not_come_whole_is_no_case_and_is_gone_in_a_day(saved):
    content = saved.read_bytes()
    location = begun(content)
    patch(location, 0, content[:100])
    assert not Case.objects.exists()
    upload = DiagnosticsUpload.objects.get()
    assert (upload.until - upload.written_at).total_seconds() <= 24 * 3600
    receiving.destroy(upload)
    assert not list(keyring.names())
    assert location.startswith(START)

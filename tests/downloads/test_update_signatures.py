"""Sparkle's edSignature: made by a worker over the real bytes, once, and never over anything else."""

import logging
from base64 import b64decode
from contextlib import suppress
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.files.base import File
from django.core.management import CommandError, call_command

from accounts.models import Throttle
from downloads.models import PublicKey, ReleaseFile
from downloads.models.public_key import KeyPurpose
from downloads.releases import update_signatures
from downloads.signing import RELEASES, UPDATES, make_key, present_key
from downloads.tasks import sign_updates
from infacta.celery import WakingTask
from tests import cast
from tests.downloads.feed_reading import versions
from tests.downloads.signed import signed
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(notebook_file) -> ReleaseFile:
    ReleaseFile.objects.update(platform="macos")
    notebook_file.refresh_from_db()
    return signed(notebook_file)


def checked(file: ReleaseFile) -> None:
    """As Sparkle checks it: the 32 bytes of the key from Info.plist, the signature from the appcast, the bytes of the file."""
    file.refresh_from_db()
    key = Ed25519PublicKey.from_public_bytes(b64decode(file.update_signed_by.base64, validate=True))
    key.verify(b64decode(file.update_signature, validate=True), Path(file.file.path).read_bytes())


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("sign_files", "--for", "updates", *arguments, stdout=out)
    return out.getvalue()


def forget_tries() -> None:
    Throttle.objects.all().delete()


def test_a_worker_signs_the_bytes_and_the_feed_names_the_file(file):
    assert versions() == []
    assert sign_updates() == 1
    checked(file)
    assert versions() == ["1.0"]
    assert file.update_signed_by.purpose == KeyPurpose.UPDATES
    assert file.update_signed_by_id != file.signed_by_id
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(b64decode(file.update_signed_by.base64)).verify(b64decode(file.update_signature), b"other")


def test_twice_is_once(file):
    assert [sign_updates(), sign_updates()] == [1, 0]
    before = ReleaseFile.objects.values().get()
    forget_tries()
    assert sign_updates() == 0
    assert ReleaseFile.objects.values().get() == before


@pytest.mark.parametrize("content", [b"", b"x", b"\x00" * 5_000_000], ids=["empty", "one byte", "5 MB"])
def test_files_of_any_size(notebook, content):
    file = signed(cast.make_file(notebook, "2.0", content))
    sign_updates()
    checked(file)


def test_an_upload_is_signed_after_its_commit(file, monkeypatch, settings, django_capture_on_commit_callbacks):
    asked = []
    settings.CELERY_BROKER_URL = "redis://nowhere"
    monkeypatch.setattr(WakingTask, "_ask", lambda task, *args: asked.append(task.name))
    with django_capture_on_commit_callbacks(execute=True):
        sign_updates.wake()
        assert asked == []
    assert asked == ["downloads.tasks.sign_updates"]


class ElsewhereStorage:
    """What a storage without paths of its own does."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def path(self, name: str) -> str:
        raise NotImplementedError

    def open(self, name: str) -> File:
        return File(BytesIO(self.content), name)


def test_a_file_in_an_object_store_is_copied_first(file, monkeypatch, settings):
    content = Path(file.file.path).read_bytes()
    monkeypatch.setattr(ReleaseFile._meta.get_field("file"), "storage", ElsewhereStorage(content))
    assert sign_updates() == 1
    assert list(settings.FILE_UPLOAD_TEMP_DIR.iterdir()) == []
    file.refresh_from_db()
    assert file.update_signed_by.verifies_bytes(file.update_signature, content)


# What is not signed


def spoil_content(file: ReleaseFile) -> None:
    Path(file.file.path).write_bytes(b"a virus" + b"x" * (file.size - 7))


def spoil_both(file: ReleaseFile) -> None:
    """Somebody changes the file, and digest and size of its row with it: the first signature tells."""
    spoil_content(file)
    other = cast.make_file(file.release.product, "9.0", Path(file.file.path).read_bytes())
    ReleaseFile.objects.filter(pk=file.pk).update(sha256=other.sha256)
    other.delete()


def remove(file: ReleaseFile) -> None:
    Path(file.file.path).unlink()


def unsign(file: ReleaseFile) -> None:
    ReleaseFile.objects.update(signed_by=None, signature="")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_content, "corrupted: "),
        (spoil_both, "bad signature: "),
        (remove, "missing: "),
        (unsign, "not signed: "),
        (lambda file: Path(file.file.path).write_bytes(b""), "unreadable: "),
        (lambda file: ReleaseFile.objects.update(file="../../etc/passwd"), "unreadable: "),
    ],
    ids=["corrupted", "forged", "missing", "unsigned", "emptied", "outside"],
)
def test_only_what_was_uploaded_is_signed(file, caplog, spoil, said):
    spoil(file)
    with caplog.at_level(logging.ERROR, "downloads.releases.update_signatures"):
        assert sign_updates() == 0
    assert said in caplog.text
    assert "-----BEGIN" not in caplog.text
    file.refresh_from_db()
    assert (file.update_signature, file.update_signed_by) == ("", None)
    forget_tries()
    with pytest.raises(CommandError, match="signed: 0; that were not: 1"):
        told()


def test_a_file_that_cannot_be_signed_is_not_read_over_and_over(file, monkeypatch):
    spoil_content(file)
    read = []
    real = update_signatures.on_disk
    monkeypatch.setattr(update_signatures, "on_disk", lambda wanted: read.append(wanted) or real(wanted))
    for _minute in range(5):
        sign_updates()
    assert len(read) == 1


def test_without_a_good_key_nothing_is_signed_and_the_operator_reads_why(file, settings, caplog):
    settings.UPDATE_KEY = "hunter2"
    assert sign_updates() == 0
    assert "UPDATE_KEY holds no private key" in caplog.text
    assert "hunter2" not in caplog.text
    with pytest.raises(CommandError, match="UPDATE_KEY holds no private key"):
        told()


def test_a_sweep_gives_way_to_others(notebook, file, monkeypatch):
    signed(cast.make_file(notebook, "2.0"))
    monkeypatch.setattr(update_signatures, "AT_ONCE", -update_signatures.AT_ONCE)
    assert sign_updates() == 0


# The commands


def test_the_command_signs_and_a_dry_run_only_tells(file):
    assert told("--dry-run").startswith(f"would be signed: {file.stored_as}: Notebook 1.0, notebook-1.0.zip")
    file.refresh_from_db()
    assert not file.update_signature
    assert told() == f"signed: {file.stored_as}: Notebook 1.0, notebook-1.0.zip\nFiles that were signed: 1; that were not: 0.\n"
    checked(file)
    assert told() == "Files that were signed: 0; that were not: 0.\n"


def test_another_key_signs_everything_anew_and_the_worker_does_not(file, settings, tmp_path):
    sign_updates()
    former = ReleaseFile.objects.get().update_signed_by_id
    settings.UPDATE_KEY_FILE = tmp_path / "another.pem"
    forget_tries()
    assert sign_updates() == 0
    told()
    checked(file)
    assert file.update_signed_by_id != former
    assert PublicKey.objects.filter(purpose="updates").count() == 2


def verified() -> list[str]:
    out = StringIO()
    with suppress(CommandError):
        call_command("verify_files", stdout=out)
    return out.getvalue().splitlines()


def test_verify_files_checks_it(file):
    sign_updates()
    assert verified()[-1].endswith("all in order.")
    other = present_key(RELEASES).signature_over(Path(file.file.path).read_bytes())
    key = ReleaseFile.objects.get().update_signed_by_id
    for wrong in (other, "AAAA", "no base64"):
        ReleaseFile.objects.update(update_signature=wrong)
        assert verified()[0] == f"bad signature: {file.stored_as}: Notebook 1.0, notebook-1.0.zip: for updaters; not what {key} signed"
    spoil_content(file)
    assert [line.partition(":")[0] for line in verified()[:-1] or verified()] == ["corrupted"]


def test_a_key_is_made_and_its_public_half_is_said_and_shown(file, settings, client):
    out = StringIO()
    call_command("make_signing_key", "--for", "updates", stdout=out)
    base64 = PublicKey.objects.of(present_key(UPDATES)).base64
    assert f"Put UPDATE_KEY_FILE={settings.UPDATE_KEY_FILE} into" in out.getvalue()
    assert base64 in out.getvalue()
    assert len(b64decode(base64)) == 32
    sign_updates()
    page = client.get("/signatures/").content.decode()
    assert base64 in page.partition("The keys of updates")[2]
    assert base64 not in page.partition("The keys of updates")[0]


def test_a_row_that_holds_no_key_has_no_public_half():
    assert PublicKey(pk="x", pem="no key").base64 == ""


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_sign_each_file_once(notebook, settings):
    files = [signed(cast.make_file(notebook, f"1.{number}")) for number in range(6)]
    make_key(settings.UPDATE_KEY_FILE, UPDATES)
    assert sum(at_once(lambda number: sign_updates(), range(6))) == len(files)
    for file in files:
        checked(file)

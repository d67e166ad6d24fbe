"""`manage.py verify_files`: it finds what is corrupted, forged, missing and orphaned, and changes nothing."""

import hashlib
import os
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from downloads.models import PublicKey, ReleaseFile
from tests import cast
from tests.downloads.signed import RSA, public_pem_of, signed

pytestmark = pytest.mark.django_db


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def verify(verbosity: int = 1, **streams: StringIO) -> list[str]:
    """The lines of a run that finds nothing wrong."""
    out = StringIO()
    call_command("verify_files", verbosity=verbosity, stdout=out, **streams)
    return out.getvalue().splitlines()


def found(verbosity: int = 1) -> list[str]:
    """The lines of a run that finds something; the exit status is 1 then."""
    out = StringIO()
    with pytest.raises(CommandError) as error:
        call_command("verify_files", verbosity=verbosity, stdout=out)
    assert error.value.returncode == 1
    lines = out.getvalue().splitlines()
    assert f"; findings: {len(lines)}." in str(error.value)
    return lines


@pytest.fixture
def file(notebook_file) -> ReleaseFile:
    return signed(notebook_file)


def path_of(file: ReleaseFile) -> Path:
    return Path(file.file.path)


def left(settings, name: str, age: timedelta) -> Path:
    """A file in the storage that no row names, of this age."""
    path = settings.RELEASE_FILES_DIR / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"left")
    written = (timezone.now() - age).timestamp()
    os.utime(path, (written, written))
    return path


def test_good_files_are_in_order(notebook, file):
    signed(cast.make_file(notebook, "2.0"))
    assert verify() == ["Files looked at: 2, 0 MB read; all in order."]
    assert verify(verbosity=0) == []
    assert f"in order: {file.stored_as}: Notebook 1.0, notebook-1.0.zip" in verify(verbosity=2)


def test_no_files_at_all_are_in_order_too(settings):
    assert not settings.RELEASE_FILES_DIR.exists()
    assert verify() == ["Files looked at: 0, 0 MB read; all in order."]


def test_an_empty_file_is_a_file(notebook):
    file = signed(cast.make_file(notebook, content=b""))
    assert "all in order" in verify()[0]
    path_of(file).write_bytes(b"x")
    assert found() == [f"corrupted: {file.stored_as}: 1 bytes instead of 0"]


def test_one_changed_byte_is_found(file):
    content = bytearray(path_of(file).read_bytes())
    content[-1] ^= 1
    path_of(file).write_bytes(content)
    (line,) = found()
    assert line.startswith(f"corrupted: {file.stored_as}: SHA-256 ")
    assert line.endswith(f" instead of {file.sha256}")


def test_another_size_is_found(file):
    path_of(file).write_bytes(b"short")
    assert found(verbosity=0) == [f"corrupted: {file.stored_as}: 5 bytes instead of 10,000"]


def test_a_missing_file_is_found(file):
    path_of(file).unlink()
    assert found() == [f"missing: {file.stored_as}: Notebook 1.0, notebook-1.0.zip"]


def test_a_file_that_is_deleted_while_it_runs_is_no_finding(file, monkeypatch):
    """Its row goes first; what was read of the row a moment ago tells nothing any more."""
    size = type(file.file.storage).size

    def deleted_meanwhile(storage, name):
        ReleaseFile.objects.all().delete()
        path_of(file).unlink()
        return size(storage, name)

    monkeypatch.setattr(type(file.file.storage), "size", deleted_meanwhile)
    assert "all in order" in verify()[0]


@pytest.mark.parametrize("changes", [{"name": "notebook-9.0.zip"}, {"signature": "AAAA"}, {"signature": "no base64"}, {"signature": ""}])
def test_a_row_that_was_changed_does_not_fit_its_signature(file, changes):
    ReleaseFile.objects.update(**changes)
    (line,) = found()
    assert line.startswith(f"bad signature: {file.stored_as}: Notebook 1.0, ")
    assert line.endswith(f"not what the key {file.signed_by_id} signed")


def test_a_file_and_its_digest_changed_together_are_found_by_the_signature(file):
    content = b"a virus" + path_of(file).read_bytes()[7:]
    path_of(file).write_bytes(content)
    other = cast.make_file(file.release.product, "2.0", content)
    ReleaseFile.objects.filter(pk=file.pk).update(sha256=other.sha256)
    assert [line.partition(":")[0] for line in found()] == ["bad signature", "not signed"]


@pytest.mark.parametrize("pem", ["", "no key", public_pem_of(RSA)], ids=["nothing", "no key", "RSA"])
def test_a_public_key_that_is_none_fits_nothing(file, pem):
    PublicKey.objects.update(pem=pem)
    assert found()[0].startswith("bad signature")


def test_a_file_without_a_signature_is_a_finding(notebook_file):
    assert found() == [f"not signed: {notebook_file.stored_as}: Notebook 1.0, notebook-1.0.zip: manage.py sign_files signs it"]


def test_what_no_row_names_is_found_unless_it_may_be_an_upload_under_way(file, settings):
    old = left(settings, "2020/01/old.zip", timedelta(minutes=61))
    left(settings, "2020/01/new.zip", timedelta(minutes=59))
    (line,) = found()
    assert line.startswith("orphaned: 2020/01/old.zip: no row names it; it was written on ")
    assert old.exists()
    old.unlink()
    assert "all in order" in verify()[0]


def test_a_finding_is_one_line_whatever_the_file_is_called(file, settings):
    left(settings, "two\nlines\x1b[31m.zip", timedelta(days=1))
    left(settings, "Ünïcode.zip", timedelta(days=1))
    (settings.RELEASE_FILES_DIR / os.fsdecode(b"\xff.zip")).write_bytes(b"")
    os.utime(settings.RELEASE_FILES_DIR / os.fsdecode(b"\xff.zip"), (0, 0))
    assert [line.split(": ")[1] for line in found()] == [r"two\nlines\x1b[31m.zip", "Ünïcode.zip", r"\udcff.zip"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../../etc/passwd", "unreadable: ../../etc/passwd: this name leads out of the storage"),
        ("folder", "unreadable: folder: Is a directory"),
        ("file/inside", "unreadable: file/inside: Not a directory"),
    ],
)
def test_a_name_that_is_no_file_of_the_storage_is_unreadable(file, settings, name, said):
    path_of(file).rename(settings.RELEASE_FILES_DIR / "file")
    folder = settings.RELEASE_FILES_DIR / "folder"
    folder.mkdir()
    ReleaseFile.objects.update(file=name, size=folder.stat().st_size)
    assert said in found()


def test_a_folder_that_cannot_be_listed_is_said(file, monkeypatch):
    def refused(storage, folder):
        raise PermissionError(13, "Permission denied", "/releases/2026")

    monkeypatch.setattr(type(file.file.storage), "listdir", refused)
    assert found() == ["unreadable: /releases/2026: Permission denied; what no row names was not looked for any further"]


def test_it_changes_nothing(file, notebook, settings):
    path_of(cast.make_file(notebook, "2.0")).write_bytes(b"corrupted")
    left(settings, "old.zip", timedelta(days=1))

    def state() -> list[object]:
        paths = sorted(path for path in settings.RELEASE_FILES_DIR.rglob("*"))
        return [*((path, path.stat().st_mtime_ns, path.stat().st_size) for path in paths), *ReleaseFile.objects.values_list()]

    before = state()
    found()
    assert state() == before


def test_a_terminal_sees_how_far_it_is(file):
    terminal = Terminal()
    verify(stderr=terminal)
    assert "0 of 0 MB read" in terminal.getvalue()
    quiet = StringIO()
    verify(stderr=quiet)
    assert quiet.getvalue() == ""


def test_help_says_what_it_does():
    command = [sys.executable, "manage.py", "verify_files", "--help"]
    said = subprocess.run(command, cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, check=True).stdout
    for words in ("exit status 1", "It changes", "--verbosity 0"):
        assert words in " ".join(said.split())


def test_a_large_file_is_read_in_pieces(notebook, settings):
    """256 MB that are nowhere on the disk; the process may not grow by more than a few pieces."""
    path = settings.RELEASE_FILES_DIR / "large.bin"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as sparse:
        sparse.truncate(256 * 1024 * 1024)
    with path.open("rb") as sparse:
        digest = hashlib.file_digest(sparse, "sha256").hexdigest()
    release = cast.make_file(notebook).release
    file = ReleaseFile(release=release, file="large.bin", name="large.bin", size=256 * 1024 * 1024, sha256=digest)
    signed(file)
    before = resident()
    assert [line.partition(":")[0] for line in found()] == ["not signed"], "what the release had before"
    assert resident() - before < 32 * 1024


def resident() -> int:
    """The memory of this process, in KB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1])


def test_a_name_of_two_lines_is_named_and_never_signed(file):
    """Whoever can write to the database could have a second file vouched for by it."""
    ReleaseFile.objects.update(signed_by=None, signature="", name=f"a.zip\n{'0' * 64}  evil.zip")
    with pytest.raises(CommandError, match="that were not: 1"):
        call_command("sign_files", stdout=StringIO())
    assert ReleaseFile.objects.get().signature == ""
    file.refresh_from_db()
    signed(file)
    [line] = found()
    assert line.startswith("bad signature: ")


@pytest.mark.parametrize("name", ["a.zip\n", "a\nb.zip", "../a.zip", "a\\b.zip"])
def test_such_a_name_is_refused(file, name):
    file.name = name
    with pytest.raises(ValidationError):
        file.clean_fields()

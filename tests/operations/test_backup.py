"""`manage.py backup`: what is in one, what never is, and that one is whole or not there."""

import base64
import os
import re
import resource
import shutil
import stat
import subprocess
from datetime import timedelta
from io import StringIO
from pathlib import Path
from threading import Event, Thread

import pytest
from django.conf import settings as site
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from downloads.signing import PURPOSES, make_key
from operations.backup import Made, newest
from operations.backup.contents import FOLDERS, LEFT_OUT, LOGS
from operations.backup.locking import alone
from operations.backup.made import Manifest, name_of, newest_first
from operations.promise_checks import backups_forget_in_time
from privacy.promise_checks import Outcome
from privacy.registry import registry
from support.vault import files, keyring
from tests import cast
from tests.operations.sites import all_in, back_up, this_site
from tests.support.cases import incoming, make_case

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)  # for backups that are made in this process
CONTENT = b"all is lost\n" * 10


@pytest.fixture
def backups(tmp_path) -> Path:
    return tmp_path / "backups"


def said_by(*arguments: object) -> str:
    call_command("backup", *map(str, arguments), stdout=(out := StringIO()))
    return out.getvalue()


def refusal(*arguments: object) -> CommandError:
    with pytest.raises(CommandError) as caught:
        call_command("backup", *map(str, arguments), stdout=StringIO())
    return caught.value


def copy_of(made: Made, days: int) -> Path:
    """The same backup, as if it had been made so many days before."""
    at = made.at - timedelta(days=days)
    path = shutil.copytree(made.path, made.path.with_name(name_of(at)))
    manifest = Manifest(**vars(made.manifest) | {"began_at": at})
    (path / "manifest.json").write_text(manifest.as_text())
    return path


# What is in it


def test_every_folder_log_and_key_is_in_it_or_left_out_for_a_reason():
    named = {name for name in dir(site) if re.search(r"(_DIR|MAILDIR|_LOG|_ROOT|_FILE)$", name)} - {"MEDIA_ROOT"}
    declared = {*registry.places, *(place.name for flow in registry.flows for place in flow.places)}
    elsewhere = {"EMAIL_BACKEND", "LOGGING.console", "SUPPORT_BACKUP_DAYS"}  # no places on this disk
    fields = {name for name in declared if name.count(".") == 2}  # files of rows lie in the folders of storages
    undecided = (named | declared) - elsewhere - fields - {*FOLDERS, *LOGS, *LEFT_OUT}
    assert not undecided, f"operations/backup/contents.py says neither that these belong into a backup nor why not: {sorted(undecided)}"
    assert all(LEFT_OUT.values())
    assert not {*FOLDERS, *LOGS} & {*LEFT_OUT}


@committed
def test_a_backup_holds_the_database_and_the_files_and_says_what_it_is(alice, notebook_file, backups, tmp_path):
    case = make_case(files=[incoming(content=CONTENT)])
    (tmp_path / "destructions.log").write_text('{"sequence": 1}\n')
    said = said_by(backups)
    made = newest(backups)
    names = {str(path.relative_to(made.path)) for path in made.path.rglob("*") if path.is_file()}
    dump = "database.dump" if connection.vendor == "postgresql" else "database.sqlite3"
    assert names >= {dump, "manifest.json", "SHA256SUMS", "destructions.log", f"releases/{notebook_file.file.name}"}
    assert (made.path / "releases" / notebook_file.file.name).read_bytes() == b"0123456789" * 1000
    assert files.path_of(case.key_name, case.files.get().stored_as).read_bytes() in [
        path.read_bytes() for path in made.path.glob("case-files/*/*/*")
    ]
    assert made.manifest.rows["accounts_user"] == 1
    assert made.manifest.migrations["audit"] > "0012"
    assert made.manifest.parts["releases"] == {"files": 1, "bytes": 10_000}
    assert "no backup may bring it back" in made.manifest.left_out["CASE_KEYS_DIR"]
    assert timezone.now() - timedelta(minutes=1) < made.at <= made.manifest.ended_at <= timezone.now()
    assert subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=made.path, check=False).returncode == 0
    assert "manage.py back_up_keys" in said
    assert "same disk" in said
    assert re.search(r"MB in \d+ files, [\d,]+ rows, in \d+\.\d s", said)
    nobody_else_reads(backups)
    assert "is a backup itself" in str(refusal(made.path))


def nobody_else_reads(backups: Path) -> None:
    modes = {stat.S_IMODE(path.stat().st_mode) for path in backups.rglob("*") if path.is_dir()} | {stat.S_IMODE(backups.stat().st_mode)}
    assert modes == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in backups.rglob("*") if path.is_file()} == {0o600}


@committed
def test_no_key_is_in_it(alice, notebook_file, backups, tmp_path, settings):
    case = make_case(files=[incoming()])
    key = keyring.key_of(case.key_name)
    signing = [make_key(purpose.path, purpose) for purpose in PURPOSES.values()]
    for folder in ("report-files", "report-keys", "uploads", "mail"):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "something").write_bytes(b"canary of " + folder.encode())
    made = back_up(backups)
    content = all_in(made.path)
    if connection.vendor == "postgresql":
        content += subprocess.run(["pg_restore", "--file", "-", str(made.path / "database.dump")], capture_output=True, check=True).stdout
    for secret in (key, *(pem_body(one.private_pem) for one in signing), settings.SECRET_KEY.encode(), b"canary of"):
        for written in (secret, secret.hex().encode(), base64.b64encode(secret)):
            assert written not in content
    assert case.key_name.encode() in content, "the case itself is there"


def pem_body(pem: str) -> bytes:
    return pem.splitlines()[1].encode()


@committed
def test_what_did_not_change_takes_no_room_twice(notebook_file, backups, settings):
    first = back_up(backups)
    other = settings.RELEASE_FILES_DIR / "changed.zip"
    other.write_bytes(b"one")
    name = f"releases/{notebook_file.file.name}"
    again = wait_and_back_up(backups, first)
    assert os.stat(first.path / name).st_ino == os.stat(again.path / name).st_ino
    other.write_bytes(b"two")
    third = wait_and_back_up(backups, again)
    assert [(made.path / "releases/changed.zip").read_bytes() for made in (again, third)] == [b"one", b"two"]
    anew = wait_and_back_up(backups, third, "--anew")
    assert os.stat(first.path / name).st_ino != os.stat(anew.path / name).st_ino
    call_command("verify_backup", str(anew.path), verbosity=0)


def wait_and_back_up(backups: Path, before: Made, *arguments: str) -> Made:
    """Names are of whole seconds."""
    while name_of(timezone.now()) == before.path.name:
        Event().wait(0.05)
    return back_up(backups, *arguments)


@committed
def test_a_dump_of_a_site_at_work_is_of_one_moment(notebook, alice, backups, tmp_path):
    """Each purchase writes an account, an entitlement and a code in one transaction: a dump has all of them, or none."""
    enough = Event()

    def sell() -> None:
        number = 0
        while not enough.is_set():
            number += 1
            cast.buy(cast.Contact(email=f"buyer{number}@example.com"), notebook, order=f"W-{number}")
        connection.close()

    sellers = [Thread(target=sell)]
    for seller in sellers:
        seller.start()
    done = this_site(tmp_path).manage("backup", backups)
    enough.set()
    for seller in sellers:
        seller.join()
    assert done.returncode == 0, done.stderr
    rows = newest(backups).manifest.rows
    assert rows["downloads_entitlement"] == rows["downloads_unlockcode"]
    assert 1 < rows["downloads_entitlement"] < len(alice._meta.model.objects.all()), "it was made while the site worked"


# Whole, or not there

KILLED = """
import os, signal
from django.core.management import call_command
from operations.backup import making, newest
from pathlib import Path

def die(*args, **options):
    os.kill(os.getpid(), signal.SIGKILL)

def in_the_dump(pieces, tell):
    yield next(iter(pieces))[:1000]
    die()

POINTS = {
    "in the middle of the dump": ("counted", in_the_dump),
    "in the middle of the files": ("copy_files", die),
    "all but the manifest": ("version_of_the_site", die),
    "all but its name": ("sync_all", die),
}
backups = Path(FOLDER)
for point, (name, killing) in POINTS.items():
    child = os.fork()
    if not child:
        setattr(making, name, killing)
        call_command("backup", str(backups))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL, point
    left = [path.name for path in backups.iterdir() if path.name != ".lock"]
    assert len(left) == 1 and left[0].startswith(".unfinished-"), (point, left)
    assert newest(backups) is None, point
call_command("backup", str(backups))
"""


def test_one_that_was_killed_is_never_taken_for_a_backup_and_the_next_works(notebook_file, backups, tmp_path):
    """At four points, one after the other; each next one finds what the one before left."""
    done = this_site(tmp_path).python(KILLED.replace("FOLDER", repr(str(backups))))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("was left by a backup that broke off, and is removed.") == 4
    assert {path.name for path in backups.iterdir()} == {".lock", newest(backups).path.name}
    call_command("verify_backup", str(backups), verbosity=0)


def test_on_a_full_disk_nothing_is_left(notebook, backups, tmp_path):
    cast.make_file(notebook, content=os.urandom(8_000_000))
    code = f"""
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, resource.RLIM_INFINITY))
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "backup", {str(backups)!r}])
"""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    done = this_site(tmp_path).python(code)
    assert (done.returncode, done.stdout) == (1, "")
    assert "The backup was not made:" in done.stderr
    assert "File too large. Nothing of it was left behind." in done.stderr
    assert [path.name for path in backups.iterdir()] == [".lock"]


def test_a_disk_with_too_little_room_is_not_begun_upon(notebook_file, backups, monkeypatch):
    monkeypatch.setattr("operations.backup.making.shutil.disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 1_000_000))
    error = refusal(backups)
    assert error.returncode == 1
    assert re.search(r"has 1.0 MB left, and a backup may need \d+\.\d MB: make room, or name another disk", str(error))
    assert newest(backups) is None


def test_a_second_one_at_a_time_is_refused(backups):
    backups.mkdir()
    with alone(backups):
        error = refusal(backups)
    assert error.returncode == 1
    assert "Another backup is being made" in str(error)


# How long they are kept


@committed
def test_backups_go_on_the_day_that_receipts_name_and_others_stay(backups, settings):
    settings.SUPPORT_BACKUP_DAYS = 30
    made = back_up(backups)
    due, young = copy_of(made, 30), copy_of(made, 29)
    (backups / "notes").mkdir()
    said = said_by("--dry-run", backups)
    assert f"Would then remove {due}" in said
    assert due.exists()
    assert len(newest_first(backups)) == 3
    assert f"{due} is removed" in wait_and_say(backups, made)
    assert not due.exists()
    assert young.exists()
    assert (backups / "notes").exists()


def wait_and_say(backups: Path, made: Made, *arguments: str) -> str:
    while name_of(timezone.now()) == made.path.name:
        Event().wait(0.05)
    return said_by(*arguments, backups)


@committed
def test_the_newest_stays_and_what_broke_off_counts_for_none(backups, monkeypatch):
    made = back_up(backups)
    old = copy_of(made, 100)
    shutil.rmtree(made.path)
    monkeypatch.setattr("operations.backup.making.sync_all", lambda folder: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    assert "No space left on device" in str(refusal(backups))
    assert newest(backups).path == old
    monkeypatch.undo()
    wait_and_say(backups, made, "--keep", "0")
    assert not old.exists()
    assert len(newest_first(backups)) == 1


@pytest.mark.parametrize("days", [-1, 31, 4000])
def test_nobody_keeps_backups_for_longer_than_is_promised(backups, settings, days):
    settings.SUPPORT_BACKUP_DAYS = 30
    error = refusal(backups, "--keep", days)
    assert error.returncode == 2
    assert "from 0 to 30" in str(error)
    assert not backups.exists()


@committed
def test_a_backup_that_outlives_the_promised_day_breaks_the_promise(backups, settings):
    assert backups_forget_in_time()[0] == Outcome.UNKNOWN
    settings.BACKUP_DIR = str(backups)
    assert backups_forget_in_time()[0] == Outcome.UNKNOWN, "there is no such folder yet"
    made = back_up(backups)
    copy_of(made, settings.SUPPORT_BACKUP_DAYS)
    assert backups_forget_in_time() == (Outcome.KEPT, "none of 2 backups is older than 30 days")
    late = copy_of(made, settings.SUPPORT_BACKUP_DAYS + 1)
    outcome, evidence = backups_forget_in_time()
    assert outcome == Outcome.BROKEN
    assert late.name in evidence


# Where to


@committed
def test_where_backups_lie_can_be_a_setting(backups, settings):
    assert refusal().returncode == 2
    settings.BACKUP_DIR = str(backups)
    assert said_by("--quiet") == ""
    assert newest(backups) is not None
    assert newest(backups / "none") is None


@pytest.mark.parametrize("place", ["releases/backups", "case-files", "static"])
def test_no_backup_is_put_where_it_would_be_handed_out_or_swept(tmp_path, settings, place):
    settings.STATIC_ROOT = tmp_path / "static"
    error = refusal(tmp_path / place)
    assert error.returncode == 2
    assert "is no place for backups" in str(error)


@pytest.mark.parametrize("setting", ["CASE_KEYS_DIR", "REPORT_KEYS_DIR", "REPORT_FILES_DIR", "SIGNING_KEY_FILE"])
def test_no_backup_is_made_while_keys_lie_among_what_it_holds(backups, settings, setting):
    setattr(settings, setting, settings.CASE_FILES_DIR / "apart")
    assert f"({setting}) lies in {settings.CASE_FILES_DIR}, and may be in no backup" in str(refusal(backups))
    assert not backups.exists() or not list(backups.iterdir())


def test_a_file_is_no_folder_for_backups(tmp_path):
    (tmp_path / "file").write_text("")
    assert "is a file" in str(refusal(tmp_path / "file"))


def test_a_dry_run_writes_nothing(notebook_file, backups):
    assert re.search(
        r"Would write into .*: a dump of the database, [\d.]+ MB at most, and 1 files of 0.0 MB", said_by("--dry-run", backups)
    )
    assert not backups.exists()


# The programs


@pytest.fixture
def programs(tmp_path, monkeypatch) -> Path:
    """A folder whose programs come before all others."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def put(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@committed
@pytest.mark.postgresql
def test_the_password_stands_on_no_command_line(programs, backups, tmp_path, monkeypatch):
    put(programs, "pg_dump", f'echo "$* $(env | grep ^PG)" >> {tmp_path}/seen; exec {shutil.which("pg_dump")} "$@"')
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "open-sesame")
    back_up(backups)
    command, _, environment = (tmp_path / "seen").read_text().partition("PGPASSWORD=open-sesame")
    assert "--format=custom" in command
    assert environment
    assert "open-sesame" not in command


@committed
@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("echo 'pg_dump (PostgreSQL) 9.6.24'", "pg_dump is of version 9 and the server of version 1"),
        ("exit 1", "The program pg_dump is not there, or does not start: install the package postgresql-client."),
        (
            f'[ "$1" = --version ] && exec {shutil.which("pg_dump")} --version; echo half; echo "pg_dump: error: gone" >&2; exit 1',
            "pg_dump failed: pg_dump: error: gone",
        ),
    ],
    ids=["too old", "missing", "fails in the middle"],
)
def test_what_pg_dump_cannot_do_is_told(programs, backups, script, sentence):
    put(programs, "pg_dump", script)
    error = refusal(backups)
    assert error.returncode == 1
    assert sentence in str(error)
    assert [path.name for path in backups.iterdir()] == [".lock"]

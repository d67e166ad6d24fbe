"""`manage.py restore`: a real backup into another, empty database, up to the point where the site may serve."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from operations.backup import Made
from operations.backup.writing import sums_in
from support.destruction import log as destructions
from support.tasks import purge_support
from tests.operations.sites import Site, all_in, another_site, back_up
from tests.rights.asked import erase
from tests.support.cases import incoming, make_case
from tests.support.destroyed import due_case

pytestmark = pytest.mark.django_db(transaction=True)
ALICES = ("alice@example.com", "Alice Archer", "Archer & Daughters", "12 Quay Street", "+353 91 555 012")
SETTLED = """
from rights.erasure.working import work_off
from rights.models import Erasure
from tests.rights.asked import settle
for turn in range(3):
    settle()
    work_off()
assert all(erasure.is_done for erasure in Erasure.objects.all())
"""


@pytest.fixture
def other(tmp_path) -> Iterator[Site]:
    with another_site(tmp_path / "other") as site:
        yield site


def keep_what_outlives(tmp_path: Path, other: Site) -> None:
    """Logs and keys of this test's site are those of the other too, as when only the database and the files were lost."""
    for name in ("destructions.log", "erasures.log"):
        if (tmp_path / name).exists():
            shutil.copy2(tmp_path / name, other.folder / name)
    shutil.copytree(tmp_path / "case-keys", other.folder / "case-keys", dirs_exist_ok=True)


def test_all_is_back_and_what_was_destroyed_or_erased_since_is_so_again(alice, bob, notebook_file, tmp_path, other):
    due, live = (
        due_case(text="My secret", files=[incoming(content=b"sealed" * 100)]),
        make_case(email="walter@example.net", files=[incoming()]),
    )
    made = back_up(tmp_path / "backups")
    assert due.reference in this_dump(made)
    assert purge_support() == 1
    erase(alice)
    keep_what_outlives(tmp_path, other)
    done = other.manage("restore", made.path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"Restored in \d+\.\d s: checks \d+\.\d.*, database \d+\.\d", done.stdout)
    assert f"Ask every partner to send again what it sent since {made.at:%Y-%m-%d %H:%M} UTC" in done.stdout
    assert "Release files: all 1 are there." in done.stdout
    assert "Audit log: in order" in done.stdout
    assert other.python(SETTLED).returncode == 0
    everything = other.everything()
    for canary in ALICES:
        assert canary not in everything, canary
    assert (due.reference,) not in other.ask("SELECT reference FROM support_case"), "the audit log alone names it, for two years"
    assert other.ask("SELECT count(*) FROM support_casemessage") == [(1,)], "the live one's"
    for kept in (bob.email, live.reference, notebook_file.sha256):
        assert kept in everything
    assert (other.folder / "releases" / notebook_file.file.name).read_bytes() == b"0123456789" * 1000
    assert [path.name for path in (other.folder / "case-files").glob("*/*")] == [live.key_name], "the other's sealed files are gone again"
    assert other.manage("work", "--once").returncode == 0, "it starts"
    assert sum(1 for _entry in destructions.oldest_first()) == 1
    refused_unless_meant(made, other)


def this_dump(made: Made) -> str:
    if connection.vendor == "sqlite":
        return Site(f"sqlite:///{made.path}/database.sqlite3", made.path).everything()
    return subprocess.run(["pg_restore", "--file", "-", made.path / "database.dump"], capture_output=True, text=True, check=True).stdout


def refused_unless_meant(made: Made, other: Site) -> None:
    """By now its database is not empty."""
    name = "site.sqlite3" if connection.vendor == "sqlite" else other.address.rpartition("/")[2]
    refused = other.manage("restore", made.path)
    assert refused.returncode == 2
    assert f"The database {name} is not empty. With --into-used-database" in refused.stderr
    refused = other.manage("restore", "--into-used-database", made.path, typed="yes\n")
    assert refused.returncode == 2
    assert f"That is not {name}. Nothing was changed." in refused.stderr
    update = "UPDATE accounts_user SET name = 'Somebody Else'"
    with closing(other.connected()) as opened:
        opened.cursor().execute(update)
        opened.commit()
        connected = other.manage("restore", "--into-used-database", "--yes", made.path)
        assert connected.returncode == 2
        assert "1 other connections use the database" in connected.stderr
    assert "Somebody Else" in other.everything()
    done = other.manage("restore", "--into-used-database", made.path, typed=f"{name}\n")
    assert done.returncode == 0, done.stderr
    assert "Somebody Else" not in other.everything()


def test_without_logs_the_backups_are_put_in_their_place_and_it_is_said(alice, tmp_path, other):
    due_case()
    assert purge_support() == 1
    erase(alice)
    made = back_up(tmp_path / "backups")
    done = other.manage("restore", made.path)
    assert done.returncode == 0, done.stderr
    for name in ("destructions.log", "erasures.log"):
        assert (other.folder / name).read_bytes() == (tmp_path / name).read_bytes()
        assert f"{name} was not there, or shorter, and is the backup's now" in done.stdout


def spoil(made: Made, how: str) -> str:
    """Something is wrong with it now; returns what the refusal says."""
    dump = next(made.path.glob("database.*"))
    if how == "a byte of the dump":
        content = bytearray(dump.read_bytes())
        content[len(content) // 2] ^= 1
        dump.write_bytes(content)
    elif how == "a file is cut off":
        next(made.path.glob("releases/*/*/*")).write_bytes(b"0123")
    elif how == "a file is gone":
        next(made.path.glob("releases/*/*/*")).unlink()
    elif how == "a checksum was changed":
        (made.path / "SHA256SUMS").write_text((made.path / "SHA256SUMS").read_text().replace("a", "b"))
        return "SHA256SUMS is not the list that was written"
    elif how == "the manifest is cut off":
        (made.path / "manifest.json").write_text((made.path / "manifest.json").read_text()[:200])
        return "manifest.json is damaged"
    elif how == "the manifest is gone":
        (made.path / "manifest.json").unlink()
        return "is no backup, or one that broke off"
    else:
        manifest = json.loads((made.path / "manifest.json").read_text())
        manifest["migrations"]["accounts"] = "9999_of_tomorrow"
        (made.path / "manifest.json").write_text(json.dumps(manifest))
        return "was made by a later version of the site (accounts 9999_of_tomorrow)"
    return f"1 of {len(sums_in(made.path))} files are missing or not as written"


SPOILT = (
    *("a byte of the dump", "a file is cut off", "a file is gone", "a checksum was changed"),
    *("the manifest is cut off", "the manifest is gone", "a later version"),
)


def test_a_damaged_backup_changes_nothing(notebook_file, tmp_path, other):
    whole = back_up(tmp_path / "backups")
    for number, how in enumerate(SPOILT):
        made = Made(shutil.copytree(whole.path, tmp_path / f"spoilt{number}"), whole.manifest)
        sentence = spoil(made, how)
        if how in ("a byte of the dump", "a later version"):
            refused = other.manage("restore", made.path)
            assert refused.returncode == 2, how
            assert sentence in refused.stderr, how
            assert "Nothing was changed." in refused.stderr, how
        else:
            with pytest.raises(CommandError, match=re.escape(sentence)):
                call_command("verify_backup", str(made.path))
    assert other.is_empty()
    assert not (other.folder / "releases").exists()
    assert other.manage("restore", "--dry-run", whole.path).returncode == 0
    assert other.is_empty()
    if connection.vendor == "postgresql":
        away = other.manage("restore", whole.path, DATABASE_URL=f"{other.address}_no_such")
        assert away.returncode == 1
        assert "The database does not answer:" in away.stderr
    assert "name one of them" in other.manage("restore", tmp_path / "backups").stderr


@pytest.mark.parametrize("name", ["releases//{}", "releases/../../{}", "/{}", "releases/./{}", "releases/\\0{}"])
def test_no_name_in_a_backup_leads_out_of_its_folders(notebook_file, tmp_path, name):
    """With a list of checksums that is right in itself: what is copied from elsewhere may have been made by anybody."""
    made = back_up(tmp_path / "backups")
    outside = str(tmp_path / "outside").lstrip("/")
    inside = made.path / "releases" / outside
    inside.parent.mkdir(parents=True)
    inside.write_bytes(b"evil")
    list_of_sums = made.path / "SHA256SUMS"
    line = f"{sha256(b'evil').hexdigest()}  {name.format(outside)}\n".replace("\\0", "\0")
    list_of_sums.write_text(list_of_sums.read_text() + line)
    manifest = json.loads((made.path / "manifest.json").read_text())
    manifest["sums"] = sha256(list_of_sums.read_bytes()).hexdigest()
    (made.path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(CommandError, match="names a file outside of itself"):
        call_command("verify_backup", str(made.path))


def test_no_link_in_a_backup_leads_out_of_it(notebook_file, tmp_path):
    """Not even a link in the place of a folder, behind which every checksum is right."""
    made = back_up(tmp_path / "backups")
    (made.path / "releases").rename(tmp_path / "elsewhere")
    (made.path / "releases").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CommandError, match=r"1 of \d+ files are missing or not as written: releases/"):
        call_command("verify_backup", str(made.path))
    (made.path / "releases").unlink()
    (made.path / "releases").symlink_to(made.path / "releases")
    with pytest.raises(CommandError, match="files are missing or not as written"):
        call_command("verify_backup", str(made.path))


@pytest.mark.postgresql
def test_a_restore_that_breaks_off_leaves_the_database_as_it_was(alice, tmp_path, other):
    made = back_up(tmp_path / "backups")
    with closing(other.connected()) as opened:
        opened.cursor().execute("CREATE TABLE here_before (name text); INSERT INTO here_before VALUES ('Here before')")
        opened.commit()
    programs = tmp_path / "programs"
    programs.mkdir()
    real = shutil.which("pg_restore")
    breaking = {
        "head -c 300000; echo 'pg_restore: error: no more' >&2; exit 1": "pg_restore: error: no more",
        "cat; echo 'SELECT 1/0;'": "division by zero",
    }
    for script, sentence in breaking.items():
        (programs / "pg_restore").write_text(f'#!/bin/sh\n[ "$1" = --no-owner ] || exec {real} "$@"\n{real} "$@" | {{ {script}; }}\n')
        (programs / "pg_restore").chmod(0o755)
        path = f"{programs}:/usr/bin:/bin"
        done = other.manage("restore", "--into-used-database", "--yes", made.path, PATH=path)
        assert done.returncode == 1, done.stderr
        assert "The database could not be restored, and is as it was" in done.stderr
        assert sentence in done.stderr
        assert other.ask("SELECT name FROM here_before") == [("Here before",)]
        assert other.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(1,)]
    done = other.manage("restore", "--into-used-database", "--yes", made.path)
    assert done.returncode == 0, done.stderr
    assert "Here before" not in other.everything()


def test_other_files_and_another_key_are_told_and_nothing_is_overwritten(alice, notebook_file, tmp_path, other):
    made = back_up(tmp_path / "backups")
    place = other.folder / "releases" / notebook_file.file.name
    place.parent.mkdir(parents=True)
    place.write_bytes(b"newer")
    (other.folder / "erasures.log").write_text('{"sequence": 1, "begun_anew": true}\n')
    (made.path / "erasures.log").unlink(missing_ok=True)
    done = other.manage("restore", made.path, SECRET_KEY="another key " * 5)
    assert done.returncode == 1
    assert "It is restored, but:" in done.stderr
    assert f"1 files were there with another content, and were left as they are: releases/{notebook_file.file.name}." in done.stderr
    assert "SECRET_KEY is not that of the backup" in done.stderr
    assert place.read_bytes() == b"newer"
    assert b"0123" not in all_in(other.folder / "releases")


def test_the_log_of_another_site_is_not_mixed_up(alice, tmp_path, other):
    due_case()
    assert purge_support() == 1
    made = back_up(tmp_path / "backups")
    (other.folder / "destructions.log").write_text('{"sequence": 7}\n')
    refused = other.manage("restore", made.path)
    assert refused.returncode == 2
    assert "is the log of another site, or was changed" in refused.stderr
    assert other.is_empty()

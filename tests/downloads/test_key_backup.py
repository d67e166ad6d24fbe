"""Backups of the private keys: locked by a passphrase, read back at once, and restored where nothing is overwritten."""

import json
import stat
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from downloads.management import passphrase as asking
from downloads.signing import LICENCES, PURPOSES, RELEASES, configured_key, make_key
from tests.downloads.signed import ED25519, pem_of

PASSPHRASE = "four words nobody knows"


@pytest.fixture
def keys(settings) -> list[str]:
    """The ids of the site's keys."""
    return [make_key(purpose.path, purpose).id for purpose in PURPOSES.values()]


@pytest.fixture
def phrase(tmp_path: Path) -> Path:
    file = tmp_path / "phrase"
    file.write_text(f"{PASSPHRASE}\n")
    return file


def run(command: str, *arguments: object, **options: object) -> str:
    out = StringIO()
    call_command(command, *map(str, arguments), stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def backup(tmp_path: Path, keys, phrase: Path) -> Path:
    file = tmp_path / "keys.json"
    run("back_up_keys", file, "--passphrase-file", phrase)
    return file


def test_a_backup_gives_all_keys_back(backup, keys, phrase):
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    for purpose in PURPOSES.values():
        assert configured_key(purpose).private_pem.splitlines()[1] not in backup.read_text()
        purpose.path.unlink()
    said = run("restore_keys", backup, "--passphrase-file", phrase, "--dry-run")
    assert f"releases: the key {keys[0]} would be put into" in said
    assert not RELEASES.path.exists()
    run("restore_keys", backup, "--passphrase-file", phrase)
    assert [configured_key(purpose).id for purpose in PURPOSES.values()] == keys
    assert stat.S_IMODE(LICENCES.path.stat().st_mode) == 0o600
    said = run("restore_keys", backup, "--passphrase-file", phrase)
    assert said.count("is in its place already") == 3


def test_another_key_is_not_overwritten(backup, keys, phrase):
    RELEASES.path.unlink()
    LICENCES.path.write_text(pem_of(ED25519))
    with pytest.raises(CommandError, match="Nothing was changed"):
        run("restore_keys", backup, "--passphrase-file", phrase)
    assert not RELEASES.path.exists(), "all of it or nothing"
    assert LICENCES.path.read_text() == pem_of(ED25519)


def test_a_wrong_passphrase_opens_nothing(backup, tmp_path):
    other = tmp_path / "other"
    other.write_text("four words somebody knows")
    with pytest.raises(CommandError, match="the passphrase is wrong"):
        run("restore_keys", backup, "--passphrase-file", other)


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", "no JSON", '{"format": "keys-2", "salt": "", "nonce": "", "locked": ""}', '{"format": "keys-1", "salt": 5}']
)
def test_what_is_no_backup_is_told_so(content, tmp_path, phrase):
    file = tmp_path / "keys.json"
    file.write_text(content)
    with pytest.raises(CommandError, match="is no backup of keys"):
        run("restore_keys", file, "--passphrase-file", phrase)


def test_a_backup_that_was_changed_is_told_so(backup, phrase):
    parts = json.loads(backup.read_text())
    parts["locked"] = parts["locked"][:-8] + "AAAAAAA="
    backup.write_text(json.dumps(parts))
    with pytest.raises(CommandError, match="the file is damaged"):
        run("restore_keys", backup, "--passphrase-file", phrase)


def test_a_file_that_is_there_stays_as_it_is(backup, phrase):
    before = backup.read_bytes()
    with pytest.raises(CommandError, match="is there already, and stays as it is"):
        run("back_up_keys", backup, "--passphrase-file", phrase)
    assert backup.read_bytes() == before


def test_without_both_keys_nothing_is_written(tmp_path, phrase):
    make_key(RELEASES.path)
    with pytest.raises(CommandError, match=r"LICENCE_KEY is not set.*Nothing was written"):
        run("back_up_keys", tmp_path / "keys.json", "--passphrase-file", phrase, skip_checks=True)
    assert not (tmp_path / "keys.json").exists()


def test_a_passphrase_is_long_and_somebody_types_it(tmp_path, keys, monkeypatch):
    short = tmp_path / "short"
    short.write_text("secret\n")
    with pytest.raises(CommandError, match="12 characters or more"):
        run("back_up_keys", tmp_path / "keys.json", "--passphrase-file", short)
    with pytest.raises(CommandError, match="cannot be read from"):
        run("back_up_keys", tmp_path / "keys.json", "--passphrase-file", tmp_path / "none")
    monkeypatch.setattr("sys.stdin", StringIO())
    with pytest.raises(CommandError, match="Nobody is there to type"):
        run("back_up_keys", tmp_path / "keys.json")


def test_what_is_typed_is_typed_twice(tmp_path, keys, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    typed = iter([PASSPHRASE, PASSPHRASE + "!"])
    monkeypatch.setattr(asking, "getpass", lambda _prompt: next(typed))
    with pytest.raises(CommandError, match="two different passphrases"):
        run("back_up_keys", tmp_path / "keys.json")
    assert not (tmp_path / "keys.json").exists()

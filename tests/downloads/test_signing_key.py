"""The signing key: made once, never overwritten, and what is wrong with it said in a sentence."""

import os
import stat
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from downloads.checks import each_purpose_has_a_key_of_its_own, the_keys_are_their_owners_alone, there_are_keys_to_sign_with
from downloads.models import PublicKey, ReleaseFile
from downloads.signing import LICENCES, BadKey, configured_key, present_key
from tests import cast
from tests.downloads.signed import BAD_KEYS, ED25519, needs_openssl, pem_of, signed
from tests.threads import at_once

ROOT = Path(__file__).resolve().parents[2]


def told(command: str, *arguments: str, **options: object) -> str:
    out = StringIO()
    call_command(command, *arguments, stdout=out, **options)
    return out.getvalue()


# Where nothing is configured, a key is made


def test_the_embedded_default_makes_a_key_once_for_its_owner_alone(settings):
    first = present_key()
    assert stat.S_IMODE(settings.SIGNING_KEY_FILE.stat().st_mode) == 0o600
    assert present_key().id == first.id
    assert [path.name for path in settings.SIGNING_KEY_FILE.parent.glob("*signing-key*")] == ["signing-key.pem"], "no half of a key stays"


def test_of_processes_that_make_it_at_once_all_have_the_same(tmp_path):
    code = "import django, sys; django.setup(); from downloads.signing import present_key; sys.stdin.read(1); print(present_key().id)"
    variables = {"INFACTA_MODE": "test", "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "infacta.settings"}
    processes = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=os.environ | variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _number in range(4)
    ]
    for process in processes:
        process.stdin.write(b"x")
        process.stdin.flush()
    found = {process.communicate(timeout=60)[0].strip() for process in processes}
    assert len(found) == 1
    assert len(found.pop()) == 16
    assert len(list(tmp_path.glob("*signing-key*"))) == 1


def test_production_makes_none_and_says_what_to_do(settings):
    settings.PRODUCTION = True
    with pytest.raises(BadKey, match="SIGNING_KEY is not set"):
        present_key()
    assert not settings.SIGNING_KEY_FILE.exists()
    assert [(message.id, message.hint) for message in there_are_keys_to_sign_with(None)] == [
        ("downloads.E001", "Make one: manage.py make_signing_key. It says what to do next."),
        ("downloads.E002", "Make one: manage.py make_signing_key --for licences. It says what to do next."),
        ("downloads.E004", "Make one: manage.py make_signing_key --for updates. It says what to do next."),
    ]


def test_elsewhere_a_missing_key_is_no_fault_and_a_check_makes_none(settings):
    assert there_are_keys_to_sign_with(None) == []
    assert not settings.SIGNING_KEY_FILE.exists()


def test_a_folder_that_cannot_be_written_is_said(settings, tmp_path):
    settings.SIGNING_KEY_FILE = tmp_path / "none" / "key.pem"
    with pytest.raises(BadKey, match=r"No signing key could be made in .*No such file"):
        present_key()


# What is configured


@needs_openssl
def test_the_id_is_made_of_the_public_key(settings):
    settings.SIGNING_KEY = pem_of(ED25519)
    command = "openssl pkey -pubout -outform DER | tail -c 32 | sha256sum | cut -c 1-16"
    said = subprocess.run(["sh", "-c", command], input=pem_of(ED25519), capture_output=True, text=True, check=True).stdout.strip()
    assert configured_key().id == said


@pytest.mark.parametrize("said", BAD_KEYS)
def test_a_bad_key_is_told_apart_and_not_repeated(settings, said):
    settings.SIGNING_KEY_FILE.write_text(BAD_KEYS[said])
    (message,) = there_are_keys_to_sign_with(None)
    assert message.id == "downloads.E001"
    assert f"SIGNING_KEY_FILE ({settings.SIGNING_KEY_FILE}) {said}" in message.msg
    assert BAD_KEYS[said][:60].splitlines()[-1] not in message.msg
    with pytest.raises(BadKey):
        present_key()


def test_a_file_that_cannot_be_read_is_said(settings):
    settings.SIGNING_KEY_FILE.mkdir()
    (message,) = there_are_keys_to_sign_with(None)
    assert "cannot be read: Is a directory" in message.msg
    settings.SIGNING_KEY_FILE.rmdir()
    inside = settings.SIGNING_KEY_FILE = settings.FILE_UPLOAD_TEMP_DIR.parent / "file" / "key.pem"
    inside.parent.write_text("no folder")
    (message,) = there_are_keys_to_sign_with(None)
    assert "cannot be read: Not a directory" in message.msg
    assert the_keys_are_their_owners_alone(None) == []
    settings.SIGNING_KEY_FILE = inside.parent
    settings.SIGNING_KEY_FILE.write_bytes(b"\xff\xfe\x00")
    (message,) = there_are_keys_to_sign_with(None)
    assert "holds no private key" in message.msg


def test_a_key_that_others_can_read_is_reported(settings):
    told("make_signing_key")
    assert the_keys_are_their_owners_alone(None) == []
    settings.SIGNING_KEY_FILE.chmod(0o640)
    (message,) = the_keys_are_their_owners_alone(None)
    assert (message.id, message.hint) == ("downloads.W001", f"chmod 400 {settings.SIGNING_KEY_FILE}")
    told("make_signing_key", "--for", "licences")
    settings.LICENCE_KEY_FILE.chmod(0o444)
    assert [message.id for message in the_keys_are_their_owners_alone(None)] == ["downloads.W001", "downloads.W002"]


def test_each_purpose_has_a_key_of_its_own(settings):
    told("make_signing_key")
    told("make_signing_key", "--for", "licences")
    assert configured_key(LICENCES).id != configured_key().id
    assert each_purpose_has_a_key_of_its_own(None) == []
    settings.LICENCE_KEY_FILE = settings.SIGNING_KEY_FILE
    assert [message.id for message in each_purpose_has_a_key_of_its_own(None)] == ["downloads.E003"]


def test_the_environment_may_hold_the_key_itself_with_its_lines_written_as_n(tmp_path):
    code = "import django; django.setup(); from downloads.signing import configured_key; print(configured_key().id)"
    variables = {"DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "infacta.settings", "INFACTA_MODE": "test"}
    variables["SIGNING_KEY"] = pem_of(ED25519).replace("\n", "\\n")
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, check=False)
    assert len(result.stdout.strip()) == 16, result.stderr


# Making one by hand


def test_a_key_is_made_and_the_next_steps_are_said(settings):
    said = told("make_signing_key")
    assert configured_key().id in said
    assert f"SIGNING_KEY_FILE={settings.SIGNING_KEY_FILE} into the site's environment (it is there already)" in said
    assert "manage.py sign_files" in said
    assert configured_key().public_pem in said
    assert "PRIVATE" not in said
    assert stat.S_IMODE(settings.SIGNING_KEY_FILE.stat().st_mode) == 0o600


def test_nothing_is_overwritten(settings, tmp_path):
    told("make_signing_key")
    before = settings.SIGNING_KEY_FILE.read_bytes()
    for path in (settings.SIGNING_KEY_FILE, tmp_path):
        with pytest.raises(CommandError, match="is there already, and stays as it is"):
            told("make_signing_key", str(path))
    assert settings.SIGNING_KEY_FILE.read_bytes() == before
    with pytest.raises(CommandError, match="cannot be made: No such file"):
        told("make_signing_key", str(tmp_path / "none" / "key.pem"))


def test_another_key_may_be_made_beside_the_first(settings, tmp_path):
    told("make_signing_key")
    told("make_signing_key", str(tmp_path / "next.pem"))
    assert settings.SIGNING_KEY_FILE.read_bytes() != (tmp_path / "next.pem").read_bytes()


# Signing what is there


@pytest.mark.django_db
def test_files_from_before_are_signed_and_a_dry_run_only_tells(notebook, settings):
    for number in range(3):
        cast.make_file(notebook, f"1.{number}")
    said = told("sign_files", dry_run=True)
    assert said.count("would be signed: 2") == 3
    assert "Files that would be signed: 3; that were not: 0." in said
    assert not settings.SIGNING_KEY_FILE.exists()
    assert not PublicKey.objects.exists()
    assert "Files that were signed: 3; that were not: 0." in told("sign_files")
    assert all(file.is_signed_well() for file in ReleaseFile.objects.all())
    assert "were signed: 0;" in told("sign_files")


@pytest.mark.django_db
def test_after_a_change_of_keys_every_file_is_signed_by_the_new_one(notebook, settings):
    old = signed(cast.make_file(notebook)).signed_by_id
    settings.SIGNING_KEY = pem_of(ED25519)
    assert ReleaseFile.objects.get().is_signed_well(), "what an earlier key signed stays good"
    assert "were signed: 1;" in told("sign_files")
    file = ReleaseFile.objects.get()
    assert file.signed_by_id == configured_key().id != old
    assert file.is_signed_well()
    assert PublicKey.objects.count() == 2


@pytest.mark.django_db
def test_what_is_not_as_it_was_uploaded_is_not_signed(notebook, settings):
    changed, gone, forged, good = (cast.make_file(notebook, f"1.{number}") for number in range(4))
    signed(forged)
    settings.SIGNING_KEY = pem_of(ED25519)
    with changed.file.storage.open(changed.stored_as, "wb") as file:
        file.write(b"x" * changed.size)
    gone.file.storage.delete(gone.stored_as)
    ReleaseFile.objects.filter(pk=forged.pk).update(name="2.0.zip")
    out = StringIO()
    with pytest.raises(CommandError, match="were signed: 1; that were not: 3"):
        call_command("sign_files", stdout=out)
    for fault in (
        f"corrupted: {changed.stored_as}",
        f"missing: {gone.stored_as}",
        f"bad signature: {forged.stored_as}",
        f"signed: {good.stored_as}",
    ):
        assert f"{fault}: " in out.getvalue()
    assert [file.pk for file in ReleaseFile.objects.all() if file.is_signed_well()] == [good.pk]


@pytest.mark.django_db
def test_a_name_that_changes_meanwhile_is_not_signed_as_it_was(notebook_file):
    read = ReleaseFile.objects.get()
    ReleaseFile.objects.update(name="renamed.zip")
    assert not read.sign_in_place()
    assert ReleaseFile.objects.get().signature == ""


@pytest.mark.django_db
def test_without_a_good_key_nothing_is_signed(notebook_file, settings):
    settings.SIGNING_KEY = BAD_KEYS["holds a public key"]
    with pytest.raises(CommandError, match="holds a public key"):
        told("sign_files")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_files_signed_at_once_by_a_new_key_publish_it_once(notebook):
    files = [cast.make_file(notebook, f"1.{number}") for number in range(8)]
    at_once(signed, files)
    assert PublicKey.objects.count() == 1
    assert all(file.is_signed_well() for file in ReleaseFile.objects.all())

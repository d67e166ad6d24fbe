"""Reconciliation: rows, keys and files of cases, looked at in both directions."""

import os
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from support.destruction.reconciling import reconcile
from support.destruction.standing import red
from support.models import Case, CaseFile, Reconciliation, SweepMark
from support.tasks import purge_support, reconcile_support
from support.vault import files, keyring
from tests.support.cases import incoming, make_case
from tests.support.destroyed import due_case, in_the_way
from tests.support.diagnostics import begun, bundle, patch

pytestmark = pytest.mark.django_db
STRAY = "f" * 32


def age(path: Path, hours: float = 2) -> Path:
    then = (timezone.now() - timedelta(hours=hours)).timestamp()
    os.utime(path, (then, then))
    return path


def age_all() -> None:
    for name in keyring.names():
        age(keyring.path_of(name))
    for name in files.folders():
        for path in (*files.folder_of(name).iterdir(), files.folder_of(name)):
            age(path)


def test_what_belongs_together_is_left_alone():
    case = make_case(files=[incoming()])
    age_all()
    found = reconcile()
    assert found.is_in_order
    assert (found.keys, found.folders, found.files) == (1, 1, 1)
    assert (found.stray_keys, found.stray_folders, found.stray_files) == (0, 0, 0)
    assert b"".join(case.files.get().content())


def test_what_no_case_names_is_destroyed_once_it_is_old():
    case = make_case(files=[incoming()])
    keyring.create(STRAY)
    files.append(STRAY, "e" * 32, [b"nobody's"])
    files.append(case.key_name, "d" * 32, [b"what a killed upload left"])
    young = reconcile()
    assert (young.stray_keys, young.stray_folders, young.stray_files) == (0, 0, 0), "its row may be on the way"
    age_all()
    found = reconcile()
    assert (found.stray_keys, found.stray_folders, found.stray_files, found.stuck) == (1, 1, 1, 0)
    assert list(keyring.names()) == list(files.folders()) == [case.key_name]
    assert files.names(case.key_name) == [case.files.get().stored_as]


def test_an_upload_that_has_no_case_yet_is_left_alone():
    content = bundle()
    address = begun(content)
    patch(address, 0, content[:50])
    age_all()
    found = reconcile()
    assert (found.stray_keys, found.stray_folders, found.stray_files, found.stuck) == (0, 0, 0, 0)
    assert patch(address, 50, content[50:]).status_code == 200
    assert Case.objects.count() == 1


def test_a_restored_folder_of_keys_is_destroyed_again_and_reported():
    case = due_case()
    key = keyring.path_of(case.key_name).read_bytes()
    purge_support()
    keyring.path_of(case.key_name).write_bytes(key)
    age_all()
    found = reconcile()
    assert (found.stray_keys, found.returned_keys) == (1, 1)
    assert not keyring.exists(case.key_name)
    assert red(timezone.now()) == {"returned"}


def test_rows_without_key_or_file_are_told_of_and_red():
    keyless, fileless = make_case(), make_case(files=[incoming()])
    keyring.destroy(keyless.key_name)
    files.destroy(fileless.key_name, fileless.files.get().stored_as)
    found = reconcile()
    assert (found.keyless_cases, found.missing_files) == (1, 1)
    assert set(found.damaged) == {keyless.reference, fileless.reference}
    assert Case.objects.live().count() == 2
    assert CaseFile.objects.count() == 1
    assert red(timezone.now()) == {"damaged"}


def test_what_cannot_be_removed_is_told_of():
    make_case()
    files.append(next(keyring.names()), STRAY, [b"x"])
    path = age(files.path_of(next(keyring.names()), STRAY))
    with in_the_way(path):
        age(path)
        assert reconcile().stuck == 1
        assert red(timezone.now()) == {"stuck"}


def test_it_is_done_once_a_night():
    assert reconcile_support() == 1
    assert reconcile_support() == 0
    SweepMark.objects.update(ended_at=timezone.now() - timedelta(days=1), began_at=timezone.now() - timedelta(days=1))
    assert reconcile_support() == 1
    assert Reconciliation.objects.count() == 2


def test_of_one_that_was_killed_another_does_it_after_hours():
    SweepMark.objects.create(name="reconcile", began_at=timezone.now() - timedelta(hours=1))
    assert reconcile_support() == 0
    SweepMark.objects.update(began_at=timezone.now() - timedelta(hours=7))
    assert reconcile_support() == 1


def test_the_command_says_what_it_found():
    call_command("reconcile_support", verbosity=0, stdout=(out := StringIO()))
    assert out.getvalue() == ""
    keyring.destroy(make_case().key_name)
    with pytest.raises(CommandError) as raised:
        call_command("reconcile_support", verbosity=0, stdout=out)
    assert raised.value.returncode == 1
    assert "1  cases without key" in out.getvalue()


def test_a_link_in_the_vault_is_removed_and_never_followed(own_disk):
    precious = own_disk / "precious"
    precious.mkdir()
    (precious / "letter").write_text("mine")
    stray, case = files.folder_of("ab" * 16), due_case()
    for folder in (stray, files.folder_of(case.key_name)):
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.symlink_to(precious)
    for path in (precious / "letter", precious, stray):
        os.utime(path, (0, 0), follow_symlinks=False)
    assert reconcile().stray_folders == 1
    assert purge_support() == 1
    assert (precious / "letter").read_text() == "mine"
    assert not list(files.folders())


def test_a_link_in_the_place_of_a_key_is_removed_and_never_written_through(own_disk):
    precious, case = own_disk / "precious", due_case()
    precious.write_text("mine" * 20)
    path = keyring.path_of(case.key_name)
    path.unlink()
    path.symlink_to(precious)
    assert purge_support() == 1
    assert precious.read_text() == "mine" * 20
    assert not keyring.exists(case.key_name)


def test_another_sites_database_destroys_nothing(monkeypatch):
    monkeypatch.setattr("support.destruction.reconciling.MOST_UNHEARD_OF", 3)
    case = make_case(files=[incoming()])
    others = [f"{number:032x}" for number in range(4)]
    for name in others:
        keyring.create(name)
        files.append(name, "e" * 32, [b"another site's"])
    age_all()
    found = reconcile()
    assert (found.stray_keys, found.stray_folders, found.stray_files, found.stuck) == (0, 0, 0, 4)
    assert not found.is_in_order
    assert set(keyring.names()) == {*others, case.key_name}
    with pytest.raises(CommandError):
        call_command("reconcile_support", stdout=StringIO())
    call_command("reconcile_support", "--believe", stdout=StringIO())
    assert set(keyring.names()) == set(files.folders()) == {case.key_name}

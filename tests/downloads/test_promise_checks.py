"""What downloads tell of their promises: files, what remains, and that each is recorded."""

import os
import time
from pathlib import Path

import pytest
from django.conf import settings

from downloads.models import DownloadSession, Entitlement
from downloads.promise_checks import downloads_are_recorded, files_are_there, what_remains_is_what_was_given_and_taken
from privacy.promise_checks import Outcome
from tests.customer import log_in
from tests.downloads.taking import press

pytestmark = pytest.mark.django_db


def test_downloads_against_the_record(alice, alices, notebook_file, bobs):
    assert downloads_are_recorded() == (Outcome.UNKNOWN, "nobody has taken a download yet")
    press(log_in(alice), alices, notebook_file)
    assert downloads_are_recorded() == (Outcome.KEPT, "each of the latest 1 downloads is in the record")
    stray, _spent = DownloadSession.objects.take(bobs, notebook_file, None, "")
    assert downloads_are_recorded() == (Outcome.BROKEN, f"of the latest 2 downloads 1 are not in the record, such as {stray.pk}")


def test_what_remains(alice, alices, bobs, notebook_file):
    press(log_in(alice), alices, notebook_file)
    outcome, evidence = what_remains_is_what_was_given_and_taken()
    assert (outcome, evidence) == (Outcome.KEPT, "of the latest 2 products given, each has as many downloads left as its ledger says")
    Entitlement.objects.filter(pk=bobs.pk).update(downloads_used=3)
    assert what_remains_is_what_was_given_and_taken() == (
        Outcome.BROKEN,
        f"downloads that remain are not what the ledger sums to: entitlements {bobs.pk}",
    )


def test_files_that_are_there(notebook_file):
    assert files_are_there() == (Outcome.KEPT, "1 release files are there, and no other")


def test_a_row_without_a_file(notebook_file):
    notebook_file.file.storage.delete(notebook_file.stored_as)
    assert files_are_there() == (Outcome.BROKEN, f"of 1 release files 1 are missing, such as that of row {notebook_file.pk}")


def test_a_file_without_a_row(notebook_file):
    stray = Path(settings.RELEASE_FILES_DIR) / "stray.zip"
    stray.write_bytes(b"x")
    assert files_are_there()[0] == Outcome.KEPT, "its upload may be under way"
    os.utime(stray, (time.time() - 7_200,) * 2)
    assert files_are_there() == (Outcome.BROKEN, "1 release files, or more, belong to no row: manage.py verify_files names them")

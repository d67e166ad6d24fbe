"""The Download button leads a real browser to the object store: what the pages' Content-Security-Policy says of forms must let it."""

import hashlib
from pathlib import Path

import pytest
from playwright.sync_api import Page

from downloads.models import ReleaseFile
from tests import cast
from tests.downloads.servers import gunicorn_on
from tests.downloads.store import VARIABLES, client_of, object_store

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_button_brings_the_file_from_the_store(page: Page, alice, notebook_file, own_disk):
    content = Path(notebook_file.file.path).read_bytes()
    ReleaseFile.objects.update(name="grüße.zip")
    with (
        object_store() as address,
        gunicorn_on(own_disk, DOWNLOADS_DELIVERY="s3", S3_ENDPOINT_URL=address, **VARIABLES) as port,
    ):
        client_of(address).put_object(Bucket=VARIABLES["S3_BUCKET"], Key=notebook_file.stored_as, Body=content)
        page.goto(f"http://localhost:{port}/resources/log-in/")
        page.fill("[name=email]", alice.email)
        page.fill("[name=password]", cast.PASSWORD)
        page.click("main button.button")
        with page.expect_download() as download:
            page.click("button:has-text('Download')")
        assert download.value.url.startswith(address)
        assert download.value.suggested_filename == "grüße.zip"
        received = Path(download.value.path()).read_bytes()
    assert hashlib.sha256(received).hexdigest() == notebook_file.sha256

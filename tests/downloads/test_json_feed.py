"""The JSON feed: by its published schema, and the roll-out that any updater can reckon."""

import json
import runpy
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from downloads.models import Edition, ReleaseFile
from tests import cast
from tests.downloads.feed_reading import in_days, make_update
from tests.downloads.signed import signed
from tests.server import ROOT

pytestmark = pytest.mark.django_db
SCHEMA = json.loads((ROOT / "docs" / "update-feed.schema.json").read_text())
ROLLOUT = runpy.run_path(str(ROOT / "docs" / "samples" / "rollout.py"))


def read(path: str = "/products/notebook/feed.json") -> dict:
    response = Client().get(path)
    assert (response.status_code, response["Content-Type"]) == (200, "application/feed+json; charset=utf-8")
    feed = json.loads(response.content)
    Draft202012Validator(SCHEMA).validate(feed)
    return feed


def test_an_item_tells_all_that_an_updater_needs(notebook):
    file = make_update(notebook, "2.1", notes="Quicker.\x0b", published_at=in_days(-1), rollout_days=5, minimum_system="13.0")
    feed = read()
    assert (feed["title"], feed["feed_url"]) == ("Notebook", "http://localhost:8000/products/notebook/feed.json")
    assert feed["_infacta"] == {
        "about": "http://localhost:8000/signatures/",
        "product": "NOTEBOOK",
        "channel": "stable",
        "edition": None,
    }
    (item,) = feed["items"]
    published = f"{file.release.published_at:%Y-%m-%dT%H:%M:%SZ}"
    assert (item["title"], item["content_text"], item["date_published"]) == ("Notebook 2.1", "Quicker.\x0b", published)
    file.refresh_from_db()
    url = f"http://localhost:8000/downloads/files/{file.pk}/notebook-2.1.dmg"
    assert item["_infacta"] == {
        "version": "2.1",
        "channel": "stable",
        "critical": False,
        "rollout": {"start": published, "days": 5},
        "files": [
            {
                "name": "notebook-2.1.dmg",
                "url": url,
                "size": file.size,
                "sha256": file.sha256,
                "platform": "macos",
                "architecture": "any",
                "minimum_system": "13.0",
                "edition": None,
                "signature": {"key": file.signed_by_id, "value": file.signature},
                "ed_signature": {"key": file.update_signed_by_id, "value": file.update_signature},
            }
        ],
    }
    assert item["attachments"] == [
        {"url": url, "mime_type": "application/octet-stream", "title": "notebook-2.1.dmg", "size_in_bytes": file.size}
    ]


def test_all_files_stand_in_it_also_those_for_linux_and_those_without_signatures(notebook):
    light = Edition.objects.create(product=notebook, code="NB-LIGHT", name="Light")
    full = Edition.objects.create(product=notebook, code="NB-FULL", name="Full")
    cast.make_file(notebook, "1.0")
    make_update(notebook, "1.0", ".tar.gz", platform="linux", architecture="arm64")
    make_update(notebook, "1.0", ".light", edition=light)
    make_update(notebook, "1.0", ".full", edition=full)
    files = read()["items"][0]["_infacta"]["files"]
    assert [file["edition"] for file in files] == [None, None, "NB-LIGHT", "NB-FULL"]
    assert (files[0]["signature"], files[0]["ed_signature"]) == (None, None)
    feed = read("/products/notebook/feed.json?edition=NB-LIGHT")
    assert [file["edition"] for file in feed["items"][0]["_infacta"]["files"]] == [None, None, "NB-LIGHT"]
    assert feed["feed_url"].endswith("?edition=NB-LIGHT")


def test_channels_and_what_is_not_out(notebook):
    make_update(notebook, "1.0")
    make_update(notebook, "2.0b1", channel="beta")
    make_update(notebook, "3.0", published_at=in_days(1))
    assert [item["_infacta"]["version"] for item in read()["items"]] == ["1.0"]
    beta = read("/products/notebook/beta/feed.json")
    assert [item["_infacta"]["channel"] for item in beta["items"]] == ["beta", "stable"]
    assert beta["feed_url"].endswith("/products/notebook/beta/feed.json")


def test_markup_in_the_notes_is_text(notebook):
    make_update(notebook, "1.0", notes="<script>alert(1)</script>\n\nTwo")
    assert read()["items"][0]["content_html"] == "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n<p>Two</p>\n"


def test_a_renamed_and_a_deleted_file(notebook):
    file = signed(make_update(notebook, "1.0"))
    read()
    file.name = "other.dmg"
    file.save_only(["name"])
    assert read()["items"][0]["_infacta"]["files"][0]["name"] == "other.dmg"
    ReleaseFile.objects.get().delete()
    assert read()["items"] == []


# The roll-out


def test_each_installation_has_its_turn_and_all_have_it_in_the_end():
    days = Counter(ROLLOUT["day_of"](str(uuid.UUID(int=number)), "2.1", 7) for number in range(7000))
    assert sorted(days) == list(range(7))
    assert all(850 < count < 1150 for count in days.values())


def test_another_version_is_another_turn():
    turns = {ROLLOUT["day_of"]("5f0f9b0e-6b1e-4a53-8d1c-0d8f3f9c2a11", f"2.{number}", 7) for number in range(50)}
    assert len(turns) > 4


def test_the_example_of_the_documentation():
    text = (ROOT / "docs" / "updates.md").read_text().replace("\n", " ")
    assert ROLLOUT["day_of"]("5f0f9b0e-6b1e-4a53-8d1c-0d8f3f9c2a11", "2.1", 7) == 1
    assert "`5f0f9b0e-6b1e-4a53-8d1c-0d8f3f9c2a11` has its turn for version `2.1` in seven days on day 1, counted from 0" in text


def test_it_is_offered_from_its_day_on(notebook):
    make_update(notebook, "2.1", rollout_days=7)
    rollout = read()["items"][0]["_infacta"]["rollout"]
    start = datetime.fromisoformat(rollout["start"])
    turn = start + timedelta(days=1)
    for now, expected in ((turn - timedelta(seconds=1), False), (turn, True), (start + timedelta(days=8), True)):
        said = ROLLOUT["offered"]("5f0f9b0e-6b1e-4a53-8d1c-0d8f3f9c2a11", "2.1", rollout["start"], rollout["days"], now.astimezone(UTC))
        assert said is expected

"""D2: the top level of the card is there, and each room of it is what it is called."""

from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("infacta", "accounts", "downloads", "promotions", "support", "announcements")


@pytest.mark.parametrize("name", ["manage.py", "requirements.txt", "README.md"])
def test_d02_the_files_are_there(name):
    assert (ROOT / name).is_file()
    assert (ROOT / name).stat().st_size


@pytest.mark.parametrize("name", [*ROOMS, "templates", "tests"])
def test_d02_the_folders_are_there(name):
    assert any((ROOT / name).rglob("*"))


@pytest.mark.parametrize("name", ROOMS)
def test_d02_each_room_is_installed(name):
    assert Path(apps.get_app_config(name).path) == ROOT / name

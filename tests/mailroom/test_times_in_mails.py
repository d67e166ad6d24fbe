"""Mails are read far away and much later, so every time in one says of which zone it is."""

import re
from pathlib import Path

import pytest
from django.conf import settings

BODIES = sorted((Path(settings.BASE_DIR) / "templates" / "emails").rglob("body.*"))
TIME = r"\{\{ (?:\w+\.)*(?:\w+_)?(?:at|until) \}\}"


def test_there_are_mails_with_times():
    assert sum(bool(re.search(TIME, body.read_text())) for body in BODIES) > 20


@pytest.mark.parametrize("body", BODIES, ids=lambda body: f"{body.parent.name}/{body.name}")
def test_every_time_is_followed_by_its_zone(body):
    assert re.findall(TIME + r"(?! \(\{\{)", body.read_text()) == []

"""Announcements as staff write them."""

import re
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.test import Client

from announcements.models import Announcement
from tests.pages import Tags, words_of

LIST = "/staff/announcements/announcement/"
ADD, PREVIEW, AUDIENCE = f"{LIST}add/", f"{LIST}preview/", f"{LIST}audience/"
WORDS = "Notebook prints in **landscape** from today on, and reads your old files as fast as the new ones. Everything else is as it was."
SEVERAL = ("products", "releases", "audience_")


def make_announcement(**values: object) -> Announcement:
    """A draft."""
    values = {"subject": "Notebook 2 is out", "slug": "notebook-2", "preheader": "It prints.", "body": WORDS} | values
    return Announcement.objects.create(**values)


def page_of(announcement: Announcement, page: str = "change") -> str:
    return f"{LIST}{announcement.pk}/{page}/"


def form_on(client: Client, path: str) -> dict[str, Any]:
    """What a browser would send of the form, if nobody changed anything; lists that take several begin empty."""
    page = client.get(path).content.decode()
    texts = {
        name: unescape(text).removeprefix("\n")
        for name, text in re.findall(r'<textarea name="(\w+)"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    }
    return {name: value for name, value in (Tags(page).fields() | texts).items() if not name.startswith(("_", *SEVERAL))}


def save(client: Client, path: str, **values: Any) -> HttpResponse:
    """Open the form, type this, and save."""
    return client.post(path, form_on(client, path) | values)


def told(answer: HttpResponse) -> str:
    """What the page says."""
    assert answer.status_code == 200, answer["Location"]
    return words_of(answer.content.decode())

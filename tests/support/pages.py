"""Customers' side of cases, through real requests."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from support.models import Case
from tests.pages import fields_on

NEW = "/support/new/"
CASES = "/resources/support/"
CUSTOMERS_NEW = "/resources/support/new/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
ASKED = {"name": "Vera Visitor", "email": "visitor@example.net", "subject": "It stops", "text": "It stops at the second page."}


def upload(name: str = "log.txt", content: bytes = b"all is lost\n" * 10) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "text/plain")


def ask(client: Client | None = None, path: str = NEW, **values: Any) -> HttpResponse:
    """Fill in the form, and send it."""
    client = client or Client()
    sent = fields_on(client, path) | ASKED | values
    return client.post(path, {name: value for name, value in sent.items() if value is not None})


def link_of(case: Case) -> str:
    """The path of the link in the case's mails."""
    return f"/support/cases/{case.access}/"


def place_of(case: Case) -> str:
    """The path of the case in the area."""
    return f"{CASES}{case.reference.lower()}/"


def write(client: Client, path: str, text: str = "It happened again.", **values: Any) -> HttpResponse:
    return client.post(path, fields_on(client, path) | {"text": text} | values)

"""Run by test_branding in a process of its own, whose environment says SITE_NAME=Northwind: many texts are put together once, at the start."""

from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

from mailroom.outgoing import common
from tests.customer import log_in
from tests.pages import staff_addresses
from tests.staff import staff_log_in

OURS = "Infacta"
MAILS = Path(settings.BASE_DIR) / "templates" / "emails"


def wrong_in(client: Client, paths: list[str]) -> list[str]:
    """The addresses whose answer says the wrong name."""
    answers = {path: client.get(path) for path in paths}
    return [path for path, answer in answers.items() if not answer.streaming and OURS.encode() in answer.content]


def test_no_translation_says_it():
    assert OURS not in (Path(settings.BASE_DIR) / "locale" / "de" / "LC_MESSAGES" / "django.po").read_text()


def test_the_name_is_the_one_of_the_environment():
    assert settings.SITE_NAME == "Northwind"
    assert OURS not in settings.DEFAULT_FROM_EMAIL + settings.VENDOR_ADDRESS + settings.OTP_TOTP_ISSUER


def test_pages_of_visitors_and_customers(every_address, alice):
    assert wrong_in(Client(), every_address) == []
    leads_out = [path for path in every_address if "log-out" not in path]
    assert wrong_in(log_in(alice), leads_out) == []


def test_pages_of_staff(ada, alice, notebook):
    assert wrong_in(staff_log_in(ada), staff_addresses()) == []


@pytest.mark.parametrize("language", ["en", "de"])
def test_mails(language, alice):
    names = sorted(str(path.relative_to(MAILS.parent)) for path in MAILS.rglob("*") if path.suffix in (".txt", ".html"))
    assert len(names) > 100
    context = common(alice, alice.email)
    with translation.override(language):
        assert [name for name in names if OURS in rendered(name, context)] == []


def rendered(name: str, context: dict[str, object]) -> str:
    """Without the values that the mail is about; a part that cannot do without them is read as it is written."""
    try:
        return render_to_string(name, context)
    except Exception:
        return (MAILS.parent / name).read_text()


def test_errors(db):
    assert OURS.encode() not in Client().get("/no-such-page/").content + Client().get("/", HTTP_HOST="evil.example").content

"""The mails of a development installation: files, and pages that show them."""

from email import message_from_bytes

import pytest

from mailroom.models import OutgoingMail
from mailroom.tasks import send_due_mails

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(settings) -> OutgoingMail:
    settings.EMAIL_BACKEND = "mailroom.backends.EmlFileBackend"
    mail = OutgoingMail.objects.create(cause="test", to="alice@example.com", subject="Grüße", text="Code <b>NTE-1</b>", html="<p>NTE-1</p>")
    assert send_due_mails() == 1
    return mail


def test_a_mail_becomes_one_whole_file(sent, settings):
    [file] = settings.MAIL_DIR.iterdir()
    assert file.suffix == ".eml"
    assert message_from_bytes(file.read_bytes())["Message-ID"] == sent.message_id


def test_mails_are_listed_and_read(sent, client):
    page = client.get("/development/mail/")
    assert "Grüße" in page.content.decode()
    link = page.context["mails"][0]["name"]
    text = client.get(f"/development/mail/{link}/").content.decode()
    assert "Code &lt;b&gt;NTE-1" in text


def test_without_mails_the_page_says_what_to_do(client):
    assert "make demo" in client.get("/development/mail/").content.decode()


@pytest.mark.parametrize("path", ["0" * 24, "..%2f..%2fsettings", "x"])
def test_nothing_else_can_be_read(client, path):
    assert client.get(f"/development/mail/{path}/").status_code == 404

"""What somebody does to join the announcement group, or to leave it, through real requests."""

import re

from django.http import HttpResponse
from django.test import Client

from announcements.models import Mailbox
from mailroom.models import OutgoingMail
from tests.pages import Tags

EMAIL = "Carol@example.net"
JOIN = "/announcements/join/"
HERE = {"Sec-Fetch-Site": "same-origin"}


def form_on(client: Client, path: str) -> dict[str, str]:
    """What a browser would send of the form to join on this page, if nothing was typed."""
    html = client.get(path).content.decode()
    assert html.count(f'action="{JOIN}"') == 1, path
    return Tags(html.partition(f'action="{JOIN}"')[2].partition("</form>")[0]).fields()


def ask(email: str = EMAIL, path: str = "/", client: Client | None = None, **headers: str) -> HttpResponse:
    """Join by the form that stands on this page."""
    client = client or Client()
    return client.post(JOIN, form_on(client, path) | {"email": email}, headers=HERE | headers)


def latest_mail(email: str = EMAIL) -> str:
    return OutgoingMail.objects.filter(to__iexact=email).latest("pk").text


def link_in(text: str, what: str = "join") -> str:
    """The path of this kind that a mail of ours links to."""
    found = re.search(rf"http://[^/\s]+(/announcements/{what}/\S+)", text)
    assert found, text
    return found[1]


def join(email: str = EMAIL) -> Mailbox:
    """Ask and confirm, as one does; on another device, as it happens."""
    ask(email)
    assert Client().post(link_in(latest_mail(email))).status_code == 200
    return Mailbox.objects.get(email__iexact=email)


def path_of(mailbox: Mailbox, page: str = "leave") -> str:
    return f"/announcements/{page}/{mailbox.token}/"

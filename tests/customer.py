"""What a customer does, through real requests."""

import re
from typing import Any

from django.core.mail import EmailMessage
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from mailroom.models import OutgoingMail
from tests.cast import PASSWORD


class Browser(Client):
    """A client that treats cookies as browsers do: each is sent to its path alone, and forgotten when the site says so."""

    def _base_environ(self, **request: Any) -> dict[str, Any]:
        sent = [morsel for morsel in self.cookies.values() if request["PATH_INFO"].startswith(morsel["path"] or "/")]
        cookies = "; ".join(f"{morsel.key}={morsel.coded_value}" for morsel in sent)
        return super()._base_environ(**{"HTTP_COOKIE": cookies} | request)

    def request(self, **request: Any):
        response = super().request(**request)
        for name in [name for name, morsel in self.cookies.items() if str(morsel["max-age"]) == "0"]:
            del self.cookies[name]
        return response


def log_in(user: User, client: Client | None = None, password: str = PASSWORD, **form: str) -> Client:
    """A browser in which the user is logged in at /resources/."""
    client = client or Client()
    response = client.post("/resources/log-in/", {"email": user.email, "password": password} | form)
    assert response.status_code == 302, response.content.decode()
    return client


def try_log_in(email: str, password: str, client: Client | None = None, **headers: str) -> HttpResponse:
    return (client or Client()).post("/resources/log-in/", {"email": email, "password": password}, **headers)


def link_in(mail: EmailMessage | OutgoingMail) -> str:
    """The path of the set-password link in a mail."""
    text = mail.text if isinstance(mail, OutgoingMail) else mail.body
    found = re.search(r"http://localhost:\d+(/resources/password/\S+/\S+/)", text)
    assert found, text
    return found[1]


def mail_to(address: str) -> OutgoingMail:
    """The latest mail to this address."""
    return OutgoingMail.objects.filter(to__iexact=address).latest("pk")

"""What a customer with a second factor does: at the log-in, and on the page of security."""

import re

from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from tests.cast import PASSWORD
from tests.customer import try_log_in
from tests.staff import code_of, code_on, enrolled, forget_last_code

STEP = "/resources/log-in/second-factor/"
SECURITY = "/resources/account/security/"
ENROL, REMOVE, CODES = f"{SECURITY}app/", f"{SECURITY}remove/", f"{SECURITY}recovery-codes/"
CODE = re.compile(r"<code>([\w-]{19})</code>")


def enrol(client: Client) -> HttpResponse:
    """The walk through the page: its picture, and the code that the app shows then."""
    return client.post(ENROL, {"token": code_on(client.get(ENROL).content.decode())})


def give_code(client: Client, token: str) -> HttpResponse:
    return client.post(STEP, {"token": token})


def after_password(user: User, client: Client | None = None) -> Client:
    """A browser in which the right password was given, and nothing more."""
    client = client or Client()
    assert try_log_in(user.email, PASSWORD, client)["Location"] == STEP
    return client


def log_in_with_code(user: User, client: Client | None = None) -> Client:
    device = enrolled(user)
    forget_last_code(device)
    client = after_password(user, client)
    assert give_code(client, code_of(device)).status_code == 302
    return client

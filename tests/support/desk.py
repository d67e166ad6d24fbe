"""What staff do at the desk, through real requests."""

from typing import Any

from django.test import Client

from accounts.models import User
from support.models import Case
from tests.pages import fields_on

QUEUE = "/staff/desk/"


def page_of(case: Case, act: str = "") -> str:
    return f"{QUEUE}{case.reference}/{act and f'{act}/'}"


def take(client: Client, case: Case) -> Client:
    """Whoever is logged in there works on the case from now on."""
    assert client.post(page_of(case, "take"))["Location"] == page_of(case)
    return client


def in_hands_of(staff: User, case: Case) -> Case:
    """The member of staff works on the case, without a request."""
    Case.objects.filter(pk=case.pk).update(assigned_to=staff)
    return Case.objects.get(pk=case.pk)


def form_on(client: Client, case: Case) -> dict[str, str]:
    """What the forms of the case's page carry with them."""
    return {name: value for name, value in fields_on(client, page_of(case)).items() if name in ("seen", "form_number")}


def answer(client: Client, case: Case, text: str, button: str = "answer", **form: str) -> Any:
    return client.post(page_of(case, "answer"), {**form_on(client, case), "text": text, button: "1", **form})

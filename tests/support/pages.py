"""Customers' side of cases, through real requests."""

from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import User
from support.cases.closing import close, keep_for_fraud
from support.cases.writing import answer, customer_writes
from support.models import Case, Channel, Life
from tests.pages import fields_on
from tests.support.cases import incoming, make_case

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


def html_of_cases(customer: Client, alice: User, staff: User) -> dict[str, str]:
    """The pages of cases as they are when there is something on them, by both doors."""
    case = make_case(user=alice, subject="It stops <&>", product=alice.entitlements.get().product, files=[incoming()])
    answer(case, "Please restart it.", by=staff)
    customer_writes(case, "I did.", Channel.MAIL, quoted="> Please restart it.", sender="other@example.net")
    close(case)
    link, place = link_of(case), place_of(case)
    keep_for_fraud(case, reason="Same order from nine addresses", until=timezone.now() + timedelta(days=3), by=staff)
    pages = {f"case {path}": customer.get(path).content.decode() for path in (CASES, link, place, f"{link}held/", f"{place}held/")}
    pages["case kept"] = customer.get(f"{link}destroy/").content.decode()
    case.holds.update(lifted_at=timezone.now())
    pages["case, with errors"] = customer.post(place, {"text": ""}).content.decode()
    pages["asked"] = ask(attachments=upload()).content.decode()
    pages["asking, with errors"] = ask(email="x").content.decode()
    pages["asking, a customer, with errors"] = ask(customer, CUSTOMERS_NEW, subject=None).content.decode()
    pages["case, to be destroyed"] = customer.get(f"{place}destroy/").content.decode()
    pages["case, being destroyed"] = customer.post(f"{place}destroy/").content.decode()
    pages["case, too late"] = customer.post(place, {"text": "x"}, HTTP_SEC_FETCH_SITE="same-origin").content.decode()
    Case.objects.filter(pk=case.pk).update(life=Life.DESTROYED, destroyed_at=timezone.now())
    pages["case, destroyed"] = customer.get(place).content.decode()
    return pages

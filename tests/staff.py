"""What staff do: log in with both factors."""

import re
from base64 import b32decode
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.test import Client, RequestFactory
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.enrolment import APP
from accounts.models import RecordOpening, User
from accounts.reach import StaffReach
from audit.models import AuditEvent
from tests.cast import PASSWORD

REASON = "case 4711: a broken download"


def enrolled(user: User) -> TOTPDevice:
    return TOTPDevice.objects.get_or_create(user=user, confirmed=True, defaults={"name": APP})[0]


def code_of(device: TOTPDevice) -> str:
    """What the authenticator app shows now."""
    device.refresh_from_db()
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    return f"{totp.token():06d}"


def code_on(page: str) -> str:
    """What an app shows that was given the secret on the enrolment page."""
    secret = re.search(r"<code[^>]*>([A-Z2-7 ]{32,})</code>", page)
    assert secret, page
    return f"{TOTP(b32decode(secret[1].replace(' ', ''))).token():06d}"


def forget_last_code(device: TOTPDevice) -> None:
    """Let the code of this half minute be used again: time passes faster for tests."""
    TOTPDevice.objects.filter(pk=device.pk).update(last_t=-1, throttling_failure_timestamp=None, throttling_failure_count=0)


def give_password(user: User, client: Client, password: str = PASSWORD):
    return client.post("/staff/login/", {"email": user.email, "password": password})


def find(client: Client, typed: str) -> str:
    """The page of hits."""
    response = client.post("/staff/customers/find/", {"typed": typed})
    assert response.status_code == 200
    return response.content.decode()


def reason_page(client: Client, customer: User) -> str:
    """The address of the page that asks what the record is opened for, as the search leads to it."""
    found = re.search(r'href="(/staff/customers/[^"]+/open/)"', find(client, customer.email))
    assert found
    return found[1]


def open_record(client: Client, customer: User, reason: str = REASON) -> Client:
    """Support has found the customer, and said what for."""
    response = client.post(reason_page(client, customer), {"reason": reason})
    assert response["Location"] == f"/staff/accounts/user/{customer.pk}/change/"
    return client


def staff_log_in(user: User, client: Client | None = None) -> Client:
    """A browser in which a member of staff is logged in at /staff/."""
    client = client or Client()
    device = enrolled(user)
    forget_last_code(device)
    assert give_password(user, client)["Location"] == "/staff/second-factor/"
    response = client.post("/staff/second-factor/", {"token": code_of(device)})
    assert response["Location"] == "/staff/", response.content.decode()
    return client


def page_of(user: User) -> str:
    """Where staff see an account."""
    return f"/staff/accounts/user/{user.pk}/change/"


def records_opened() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(kind="record.opened").order_by("pk"))


def pass_time(**time: int) -> None:
    """So much time passes for what is open."""
    for opening in RecordOpening.objects.all():
        RecordOpening.objects.filter(pk=opening.pk).update(open_until=opening.open_until - timedelta(**time))


def request_of(user: User) -> HttpRequest:
    """A request of this member of staff, as it comes to a page of the staff area."""
    request: Any = RequestFactory().get("/staff/")
    request.user = User.objects.get(pk=user.pk)
    request.reach = StaffReach(request)
    return request

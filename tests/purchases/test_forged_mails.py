"""Whoever forges an order mail past the mail server's own check is not believed."""

import pytest

from mailroom.incoming import take_in
from purchases.models import OrderMailProfile, ProductCode, Purchase
from purchases.profiles.illustrative import add_illustrative_profiles
from purchases.tasks import fulfil_due_events
from tests.mailroom.letters import ORDER_TEXT

pytestmark = pytest.mark.django_db
FORGED = (
    b"From: orders@regsoft.example\r\nTo: orders@vendor.example\r\nSubject: Order R-1001\r\nMessage-ID: <1@x>\r\n%s\r\n\r\n"
    + ORDER_TEXT.encode()
)


@pytest.fixture(autouse=True)
def profiles(db, notebook) -> None:
    add_illustrative_profiles()
    OrderMailProfile.objects.filter(partner="regsoft").update(is_on=True)
    ProductCode.objects.create(partner="regsoft", code="NB-2", product=notebook)


@pytest.mark.parametrize(
    "header",
    [
        b"Authentication-Results: =?us-ascii?q?mx.example.net?=; dkim=pass header.d=regsoft.example",
        b"Authentication-Results: mx.exa\x00mple.net; dkim=pass header.d=regsoft.example",
        b"Authentication-Results: mx.example.net\xc2\xa0x; dkim=pass header.d=regsoft.example",
        b"X-Comment: hello\rAuthentication-Results: mx.example.net; dkim=pass header.d=regsoft.example",
    ],
    ids=["encoded word", "NUL", "another space", "bare carriage return"],
)
def test_results_that_the_mail_server_did_not_see_as_its_own_name_are_none_of_its_own(header):
    """The server takes away lines in its own name by the bytes that stand there, so those bytes alone may count here."""
    row = take_in(FORGED % header)
    fulfil_due_events()
    row.refresh_from_db()
    assert row.state == "quarantined"
    assert not Purchase.objects.exists()


def test_results_in_the_servers_own_name_still_count():
    take_in(FORGED % b"Authentication-Results: mx.example.net;\r\n dkim=pass header.d=regsoft.example")
    fulfil_due_events()
    assert Purchase.objects.exists()

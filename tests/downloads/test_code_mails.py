"""Unlock codes once more by mail: by the customer and by staff, who see whether mails with codes arrived."""

import pytest
from django.db import connection

from audit.models import AuditEvent
from downloads.models import Entitlement
from mailroom.models import MailState, OutgoingMail
from tests import cast
from tests.customer import log_in, mail_to
from tests.pages import fields_on, words_of
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def send(client, owned: Entitlement):
    return client.post(f"/resources/products/{owned.pk}/codes/send/", follow=True)


def staff_page(owned: Entitlement) -> str:
    return f"/staff/downloads/entitlement/{owned.pk}/change/"


def test_the_present_codes_are_mailed_to_the_accounts_address(alice, notebook):
    owned = cast.buy(cast.ALICE, notebook, units=2, order="A-2").entitlements[0]
    old = owned.unlock_codes.get(unit=1)
    new, second = old.reissue(), owned.unlock_codes.get(unit=2)
    page = send(log_in(alice), owned).content.decode()
    assert f"on its way to {alice.email}" in page
    mail = mail_to(alice.email)
    for body in (mail.text, mail.html):
        assert new.code in body
        assert second.code in body
        assert old.code not in body
    event = AuditEvent.objects.get(kind="unlock_code.sent")
    assert (event.user, event.actor, event.detail) == (alice, None, {"entitlement": owned.pk})


def test_of_very_many_the_mail_holds_the_first_and_says_where_the_others_are(alice, notebook):
    owned = cast.buy(cast.ALICE, notebook, units=60, order="A-2").entitlements[0]
    send(log_in(alice), owned)
    text = mail_to(alice.email).text
    assert text.count("    NTE-") == 50
    assert "The others stand in your account." in text


def test_a_second_click_sends_no_second_mail(alice, alices):
    client = log_in(alice)
    send(client, alices)
    assert "They were sent lately" in send(client, alices).content.decode()
    assert OutgoingMail.objects.filter(subject__startswith="Your unlock codes for Notebook").count() == 1


def test_nobody_elses_codes_are_mailed(alices, mallory):
    assert send(log_in(mallory), alices).status_code == 404


def test_of_a_refunded_purchase_nothing_is_mailed(alice, alices):
    alices.revoke(1)
    assert send(log_in(alice), alices).status_code == 403
    assert not AuditEvent.objects.filter(kind="unlock_code.sent").exists()


def test_staff_send_them_with_a_reason(sams, sam, alice, alices):
    form = fields_on(sams, staff_page(alices)) | {"send_codes": "on", "reason": "the mail bounced"}
    assert sams.post(staff_page(alices), form).status_code == 302
    assert alices.unlock_codes.get().code in mail_to(alice.email).text
    event = AuditEvent.objects.get(kind="unlock_code.sent")
    assert (event.actor, event.detail["reason"], event.detail["role"]) == (sam, "the mail bounced", "Support")
    assert "the mail bounced" in log_in(alice).get("/resources/activity/staff/").content.decode()
    page = sams.post(staff_page(alices), form, follow=True).content.decode()
    assert "no other mail was written" in page


def test_staff_see_what_became_of_the_mails_with_codes(sams, alices):
    other = cast.buy(cast.ALICE, alices.product, order="A-77").entitlements[0]
    OutgoingMail.objects.filter(cause="purchase:test:A-1").update(state=MailState.FAILED, answer="550 no such user")
    send(log_in(alices.user), alices)
    page = words_of(sams.get(staff_page(alices)).content.decode())
    assert "550 no such user" in page
    assert "Failed" in page
    assert "Your unlock codes for Notebook" in page
    assert "A-77" not in page
    assert "550 no such user" not in words_of(sams.get(staff_page(other)).content.decode())


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_clicks_at_once_one_sends_a_mail(alice, alices):
    clients = [log_in(alice) for _number in range(3)] * 2
    at_once(lambda client: send(client, alices), clients)
    connection.close()
    assert OutgoingMail.objects.filter(cause__startswith="codes:").count() == 1

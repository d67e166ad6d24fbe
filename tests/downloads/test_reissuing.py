"""A new unlock code in place of one: by the customer and by staff, once however often it is asked, and for good."""

from contextlib import suppress

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts import holds
from accounts.models import LoginSession
from audit.models import AuditEvent
from downloads.models import Entitlement, RevocationList, UnlockCode
from downloads.models.unlock_code import AlreadyRevoked
from mailroom.models import OutgoingMail
from tests import cast
from tests.customer import log_in, mail_to
from tests.pages import words_of
from tests.staff import staff_log_in
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def page_of(owned: Entitlement) -> str:
    return f"/resources/products/{owned.pk}/"


def address(code: UnlockCode) -> str:
    return f"{page_of(code.entitlement)}codes/{code.pk}/reissue/"


def the_code(owned: Entitlement) -> UnlockCode:
    return owned.unlock_codes.valid().get()


def test_the_customer_reads_what_will_happen_and_gets_another_code(alice, alices):
    old, client = the_code(alices), log_in(alice)
    assert f'href="{address(old)}"' in client.get(page_of(alices)).content.decode()
    page = words_of(client.get(address(old)).content.decode())
    assert "The code above is revoked at once" in page
    assert old.code in page
    assert not UnlockCode.objects.exclude(pk=old.pk).exists(), "looking changes nothing"
    answer = client.post(address(old), follow=True).content.decode()
    new = the_code(alices)
    assert new.code != old.code
    assert f"Your new unlock code is {new.code}" in answer
    old.refresh_from_db()
    assert (old.revoked_for, new.replaces, new.unit) == ("reissued", old, old.unit)
    assert old.revoked_at
    assert old.code not in client.get("/resources/").content.decode(), "the kept cards too"
    mail = mail_to(alice.email)
    assert new.code in mail.text
    assert new.code in mail.html
    assert f"in place of {old.code}, which is revoked" in mail.text


def test_it_is_in_the_audit_log_and_among_the_customers_changes(alice, alices):
    old, client = the_code(alices), log_in(alice)
    client.post(address(old))
    event = AuditEvent.objects.get(kind="unlock_code.reissued")
    assert (event.user, event.actor, event.ip) == (alice, None, "127.0.0.1")
    assert event.detail == {"entitlement": alices.pk, "unit": 1, "code": old.pk, "replacement": the_code(alices).pk}
    assert "unlock code replaced by a new one" in client.get("/resources/activity/changes/").content.decode().lower()


def test_a_second_click_leads_where_the_first_one_led(alice, alices):
    old, client = the_code(alices), log_in(alice)
    client.post(address(old))
    new = the_code(alices)
    response = client.post(address(old), follow=True)
    assert response.redirect_chain[-1][0] == page_of(alices)
    assert "not valid any more" in response.content.decode()
    assert the_code(alices) == new
    assert OutgoingMail.objects.filter(cause__startswith="codes:").count() == 1


def test_whoever_logged_in_long_ago_confirms_first(alice, alices):
    old, client = the_code(alices), log_in(alice)
    LoginSession.objects.update(confirmed_at=timezone.now() - timezone.timedelta(minutes=11))
    for response in (client.get(address(old)), client.post(address(old))):
        assert response.status_code == 302
        assert response["Location"].startswith("/resources/confirm/?next=")
    assert the_code(alices) == old


def test_nobody_elses_code_is_replaced(alices, mallory, bob, bobs):
    code = the_code(alices)
    assert log_in(mallory).post(address(code)).status_code == 404
    assert log_in(bob).post(f"{page_of(bobs)}codes/{code.pk}/reissue/").status_code == 404
    assert the_code(alices) == code


def test_too_often_is_refused(alice, notebook):
    owned = cast.buy(cast.ALICE, notebook, units=6, order="A-9").entitlements[0]
    client = log_in(alice)
    answers = [client.post(address(code)).status_code for code in owned.unlock_codes.valid().order_by("unit")]
    assert answers == [302] * 5 + [429]


def test_of_a_refunded_purchase_nothing_is_replaced(alice, alices):
    code = the_code(alices)
    alices.revoke(1)
    assert log_in(alice).post(address(code)).status_code == 403
    assert not UnlockCode.objects.valid().exists()


# Refunds, and their reversals


def test_a_replaced_code_stays_revoked_when_a_chargeback_is_reversed(alices):
    old = the_code(alices)
    new = old.reissue()
    alices.revoke(1)
    assert not UnlockCode.objects.valid().exists()
    alices.refresh_from_db()
    alices.restore(1)
    assert the_code(alices) == new
    old.refresh_from_db()
    assert old.revoked_for == "reissued"


def test_a_code_that_was_replaced_while_its_neighbour_was_refunded(alice, notebook):
    owned = cast.buy(cast.ALICE, notebook, units=2, order="A-9").entitlements[0]
    first, second = owned.unlock_codes.order_by("unit")
    owned.revoke(1)
    new = first.reissue()
    with pytest.raises(AlreadyRevoked):
        UnlockCode.objects.get(pk=second.pk).reissue()
    owned.refresh_from_db()
    owned.restore(1)
    assert set(owned.unlock_codes.valid()) == {new, second}


def test_each_change_of_what_is_revoked_is_counted(alices):
    numbers = [RevocationList.objects.number()]
    for change in (lambda: the_code(alices).reissue(), lambda: alices.revoke(1), lambda: alices.restore(1)):
        change()
        alices.refresh_from_db()
        numbers.append(RevocationList.objects.number())
    assert numbers == [0, 1, 2, 3]
    alices.restore(1)
    assert RevocationList.objects.number() == 3, "nothing was restored"


def test_the_database_holds_a_reason_for_each_revocation(alices):
    for values in ({"revoked_at": timezone.now()}, {"revoked_for": "reissued"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            UnlockCode.objects.update(**values)


# Staff


def test_staff_replace_a_code_with_a_reason_that_the_customer_reads(sams, sam, alice, alices):
    old = the_code(alices)
    path = f"/staff/downloads/unlockcode/{old.pk}/"
    assert f'href="{path}reissue/"' in sams.get(f"{path}change/").content.decode()
    assert "This field is required" in sams.post(f"{path}reissue/", {"reason": ""}).content.decode()
    assert the_code(alices) == old
    page = sams.post(f"{path}reissue/", {"reason": "posted in a forum"}, follow=True).content.decode()
    new = the_code(alices)
    assert new.code in page
    assert "the customer is told by mail" in page
    mail = mail_to(alice.email).text
    assert new.code in mail
    assert "Our staff replaced it for you (“posted in a forum”)." in mail
    assert "If you did not ask for it" not in mail
    event = AuditEvent.objects.get(kind="unlock_code.reissued")
    assert (event.actor, event.detail["reason"], event.detail["role"]) == (sam, "posted in a forum", "Support")
    assert "posted in a forum" in log_in(alice).get("/resources/activity/staff/").content.decode()
    assert "You have changed nothing" in sams.post(f"{path}reissue/", {"reason": "again"}, follow=True).content.decode()
    page = words_of(sams.get(f"{path}change/").content.decode())
    assert "revoked: another code was issued in its place" in page
    assert new.code in page


def test_staff_fetch_the_licence_file_and_find_a_code_by_its_number(sams, alices):
    code = the_code(alices)
    response = sams.get(f"/staff/downloads/unlockcode/{code.pk}/licence/")
    assert "attachment" in response["Content-Disposition"]
    assert code.code in sams.get("/staff/downloads/unlockcode/", {"q": str(code.licence_id)}).content.decode()
    code.reissue()
    response = sams.get(f"/staff/downloads/unlockcode/{code.pk}/licence/", follow=True)
    assert "This code is revoked" in response.content.decode()


def test_staff_replace_a_code_of_an_account_on_hold(ada, alice, alices):
    old = the_code(alices)
    holds.place(alice, reason="shared", text="Please write to us.", by=ada)
    staff_log_in(ada).post(f"/staff/downloads/unlockcode/{old.pk}/reissue/", {"reason": "stolen"})
    assert the_code(alices) != old


def test_support_replaces_no_code_of_a_record_that_is_not_open(sams, bobs):
    code = the_code(bobs)
    assert sams.post(f"/staff/downloads/unlockcode/{code.pk}/reissue/", {"reason": "x"}).status_code == 404
    assert the_code(bobs) == code


# Operators


def test_an_operator_asks_what_a_code_is(alices, capsys):
    old = the_code(alices)
    old.reissue()
    call_command("check_code", *old.code.lower().split("-"))
    said = capsys.readouterr().out
    assert "revoked: another code was issued in its place" in said
    assert "Notebook (NOTEBOOK), unit 1 of 1, seats: 1" in said
    assert "alice" not in said.lower()


# At once


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_clicks_at_once_one_replaces_the_code(alice, alices):
    old = the_code(alices)
    clients = [log_in(alice) for _number in range(4)] * 2
    answers = at_once(lambda client: client.post(address(old)).status_code, clients)
    assert answers == [302] * 8
    assert alices.unlock_codes.count() == 2
    assert AuditEvent.objects.filter(kind="unlock_code.reissued").count() == 1
    assert OutgoingMail.objects.filter(cause__startswith="codes:").count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_refund_and_a_reissue_at_once_leave_no_valid_code(alices):
    def work(number: int) -> None:
        owned = Entitlement.objects.get(pk=alices.pk)
        if number % 2:
            owned.revoke(1)
        else:
            with transaction.atomic():
                type(owned.user).objects.touch(owned.user_id)
                with suppress(AlreadyRevoked):
                    owned.unlock_codes.order_by("pk").last().reissue()

    at_once(work, range(6))
    connection.close()
    alices.refresh_from_db()
    assert alices.revoked_at
    assert not alices.unlock_codes.valid().exists()

"""The quarantine: staff read what came, without card data, try it again or discard it, and that is recorded."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from mailroom.incoming import take_in
from mailroom.models import IncomingMail
from mailroom.tasks import purge_incoming_mails
from purchases.models import OrderMailProfile, ProductCode, Purchase
from purchases.profiles.illustrative import add_illustrative_profiles
from purchases.tasks import fulfil_due_events
from tests.mailroom.letters import letter
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db
LIST = "/staff/mailroom/incomingmail/"


@pytest.fixture
def adas(ada):
    return staff_log_in(ada)


@pytest.fixture
def waiting() -> IncomingMail:
    take_in(letter(subject="Order <b>R-1001</b>", to="orders+0123456789abcdef@vendor.example").as_bytes())
    return IncomingMail.objects.get()


def decide(browser, action: str, *rows: IncomingMail) -> str:
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    return browser.post(LIST, chosen, follow=True).content.decode()


def test_staff_see_why_it_is_there_and_read_it(adas, waiting):
    assert "Nobody here expects such a mail." in adas.get(LIST, {"state__exact": "quarantined"}).content.decode()
    page = adas.get(f"{LIST}{waiting.pk}/change/").content.decode()
    assert "Alice@example.com" in page
    assert "&lt;b&gt;" in page
    assert "0123456789abcdef" not in page, "the secret in the address is nobody's business"


def test_a_mail_is_tried_again_once_its_profile_is_mended(adas, ada, waiting, notebook):
    assert "1 mail was tried again, 0 were taken." in decide(adas, "try_again", waiting)
    add_illustrative_profiles()
    OrderMailProfile.objects.filter(partner="regsoft", kind="purchase").update(is_on=True, subject="order")
    ProductCode.objects.create(partner="regsoft", code="NB-2", product=notebook)
    assert "1 mail was tried again, 1 was taken." in decide(adas, "try_again", waiting)
    fulfil_due_events()
    assert Purchase.objects.get().order_reference == "R-1001"
    assert [event.actor for event in AuditEvent.objects.filter(kind="mail.retried")] == [ada, ada]
    assert "Destroyed, for it was dealt with." in adas.get(f"{LIST}{waiting.pk}/change/").content.decode()


def test_a_mail_is_discarded_and_its_text_destroyed(adas, ada, waiting):
    assert "1 mail is discarded." in decide(adas, "discard", waiting)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.source) == ("discarded", "")
    event = AuditEvent.objects.get(kind="mail.discarded")
    assert (event.actor, event.detail) == (ada, {"mail": waiting.pk})
    assert "0 mails are discarded." in decide(adas, "discard", waiting)
    assert take_in(letter(subject="Order <b>R-1001</b>", to="orders+0123456789abcdef@vendor.example").as_bytes()) == waiting


def test_nobody_changes_what_came(adas, waiting):
    assert adas.post(f"{LIST}{waiting.pk}/change/", {"subject": "x"}).status_code == 403
    assert adas.get(f"{LIST}add/").status_code == 403


def test_support_sees_nothing_of_it(sams, waiting):
    assert sams.get(LIST).status_code == 403
    assert sams.get(f"{LIST}{waiting.pk}/change/").status_code in (403, 404)


def test_what_waits_for_staff_stays_and_what_was_dealt_with_goes(waiting):
    IncomingMail.objects.update(received_at="2020-01-01T00:00:00Z")
    assert purge_incoming_mails() == 0
    IncomingMail.objects.discard()
    assert purge_incoming_mails() == 0
    IncomingMail.objects.update(settled_at=timezone.now() - timezone.timedelta(days=91))
    assert purge_incoming_mails() == 1


def test_a_list_costs_the_same_however_long_it_is(adas, django_assert_max_num_queries):
    for number in range(12):
        take_in(letter(number=f"<{number}@x>").as_bytes())
    with django_assert_max_num_queries(11):
        assert adas.get(LIST).status_code == 200


def test_a_mail_of_a_lost_key_is_told_of_and_breaks_nothing(adas, waiting, settings):
    page = f"{LIST}{waiting.pk}/change/"
    IncomingMail.objects.update(source="gAAAA-of-another-key")
    assert "sealed with a SECRET_KEY" in adas.get(page).content.decode()
    assert "1 mail was tried again, 0 were taken." in decide(adas, "try_again", waiting)


def test_what_was_written_to_support_is_read_on_record_and_is_gone_after_30_days(adas, ada, waiting, settings):
    mail = letter(subject="Help", to=settings.SUPPORT_EMAIL)
    del mail["From"]
    take_in(mail.as_bytes())
    row = IncomingMail.objects.get(is_private=True)
    assert row.state == "quarantined"
    adas.get(f"{LIST}{waiting.pk}/change/")
    assert not AuditEvent.objects.filter(kind="mail.read").exists()
    adas.get(f"{LIST}{row.pk}/change/")
    event = AuditEvent.objects.get(kind="mail.read")
    assert (event.actor, event.detail["mail"]) == (ada, row.pk)
    IncomingMail.objects.update(received_at=timezone.now() - timedelta(days=29))
    assert purge_incoming_mails() == 0
    IncomingMail.objects.update(received_at=timezone.now() - timedelta(days=31))
    assert purge_incoming_mails() == 1
    assert sorted(IncomingMail.objects.values_list("state", "source"))[0] == ("discarded", "")
    assert IncomingMail.objects.get(pk=waiting.pk).state == "quarantined"

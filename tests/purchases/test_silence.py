"""A partner that is silent for longer than usual: noticed once, told once, over with its next notification."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from mailroom.models import OutgoingMail
from purchases.models import Channel, Silence, WebhookEvent
from purchases.tasks import notice_silence
from tests.threads import at_once

pytestmark = pytest.mark.django_db
HOURS = timedelta(hours=1)


def notified(gaps, silent, partner="standard-webhooks", channel=Channel.WEBHOOK):
    """Notifications with these gaps between them (hours), the last one so many hours ago."""
    at = timezone.now() - silent * HOURS
    moments = [at]
    for gap in reversed(gaps):
        at -= gap * HOURS
        moments.append(at)
    WebhookEvent.objects.bulk_create(
        WebhookEvent(partner=partner, channel=channel, event_key=f"{partner}{number}", kind="ignored", payload={}, received_at=moment)
        for number, moment in enumerate(moments)
    )


@pytest.mark.parametrize(
    ("gaps", "silent", "is_noticed"),
    [
        ([10] * 30, 16, True),
        ([10] * 30, 14, False),
        ([0.1] * 30, 7, True),
        ([0.1] * 30, 5, False),
        ([10] * 19, 100, False),
        ([10] * 20, 100, True),
        ([1] * 199 + [100], 7, True),
        ([1] * 50 + [20], 25, False),
        ([1] * 50 + [20], 31, True),
    ],
    ids=[
        "half as long again as usual",
        "not yet half as long again",
        "six hours at least",
        "less than six hours",
        "too few to say what is usual",
        "just enough",
        "one in a hundred is passed over",
        "a pause over a night is usual",
        "longer than such a pause",
    ],
)
def test_the_rule(gaps, silent, is_noticed):
    notified(gaps, silent)
    assert notice_silence() == is_noticed
    assert Silence.objects.count() == is_noticed


def test_support_gets_one_mail_a_silence():
    notified([10] * 30, 16)
    assert [notice_silence() for _sweep in "123"] == [1, 0, 0]
    mail = OutgoingMail.objects.get()
    assert mail.to == settings.SUPPORT_EMAIL
    assert mail.subject == "Standard Webhooks has been silent for longer than usual"
    assert "never silent for longer than 15 hours" in mail.text
    assert "/staff/purchases/webhookevent/partners/" in mail.text


def test_the_mail_says_if_the_partner_is_closed(settings):
    settings.PARTNERS["standard-webhooks"]["secrets"] = []
    notified([10] * 30, 16)
    notice_silence()
    assert "The partner is closed at this moment" in OutgoingMail.objects.get().text


def test_it_ends_with_the_next_notification_and_the_next_silence_is_another():
    notified([10] * 30, 16)
    notice_silence()
    last = WebhookEvent.objects.create(partner="standard-webhooks", event_key="again", kind="ignored", payload={})
    assert notice_silence() == 0
    assert Silence.objects.get().ended_at == last.received_at
    WebhookEvent.objects.update(received_at=timezone.now() - 40 * HOURS)
    WebhookEvent.objects.all().delete()
    Silence.objects.update(since=timezone.now() - 400 * HOURS)
    notified([10] * 30, 39)
    assert notice_silence() == 1
    assert (Silence.objects.count(), OutgoingMail.objects.count()) == (2, 2)


def test_imports_and_repairs_break_no_silence():
    notified([10] * 30, 16)
    WebhookEvent.objects.create(partner="standard-webhooks", event_key="r", kind="ignored", payload={}, channel=Channel.RECONCILE)
    assert notice_silence() == 1


def test_each_partner_has_its_own_history():
    notified([10] * 30, 16)
    notified([100] * 13, 60, partner="plimus")
    notified([10] * 30, 60, partner="long gone")
    assert notice_silence() == 1
    assert Silence.objects.get().partner == "standard-webhooks"


def test_whoever_was_silent_for_the_whole_history_is_expected_no_more():
    notified([10] * 30, 16)
    notice_silence()
    WebhookEvent.objects.update(received_at=timezone.now() - timedelta(days=61))
    notice_silence()
    assert not Silence.objects.lasting().exists()


@pytest.mark.parametrize("page", ["/staff/", "/staff/purchases/webhookevent/partners/"])
def test_a_banner_tells_administration_as_long_as_it_lasts(adas_browser, page):
    words = "Standard Webhooks has been silent for longer than usual"
    assert words not in adas_browser.get(page).content.decode()
    notified([10] * 30, 16)
    notice_silence()
    assert words in adas_browser.get(page).content.decode()
    Silence.objects.update(ended_at=timezone.now())
    assert words not in adas_browser.get(page).content.decode()


def test_support_sees_no_banner(sams):
    notified([10] * 30, 16)
    notice_silence()
    assert "has been silent" not in sams.get("/staff/").content.decode()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_many_sweeps_at_once_notice_it_once():
    notified([10] * 30, 16)
    assert sum(at_once(lambda _worker: notice_silence(), range(8))) == 1
    assert Silence.objects.count() == OutgoingMail.objects.count() == 1

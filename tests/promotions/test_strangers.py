"""What a stranger tries with a good code: to learn whose address is registered, to take others' places, and to have them mailed without end."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from promotions.models import PromoCode, Promotion, Redemption
from promotions.people import abuse_key
from promotions.tasks import lapse_registrations
from tests.pages import words_of
from tests.promotions.walk import DONE, EMAIL, LANDING, MAIL, REGISTER, come_by_promotion, confirm, enter, latest_mail, link_in, register

pytestmark = pytest.mark.django_db
MALLORY = "mallory@example.net"


@pytest.mark.parametrize("change", [{"limit": 2}, {"ends_at": timezone.now() - timedelta(days=1)}])
@pytest.mark.parametrize("address", [EMAIL, "alice+2@example.com"])
@pytest.mark.parametrize("has_begun", [False, True])
def test_a_used_code_of_a_closed_promotion_tells_nobody_who_is_registered(shared, single, change, address, has_begun):
    come_by_promotion()
    come_by_promotion(MALLORY, single.code)
    strangers = [Client(), Client()]
    for client in strangers:
        enter(client, single.code)
        if has_begun:
            enter(client)
            client.post(REGISTER, {"email": MALLORY})
            enter(client, single.code)
    Promotion.objects.update(**change)
    known, unknown = (
        words_of(client.post(REGISTER, {"email": email}).content.decode()).replace(email, "ADDRESS")
        for client, email in zip(strangers, [address, "nobody@example.com"], strict=True)
    )
    assert known == unknown
    assert "This promotion is over." in known or "All places of this promotion are taken" in known


def test_nobody_gives_up_the_place_of_another_by_typing_their_address(shared):
    PromoCode.objects.update(uses=5)
    register(Client())
    stranger = Client()
    register(stranger)
    assert stranger.post(REGISTER, {"email": MALLORY})["Location"] == MAIL
    assert Redemption.objects.get(email=EMAIL).state == "held"
    assert PromoCode.objects.get().held == 2


def test_with_one_single_use_code_nobody_is_mailed_without_end(client, single):
    enter(client, single.code)
    answers = [client.post(REGISTER, {"email": email}) for email in [EMAIL, MALLORY] * 5]
    assert OutgoingMail.objects.count() == 4
    assert "changed very often" in answers[-2].content.decode()
    assert Redemption.objects.filter(state="held").count() == 1
    assert AuditEvent.objects.filter(kind="registration.refused", detail__reason="corrected").count() >= 1


def test_a_place_is_kept_where_another_address_could_not_have_it(client, single):
    register(client, single.code)
    Promotion.objects.update(ends_at=timezone.now() - timedelta(minutes=1))
    assert "This promotion is over." in client.post(REGISTER, {"email": MALLORY}).content.decode()
    confirm()
    assert Redemption.objects.get().state == "confirmed"


def test_a_place_that_is_taken_anew_is_recorded_with_where_it_was_taken_from(shared):
    register(Client())
    Redemption.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    lapse_registrations()
    Client(REMOTE_ADDR="198.51.100.7").post(link_in(latest_mail()))
    held = AuditEvent.objects.filter(kind="registration.held").order_by("pk")
    assert list(held.values_list("ip", flat=True)) == ["127.0.0.1", "198.51.100.7"]


def test_two_names_of_one_mail_service_are_one_person():
    assert abuse_key("al.ice@gmail.com") == abuse_key("alice+2@googlemail.com")
    assert abuse_key("al.ice@example.com") != abuse_key("alice@example.com")


def test_no_page_tells_that_there_is_a_draft(client, spring):
    Promotion.objects.update(is_published=False)
    there = [client.get(path).status_code for path in (LANDING, REGISTER, MAIL, DONE)]
    assert there == [client.get(path.replace("spring", "none")).status_code for path in (LANDING, REGISTER, MAIL, DONE)] == [404] * 4

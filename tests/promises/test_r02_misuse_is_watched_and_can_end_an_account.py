"""R2: the promotions area is monitored constantly, and a promotional account can be ended for misuse of the promotion.

From outside: what is recorded, and what an account that came by a promotion meets when it is held and closed. The detectors have tests of
their own.
"""

import pytest
from django.test import Client

from accounts import holds
from accounts.models import Appeal
from audit.models import AuditEvent
from promotions.code_format import digest_of
from promotions.models import Promotion
from tests.cast import PASSWORD
from tests.customer import log_in, mail_to, try_log_in
from tests.pages import words_of
from tests.promotions.walk import LANDING, REGISTER, confirm, enter, register

pytestmark = pytest.mark.django_db
HELD = "/resources/log-in/held/"
TEXT = "The code was used from forty networks under one name."


def test_r02_codes_tried_in_vain_are_recorded_and_slowed_and_other_networks_are_not(spring_code):
    guesser = Client(REMOTE_ADDR="20.6.6.6")
    answers = [enter(guesser, f"GUESS{number:03}").status_code for number in range(30)]
    assert answers == [200] * 20 + [429] * 10
    events = AuditEvent.objects.filter(kind="promo_code.refused")
    assert (events.count(), {event.ip for event in events}) == (20, {"20.6.6.6"})
    assert enter(guesser).status_code == 429, "a word that may have been guessed waits too (docs/promotions-monitoring.md)"
    assert enter(Client(REMOTE_ADDR="20.6.7.7")).status_code == 302


def test_r02_a_flood_is_recorded_and_does_not_fill_the_record(spring_code):
    for _visit in range(100):
        Client(REMOTE_ADDR="20.6.6.6").get(LANDING)
    assert 50 <= AuditEvent.objects.filter(kind="promotion.visited").count() < 80


def test_r02_an_account_can_be_held_and_closed_with_a_reason_and_may_appeal(rosa, rosas, ada, notebook_file):
    owner = log_in(rosa)
    hold = holds.place(rosa, reason="one network, forty registrations", text=TEXT, by=ada)
    assert TEXT in mail_to(rosa.email).text
    assert owner.get("/resources/")["Location"].startswith("/resources/log-in/"), "what it gave is out of reach at once"
    customer = Client()
    assert try_log_in(rosa.email, PASSWORD, customer)["Location"] == HELD
    assert TEXT in words_of(customer.get(HELD).content.decode())
    holds.close(hold, by=ada, reason="no answer", text="We have closed it.")
    assert try_log_in(rosa.email, PASSWORD, customer)["Location"] == HELD
    customer.post(HELD, {"text": "It was my class, not me alone."})
    assert Appeal.objects.get().words == "It was my class, not me alone."


def test_r02_a_closed_account_gains_nothing_by_registering_again(rosa, ada, notebook):
    other = Promotion.objects.create(title="Autumn offer", slug="autumn", is_published=True)
    other.grants.create(product=notebook)
    batch = other.batches.create(tag="AUT", is_shared=True, state="ready")
    batch.codes.create(code="AUTUMN", digest=digest_of("AUTUMN"), uses=None)
    holds.close(holds.place(rosa, reason="x", text=TEXT, by=ada), by=ada, reason="x", text="We have closed it.")
    register(Client(), "AUTUMN", rosa.email, "autumn")
    assert "Your account is on hold" in confirm(rosa.email).content.decode()
    assert rosa.entitlements.count() == 1


def test_r02_a_promotion_and_a_batch_can_be_stopped_at_once(spring_code):
    inside = Client()
    enter(inside)
    spring_code.batch.stop("posted to a forum")
    assert "This code is not valid any more." in inside.post(REGISTER, {"email": "mallory@example.net"}).content.decode()
    assert "This code is not valid any more." in enter(Client()).content.decode()
    Promotion.objects.get().stop("Too many were at it.")
    assert "Too many were at it." in Client().get(LANDING).content.decode()


def test_r02_the_policy_says_so(client):
    policy = words_of(client.get("/privacy/promotions/").content.decode())
    assert "These pages are watched" in policy
    assert "An IP address alone never decides it" in policy

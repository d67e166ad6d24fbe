"""Partners that wait for codes, and mails, many at once: one order, one answer."""

import pytest
from django.test import Client

from downloads.models import UnlockCode
from mailroom.incoming import take_in
from mailroom.models import IncomingMail, OutgoingMail
from purchases.models import OrderMailProfile, ProductCode, Purchase, WebhookEvent
from purchases.profiles.illustrative import add_illustrative_profiles
from purchases.tasks import fulfil_due_events
from tests.mailroom.letters import letter
from tests.purchases.sides import regsoft, swreg
from tests.threads import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
THREADS = 8


@pytest.mark.parametrize("_time", range(3))
def test_eight_questions_at_once_get_the_codes_or_the_empty_pair(notebook, settings, _time):
    ProductCode.objects.create(partner="swreg", code="NB-2", product=notebook)
    with swreg.SIDE.opened(settings):
        answers = at_once(lambda _thread: swreg.SIDE.purchase()[0].post(Client()).content, range(THREADS))
        codes = "\n".join(UnlockCode.objects.order_by("unit").values_list("code", flat=True))
        assert set(answers) <= {f"<softshop>{codes}</softshop>".encode(), b"<softshop></softshop>"}
        assert len(set(answers) - {b"<softshop></softshop>"}) == 1, "whoever worked on it told the codes"
        assert swreg.SIDE.purchase()[0].post(Client()).content == f"<softshop>{codes}</softshop>".encode()
    assert Purchase.objects.count() == OutgoingMail.objects.count() == 1
    assert UnlockCode.objects.count() == 2


def test_one_mail_eight_times_at_once_is_one(notebook):
    add_illustrative_profiles()
    OrderMailProfile.objects.filter(partner="regsoft").update(is_on=True)
    ProductCode.objects.create(partner="regsoft", code="NB-2", product=notebook)
    at_once(lambda _thread: take_in(letter().as_bytes()), range(THREADS))
    fulfil_due_events()
    assert IncomingMail.objects.get().state == "taken"
    assert WebhookEvent.objects.count() == Purchase.objects.count() == 1


def test_mail_and_form_at_once_grant_once(notebook, settings):
    ProductCode.objects.create(partner="regsoft", code="NB-2", product=notebook)
    with regsoft.SIDE.opened(settings):
        OrderMailProfile.objects.filter(partner="regsoft").update(is_on=True)
        steps = [lambda: take_in(letter().as_bytes()), lambda: regsoft.SIDE.purchase()[0].post(Client())] * 4
        at_once(lambda step: step(), steps)
    fulfil_due_events()
    assert IncomingMail.objects.get().state == "taken", IncomingMail.objects.get().reason
    assert WebhookEvent.objects.count() == Purchase.objects.count() == 1
    assert UnlockCode.objects.count() == 2

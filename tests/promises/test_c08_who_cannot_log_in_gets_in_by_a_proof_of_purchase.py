"""C8: who cannot log in sends contact and order data as proof of purchase. It is discarded once the request is fulfilled, and kept only where fraud is
suspected, to compile a history of such requests."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import MisuseFinding
from mailroom.models import OutgoingMail
from support.login_help.history import before
from support.models import Case, LoginHelpRequest, ProofOfPurchase
from support.tasks import purge_proofs, watch_log_in_help
from tests.customer import link_in, log_in, mail_to
from tests.staff import staff_log_in
from tests.support.desk import in_hands_of, page_of
from tests.support.helping import PLEA, ask, purchase_of

pytestmark = pytest.mark.django_db
NEW = "quite another long password 9"


def send_way_in(desk: Client, case: Case) -> None:
    found = re.search(r'href="([^"]+/login-help/send/[^"]+)"', desk.get(page_of(case)).content.decode())
    assert found
    desk.post(found[1])


def test_c08_from_the_form_to_the_open_account(alice, alices, sam):
    purchase_of(alice, alices)
    case = in_hands_of(sam, ask())
    assert case.proof.told["name"] == PLEA["name"]
    send_way_in(staff_log_in(sam), case)
    browser = Client()
    fields = dict.fromkeys(browser.get(link_in(mail_to(alice.email)), follow=True).context["form"].fields, NEW)
    browser.post("/resources/password/set/", fields)
    assert "Notebook" in log_in(alice, password=NEW).get("/resources/").content.decode()
    assert not ProofOfPurchase.objects.exists(), "discarded once it is fulfilled"


def test_c08_nobody_gets_in_over_the_address_in_the_form(alice, alices, sam):
    purchase_of(alice, alices)
    case = in_hands_of(sam, ask())
    send_way_in(staff_log_in(sam), case)
    (way_in,) = OutgoingMail.objects.filter(cause__startswith=f"case:{case.pk}:", text__contains="/resources/password/")
    assert way_in.to == alice.email
    assert OutgoingMail.objects.filter(to=PLEA["email"]).count() == 2, "that it came, and that it is dealt with"


def test_c08_it_is_discarded_when_it_is_refused_too(alice, sam):
    case = in_hands_of(sam, ask())
    staff_log_in(sam).post(page_of(case, "login-help/refuse"), {"reason": "nothing agrees"})
    assert not ProofOfPurchase.objects.exists()


def test_c08_it_is_kept_only_for_suspicion_of_fraud_with_a_written_reason_and_an_end(alice, ada):
    case, desk = in_hands_of(ada, ask()), staff_log_in(ada)
    until = (timezone.localdate() + timedelta(days=60)).isoformat()
    desk.post(page_of(case, "login-help/keep"), {"reason": " ", "until": until})
    assert ProofOfPurchase.objects.get().retained_at is None
    desk.post(page_of(case, "login-help/keep"), {"reason": "the fourth address", "until": until})
    assert ProofOfPurchase.objects.get().retained_reason == "the fourth address"
    ProofOfPurchase.objects.update(retained_until=timezone.now())
    purge_proofs()
    assert not ProofOfPurchase.objects.exists()


def test_c08_the_history_shows_repeats_and_names_nobody(alice, sam):
    cases = [ask(email=f"thief{number}@elsewhere.example", form_number=str(number)) for number in range(4)]
    assert (before(cases[-1]).of_order, before(cases[-1]).addresses) == (3, 3)
    assert not any(word in str(list(LoginHelpRequest.objects.values())) for word in ("thief", "Alice", PLEA["order_reference"]))
    watch_log_in_help()
    assert MisuseFinding.objects.get().detector == "order_claimed"

"""What the ledger promises holds on when somebody has everything erased: nobody writes there again (G3), what support was told is destroyed (G8)."""

import pytest
from django.test import Client

from accounts.models import Suppression, User
from accounts.models.suppression import digest_of
from announcements.models import Mailbox
from support.models import Case, CaseMessage, Life
from support.vault import keyring
from tests.cast import ALICE, buy
from tests.customer import log_in
from tests.rights.asked import erase
from tests.support.cases import make_case

pytestmark = pytest.mark.django_db


def test_g03_a_digest_alone_keeps_anybody_from_writing_there_again(alice, notebook):
    Mailbox.objects.at(alice.email)
    erase(alice)
    assert not Mailbox.objects.exclude(email="").exists()
    assert Suppression.objects.get().digest == digest_of(ALICE.email)
    again = buy(ALICE, notebook, order="A-9").user
    assert again.opted_out_at, "a purchase takes no refusal away"
    assert Mailbox.objects.at(ALICE.email) not in Mailbox.objects.reachable()


def test_g08_what_support_was_told_is_destroyed_with_its_key(alice):
    case = make_case(user=alice, text="It asks for my maiden name.")
    stranger = make_case(email="alice@example.com", text="I cannot log in.")
    others = make_case(email="bob@example.org")
    erase(alice)
    for mine in (case, stranger):
        assert Case.objects.get(pk=mine.pk).life == Life.DESTROYED
        assert not keyring.exists(mine.key_name)
    assert list(CaseMessage.objects.values_list("case", flat=True)) == [others.pk]


def test_c18_the_log_of_corrections_leads_to_nobody(alice):
    client = log_in(alice)
    assert client.get("/resources/your-data/corrections/").status_code == 200
    erase(alice)
    assert client.get("/resources/your-data/corrections/").status_code == 302
    assert User.objects.get(pk=alice.pk).email != ALICE.email
    assert Client().get("/privacy/erasure/no-such-receipt/").status_code == 404

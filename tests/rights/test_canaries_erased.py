"""A distinct value in every personal field, file and key of JSON: after an erasure none is left anywhere, but those whose fate says that they stay."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from mailroom.models import MailState, OutgoingMail
from rights.tasks import forget_receipts
from support.models import Case
from tests.canaries import Filler
from tests.rights.asked import erase
from tests.rights.everywhere import everything, key_is_there, may_stay, stands

VERA = "vera@example.net"


@pytest.fixture
def people(alice, bob, sam) -> dict[str, Filler]:
    fillers = {
        "alice": Filler(alice.email, 1, alice, sam),
        "bob": Filler(bob.email, 2, bob, sam),
        "vera": Filler(VERA, 3, None, sam),
        "alices mailbox": Filler(alice.email, 4, None, sam),
    }
    return {name: filler.fill() for name, filler in fillers.items()}


def left_of(filler: Filler, text: str) -> set[str]:
    return {where for where, value in filler.values.items() if stands(value, text)}


def around(value: str, text: str) -> str:
    at = text.index(value)
    return text[max(0, at - 300) : at + 100]


def forget_last_mail() -> None:
    """It is handed over, and an hour passes."""
    last = OutgoingMail.objects.filter(cause__startswith="erasure-receipt:")
    last.update(state=MailState.SENT, sent_at=timezone.now() - timedelta(hours=2))
    forget_receipts()


def check(people, alice, tmp_path: Path) -> None:
    before = everything(tmp_path)
    there = {name: left_of(filler, before) for name, filler in people.items()}
    assert len(there["alice"]) > 150, "the canaries are in the database and in files"
    keys = list(Case.objects.filter(user=alice).values_list("key_name", flat=True))
    erase(alice)
    forget_last_mail()
    after = everything(tmp_path)
    assert "alice@example.com" not in after.lower(), around("alice@example.com", after.lower())
    for name in ("alice", "alices mailbox"):
        wrong = {where for where in left_of(people[name], after) if not may_stay(where)}
        assert not wrong, f"{name}: {sorted(wrong)}"
    assert "alice@example.com" not in after.lower(), around("alice@example.com", after.lower())
    assert not any(key_is_there(key) for key in keys)
    for name in ("bob", "vera"):
        assert left_of(people[name], after) == there[name], "nobody else's is touched"


@pytest.mark.django_db
def test_nothing_of_hers_is_left_but_what_is_declared_as_kept(people, alice, tmp_path):
    check(people, alice, tmp_path)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_nothing_of_hers_is_left_in_a_dump_of_the_database(people, alice, tmp_path):
    check(people, alice, tmp_path)


@pytest.mark.django_db
def test_a_person_without_an_account_is_erased_too(people, tmp_path):
    there = left_of(people["bob"], everything(tmp_path))
    erase(email=VERA)
    forget_last_mail()
    after = everything(tmp_path)
    assert not {where for where in left_of(people["vera"], after) if not may_stay(where)}
    assert VERA not in after.lower()
    assert left_of(people["bob"], after) == there

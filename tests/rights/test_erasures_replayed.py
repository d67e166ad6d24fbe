"""After a restored backup: the start refuses, the replay erases again, and the receipt stays good."""

import json
from io import StringIO

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client

from accounts.models import User
from announcements.models import Subscription
from infacta.starting import demand_all
from mailroom.models import OutgoingMail
from rights.erasure import log
from rights.erasure.replaying import what_is_wrong
from rights.erasure.working import work_off
from rights.models import Erasure, State, SubjectRequest
from tests.rights.asked import due_request, erase, settle

pytestmark = pytest.mark.django_db


class Restored(Exception):
    """Ends a transaction, with which all that was written in it is as if it had never been."""


def erased_after_the_backup(user: User | None = None, email: str = "") -> Erasure:
    """The record; the database, when this returns, is as before."""
    try:
        with transaction.atomic():
            erasure = erase(user, email)
            raise Restored
    except Restored:
        return erasure


def replay() -> str:
    call_command("replay_erasures", stdout=(out := StringIO()))
    settle()
    work_off()
    return out.getvalue()


def test_whom_a_backup_brought_back_is_erased_again(alice, bob):
    demand_all()
    first = erased_after_the_backup(alice)
    assert User.objects.get(pk=alice.pk).name == "Alice Archer"
    assert "manage.py replay_erasures" in what_is_wrong()
    with pytest.raises(ImproperlyConfigured, match="stand in it again"):
        demand_all()
    assert "not in the database: 1." in replay()
    demand_all()
    again = Erasure.objects.get()
    assert (again.number, again.originally_at, again.is_done) == (first.number, next(log.newest_first()).closed_at, True)
    assert User.objects.get(pk=alice.pk).name == ""
    assert User.objects.get(pk=bob.pk).name == "Bob Baker"
    assert SubjectRequest.objects.get(number=first.number).state == State.DONE
    assert not OutgoingMail.objects.filter(cause__startswith="erasure-receipt:").exists(), "the receipt went out before"
    assert not OutgoingMail.objects.filter(to__iexact="alice@example.com").exists()
    assert "not in the database: 0." in replay()
    assert sum(1 for _entry in log.oldest_first()) == 1


def test_a_person_without_an_account_is_found_by_the_digest_alone(db):
    for address in ("vera@example.net", "bob@example.org"):
        Subscription.objects.create(email=address, email_key=address)
    erased_after_the_backup(email="Vera@example.net")
    assert Subscription.objects.count() == 2
    replay()
    assert list(Subscription.objects.values_list("email", flat=True)) == ["bob@example.org"]


def test_the_number_of_an_account_alone_is_not_enough(alice, bob):
    """In another database the number may be another's: only with the address is it the account that was meant."""
    erased_after_the_backup(alice)
    User.objects.filter(pk=alice.pk).update(email="carol@example.com", email_key="carol@example.com")
    replay()
    assert User.objects.get(pk=alice.pk).name == "Alice Archer"


def test_nobody_reads_an_address_in_the_log(alice):
    erase(alice)
    text = log.place().read_text()
    assert set(json.loads(text)) == {"number", "account", "digests", "asked_at", "closed_at", "receipt", "sequence"}
    for word in ("alice", "example.com", "Archer"):
        assert word not in text.lower()
    assert log.place().stat().st_mode & 0o077 == 0


def test_a_rotated_key_finds_them_still(alice, settings):
    erased_after_the_backup(alice)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another secret, for a while " * 2
    replay()
    assert User.objects.get(pk=alice.pk).name == ""


def test_a_lost_log_stops_the_start_until_somebody_begins_another(alice, bob):
    erase(alice)
    log.place().unlink()
    assert "ends before what the database knows" in what_is_wrong()
    with pytest.raises(CommandError):
        call_command("replay_erasures", stdout=StringIO())
    call_command("replay_erasures", "--begin-anew", stdout=StringIO())
    demand_all()
    erase(bob)
    assert next(log.newest_first()).sequence == 2


def test_while_a_replay_is_due_nobody_else_is_erased(alice, bob):
    """A number behind those that were not replayed would hide them from the next start."""
    erased_after_the_backup(alice)
    request = due_request(bob)
    work_off()
    request.refresh_from_db()
    assert "replay_erasures" in request.problem
    assert User.objects.get(pk=bob.pk).erased_at is None


def test_a_line_whose_commit_failed_is_no_sign_of_a_backup(alice, monkeypatch):
    append = log.append

    def failing(*args):
        append(*args)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(log, "append", failing)
    request = due_request(alice)
    work_off()
    request.refresh_from_db()
    assert (request.problem, request.failures) == ("No space left on device", 1)
    assert User.objects.get(pk=alice.pk).erased_at is None
    monkeypatch.undo()
    settle()
    work_off()
    settle()
    work_off()
    assert Erasure.objects.get().is_done
    assert what_is_wrong() == ""


def test_a_receipt_that_came_after_the_backup_is_good_again(alice):
    first = erased_after_the_backup(alice)
    assert Client().get(f"/privacy/erasure/{first.receipt}/").status_code == 404
    replay()
    assert "nothing was found that had to go" in Client().get(f"/privacy/erasure/{first.receipt}/").content.decode()


def test_a_request_that_nobody_proved_does_not_stand_in_the_way(alice):
    """It was open in the backup, and had lapsed by the time of the one that was logged."""
    erased_after_the_backup(alice)
    SubjectRequest.objects.create(kind="erasure", user=alice, email=alice.email, state=State.UNPROVED)
    assert "not in the database: 1." in replay()
    demand_all()
    assert Erasure.objects.get().is_done


def test_an_account_of_staff_in_the_backup_is_named_and_not_passed_over(alice, caplog):
    first = erased_after_the_backup(alice)
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert "not in the database: 0." in replay()
    assert f"The erasure {first.number} of the log was not begun again: it is the account of a member of staff." in caplog.text
    assert "manage.py replay_erasures" in what_is_wrong()

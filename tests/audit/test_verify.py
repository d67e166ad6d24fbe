"""`audit_verify` names the first batch that is not as it was sealed, whoever changed it and however."""

from datetime import timedelta
from threading import Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from audit import lines, sealing, verification
from audit.models import AuditEvent, Seal
from audit.sealing import append, last_seal
from audit.tasks import seal_events
from tests.audit.hands import events, sql, tamper, unguarded, verified

pytestmark = pytest.mark.django_db
EVENTS, BATCH = 12, 4


@pytest.fixture(params=[5000, 3], ids=["read at once", "read in pieces"])
def chain(request, monkeypatch) -> list[int]:
    """Twelve events in three seals; gives the ids of the events. What is read in pieces is cut in the middle of batches."""
    monkeypatch.setattr(lines, "CHUNK", request.param)
    monkeypatch.setattr(sealing, "BATCH", BATCH)
    made = events(EVENTS)
    assert seal_events() == 3
    return [event.pk for event in made]


def forge(number: int) -> None:
    """Make a seal that fits the events as they are now, with everything but the key."""
    seal, before = Seal.objects.get(number=number), Seal.objects.filter(number=number - 1).first()
    batch = [row for found in lines.rows("id BETWEEN %s AND %s", seal.first_id, seal.last_id) for row in found]
    with unguarded():
        sql("DELETE FROM audit_seal WHERE number = %s", number)
        append(before, batch)


def make_anew() -> None:
    """Whoever has the key seals the whole log once more."""
    with unguarded():
        sql("DELETE FROM audit_seal")
        seal_events()


DETAIL = "UPDATE audit_auditevent SET detail = %s WHERE id = %s"
COPY = """
    INSERT INTO audit_auditevent (id, kind, at, user_id, actor_id, ip, detail)
    SELECT %s, kind, at, user_id, actor_id, ip, detail FROM audit_auditevent WHERE id = %s
"""


def swap(first: int, second: int) -> None:
    with unguarded():
        for old, new in ((first, 10**9), (second, first), (10**9, second)):
            assert sql("UPDATE audit_auditevent SET id = %s WHERE id = %s", new, old) == 1


def delete(*ids: int) -> None:
    for identifier in ids:
        tamper("DELETE FROM audit_auditevent WHERE id = %s", identifier)


def forge_third_with_another_key(ids: list[int], settings) -> None:
    tamper(DETAIL, '{"number": 99}', ids[9])
    key, settings.AUDIT_KEY = settings.AUDIT_KEY, "a guess at the key"
    forge(3)
    settings.AUDIT_KEY = key


TAMPERING = {
    "detail": (lambda ids: tamper(DETAIL, '{"number": 99}', ids[5]), 2, "an event was changed"),
    "kind": (lambda ids: tamper("UPDATE audit_auditevent SET kind = 'login.ended' WHERE id = %s", ids[0]), 1, "an event was changed"),
    "time": (lambda ids: tamper("UPDATE audit_auditevent SET at = %s WHERE id = %s", timezone.now(), ids[11]), 3, "an event was changed"),
    "network": (lambda ids: tamper("UPDATE audit_auditevent SET ip = '198.51.100.9' WHERE id = %s", ids[4]), 2, "an event was changed"),
    "address": (
        lambda ids: tamper("UPDATE audit_auditevent SET ip = '203.0.113.10' WHERE id = %s", ids[4]),
        2,
        "an IP address was changed",
    ),
    "address taken away": (lambda ids: tamper("UPDATE audit_auditevent SET ip = NULL WHERE id = %s", ids[4]), 2, "an event was changed"),
    "first event": (lambda ids: delete(ids[0]), 1, "events are missing: there are 3 of 4"),
    "middle event": (lambda ids: delete(ids[5]), 2, "events are missing: there are 3 of 4"),
    "last event": (lambda ids: delete(ids[11]), 3, "events are missing: there are 3 of 4"),
    "whole batch": (lambda ids: delete(*ids[4:8]), 2, "events are missing: there are 0 of 4"),
    "everything": (lambda ids: delete(*ids), 1, "events are missing: there are 0 of 4"),
    "two places": (lambda ids: delete(ids[11], ids[6]), 2, "events are missing"),
    "event before all": (lambda ids: tamper(COPY, 0, ids[0]), 1, "events were added: there are 5 instead of 4"),
    "replaced event": (lambda ids: (tamper(COPY, 0, ids[0]), delete(ids[1])), 1, "an event was changed"),
    "neighbours swapped": (lambda ids: swap(ids[1], ids[2]), 1, "an event was changed, or put in another's place"),
    "swapped between batches": (lambda ids: swap(ids[6], ids[9]), 2, "an event was changed, or put in another's place"),
    "middle seal": (lambda ids: tamper("DELETE FROM audit_seal WHERE number = 2"), 3, "seal 2 is missing"),
    "first seal": (lambda ids: tamper("DELETE FROM audit_seal WHERE number = 1"), 2, "seal 1 is missing"),
    "seal's numbers": (lambda ids: tamper("UPDATE audit_seal SET last_id = last_id + 1 WHERE number = 2"), 2, "the seal is forged"),
    "seal's time": (lambda ids: tamper("UPDATE audit_seal SET sealed_at = first_at WHERE number = 2"), 2, "the seal is forged"),
    "seal's digest": (lambda ids: tamper("UPDATE audit_seal SET digest = address_digest WHERE number = 3"), 3, "the seal is forged"),
    "seal's salt": (lambda ids: tamper("UPDATE audit_seal SET salt = address_salt WHERE number = 3"), 3, "an event was changed"),
    "salt destroyed": (lambda ids: tamper("UPDATE audit_seal SET salt = '' WHERE number = 2"), 2, "the salt of its events is gone before"),
    "address salt destroyed": (
        lambda ids: tamper("UPDATE audit_seal SET address_salt = '' WHERE number = 2"),
        2,
        "addresses is gone before",
    ),
    "truncated, it says": (
        lambda ids: tamper("UPDATE audit_seal SET truncated_at = sealed_at WHERE number = 2"),
        2,
        "its addresses were truncated, but there is a full one",
    ),
    "purged too early": (
        lambda ids: (delete(*ids[:4]), tamper("UPDATE audit_seal SET purged_at = sealed_at, salt = '' WHERE number = 1")),
        1,
        "it was purged before its time",
    ),
    "purged, it says, in the future": (
        lambda ids: (
            delete(*ids[:4]),
            tamper("UPDATE audit_seal SET purged_at = %s WHERE number = 1", timezone.now() + timedelta(days=2000)),
        ),
        1,
        "it was purged before its time",
    ),
}


@pytest.mark.parametrize("way", TAMPERING)
def test_it_names_the_first_broken_batch(chain, way):
    do, number, wrong = TAMPERING[way]
    assert "12 events" in verified()
    do(chain)
    seal = Seal.objects.get(number=number)
    with pytest.raises(CommandError) as refusal:
        verified()
    said = str(refusal.value)
    assert said.startswith(f"Broken at seal {number} (events {seal.first_id} to {seal.last_id}, {seal.first_at:%Y-%m-%d %H:%M:%S} to ")
    assert wrong in said
    assert refusal.value.returncode == 1


@pytest.mark.postgresql
@pytest.mark.parametrize("time", ["first_at", "last_at", "sealed_at", "truncated_at", "purged_at"])
@pytest.mark.parametrize("value", ["infinity", "20000-01-01", "0044-03-15 BC"])
def test_a_seal_with_a_time_that_nobody_can_load_is_named(chain, time, value):
    tamper(f"UPDATE audit_seal SET {time} = %s WHERE number = 2", value)
    with pytest.raises(CommandError, match="Broken at seal 2: it has a time that is none"):
        verified()
    tamper(DETAIL, '{"number": 99}', chain[0])
    with pytest.raises(CommandError, match=r"Broken at seal 1 .*an event was changed"):
        verified()


def test_it_prints_the_counts_and_the_head_when_all_is_in_order(chain):
    events(1, timezone.now())
    said = verified()
    assert said.startswith("In order: 3 seals (0 of them purged), 12 events, ")
    assert "1 wait for their seal" in said
    assert f"Head: 3:{last_seal().hash}\n" in said


def test_an_empty_log_is_in_order():
    assert verified().startswith("In order: 0 seals")


def test_an_event_put_between_two_batches_is_found(monkeypatch):
    """A transaction that was rolled back leaves a gap in the ids, and something could be put there."""
    monkeypatch.setattr(sealing, "BATCH", BATCH)
    events(4)
    gap = events(1)[0].pk
    delete(gap)
    events(4)
    assert seal_events() == 2
    verified()
    tamper(COPY, gap, gap - 1)
    with pytest.raises(CommandError, match=r"Broken at seal 2 .*events were added: there are 5 instead of 4"):
        verified()


def test_a_seal_forged_without_the_key_is_found(chain, settings):
    forge_third_with_another_key(chain, settings)
    with pytest.raises(CommandError, match=r"Broken at seal 3 .*the seal is forged"):
        verified()


def test_a_seal_made_anew_with_the_key_breaks_the_next(chain):
    tamper(DETAIL, '{"number": 99}', chain[0])
    forge(1)
    with pytest.raises(CommandError, match=r"Broken at seal 2 .*the seal is forged"):
        verified()


def test_a_chain_made_anew_with_the_key_is_not_the_one_that_was_noted(chain):
    noted = [seal.head for seal in Seal.objects.order_by("number")]
    tamper(DETAIL, '{"number": 99}', chain[5])
    make_anew()
    assert "In order" in verified(), "the key alone does not tell; that is what the note is for"
    for head in noted:
        with pytest.raises(CommandError, match=rf"Broken at seal {head[0]} .*another one than was noted"):
            verified(head)


def test_a_head_that_was_noted_and_holds_is_fine(chain):
    noted = [seal.head for seal in Seal.objects.all()]
    events(3)
    seal_events()
    assert "In order: 4 seals" in verified(*noted)


def test_the_end_of_the_chain_cut_off_is_seen_by_what_was_noted(chain):
    head = last_seal().head
    delete(*chain[8:])
    tamper("DELETE FROM audit_seal WHERE number = 3")
    assert "In order: 2 seals" in verified()
    with pytest.raises(CommandError, match="The chain ends with seal 2, but seal 3 was noted: its end was cut off"):
        verified(head)


def test_the_last_seal_taken_away_alone_is_seen_by_its_events(chain):
    tamper("DELETE FROM audit_seal WHERE number = 3")
    with pytest.raises(CommandError, match=rf"Not sealed after ten minutes: 4 events, the first with the id {chain[8]} "):
        verified()


def test_an_event_that_waits_for_more_than_ten_minutes_is_reported(chain):
    events(1, timezone.now() - timedelta(minutes=9))
    assert "1 wait for their seal" in verified()
    events(1, timezone.now() - timedelta(minutes=11))
    with pytest.raises(CommandError, match="Not sealed after ten minutes"):
        verified()


@pytest.mark.parametrize("head", ["3", "3:abc", "x:" + "0" * 64, "0:" + "0" * 64, "3:" + "0" * 63 + "g", "9" * 30 + ":" + "0" * 64, ""])
def test_a_head_that_is_none_is_said_so(head):
    with pytest.raises(CommandError, match="is not NUMBER:HASH"):
        verified(head)


def test_of_two_notes_of_one_seal_both_must_hold(chain):
    seal = last_seal()
    with pytest.raises(CommandError, match=r"Broken at seal 3"):
        verified(f"3:{'0' * 64}", seal.head)
    with pytest.raises(CommandError, match=r"Broken at seal 3"):
        verified(seal.head, f"3:{'0' * 64}")


@pytest.mark.django_db(transaction=True)
def test_it_sees_one_moment_and_keeps_no_writer_waiting(chain, monkeypatch):
    """Somebody deletes an event while the first seal is in hand and no event has been read: it is seen as not done yet."""

    def other_hand() -> None:
        delete(chain[9])
        connection.close()

    def check_link(seal: Seal, *args: object) -> None:
        if seal.number == 1:
            thread = Thread(target=other_hand)
            thread.start()
            thread.join(10)
            assert not thread.is_alive()
        real(seal, *args)

    real = verification.check_link
    monkeypatch.setattr(verification, "check_link", check_link)
    assert "12 events" in verified()
    monkeypatch.setattr(verification, "check_link", real)
    with pytest.raises(CommandError, match=r"Broken at seal 3"):
        verified()


def test_the_command_takes_no_nonsense():
    with pytest.raises(CommandError):
        call_command("audit_verify", "--expect")


def test_the_log_is_not_touched(chain):
    before = list(AuditEvent.objects.order_by("pk").values()), list(Seal.objects.order_by("pk").values())
    verified()
    assert before == (list(AuditEvent.objects.order_by("pk").values()), list(Seal.objects.order_by("pk").values()))

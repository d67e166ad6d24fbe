"""Destroying a case: a step at a time, each verified; what fails blocks no other; nothing is shown as destroyed early."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from mailroom.models import MailState, OutgoingMail
from mailroom.outbox import causes_left, destroy_copies
from mailroom.sending import send_due
from support.cases.closing import close, keep_for_fraud, lift, reopen
from support.cases.writing import Gone, answer, customer_writes, note
from support.destruction import finishing, steps
from support.destruction.parts import Part, added, parts
from support.destruction.standing import red, standing
from support.destruction.starting import Held, begin
from support.destruction.working import work_off
from support.models import Case, CaseFile, CaseHold, CaseMessage, Channel, Destruction, DestructionState, Life, State, Trigger
from support.tasks import close_quiet_cases, purge_support
from support.vault import files, keyring
from tests.support.cases import incoming, make_case
from tests.support.destroyed import due_case, everything_in, in_the_way, make_due, try_again_now

pytestmark = pytest.mark.django_db


def test_nothing_of_a_case_is_left_but_a_number_among_others(sam, alice, notebook, settings):
    settings.EMAIL_BACKEND = "mailroom.backends.EmlFileBackend"
    case = due_case(user=alice, product=notebook, files=[incoming()], submission="0" * 64)
    file = case.files.get()
    stray = files.path_of(case.key_name, "f" * 32)
    stray.write_bytes(b"what a killed upload left")
    send_due()
    assert case.reference.encode() in everything_in(settings.MAIL_DIR)
    assert purge_support() == 1
    assert not keyring.exists(case.key_name)
    assert not files.exists(case.key_name, file.stored_as)
    assert not files.folder_exists(case.key_name)
    assert not CaseMessage.objects.exists()
    assert not CaseFile.objects.exists()
    assert case.reference.encode() not in everything_in(settings.MAIL_DIR)
    left = Case.objects.get()
    assert (left.life, left.state, left.kind, left.product) == (Life.DESTROYED, State.CLOSED, case.kind, notebook)
    assert left.user is left.assigned_to is left.submission is left.address_proved_at is None
    assert left.sealed_details == left.email_digest == ""
    assert {left.reference, left.key_name}.isdisjoint({case.reference, case.key_name})
    assert left.opened_at.time() == left.destroyed_at.time() == left.closed_at.time()
    record = Destruction.objects.get()
    assert (record.state, record.trigger, record.messages, record.files, record.bytes) == ("destroyed", "schedule", 1, 1, file.size)
    assert (record.case, record.sealed_address, record.problem, record.logged_as) == (None, "", "", 1)
    assert all((record.key_gone_at, record.bytes_gone_at, record.mails_gone_at, record.texts_gone_at, record.destroyed_at))
    assert record.backups_clear_on == timezone.localdate() + timedelta(days=30)
    assert AuditEvent.objects.get(kind="case.destroyed").detail == {"case": case.reference}
    assert not OutgoingMail.objects.filter(cause__startswith="case:").exists()
    mail = OutgoingMail.objects.get(cause__startswith="receipt:")
    assert (mail.to, mail.user) == ("visitor@example.net", alice)
    assert record.number in mail.text
    assert record.number not in mail.cause + mail.subject


def test_how_long_it_took_is_kept_and_the_moment_is_not(sam):
    case = make_case()
    answer(case, "Please restart it.", by=sam)
    case.refresh_from_db()
    took = case.first_answered_at - case.opened_at
    close(case)
    make_due(case, timedelta(minutes=1))
    purge_support()
    left = Case.objects.get()
    assert left.first_answered_at - left.opened_at == took
    assert left.opened_at.second == left.opened_at.microsecond == 0


def test_a_case_that_is_not_due_stays():
    for case in (make_case(), due_case()):
        reopen(case)
    closed = make_case()
    close(closed)
    assert purge_support() == 0
    assert Case.objects.live().count() == 3


def test_the_customer_may_destroy_at_once():
    case = make_case()
    begin(case, Trigger.CUSTOMER)
    with pytest.raises(Gone):
        begin(case, Trigger.CUSTOMER)
    assert purge_support() == 1
    assert Destruction.objects.get().trigger == Trigger.CUSTOMER
    assert Case.objects.get().closed_at


def test_a_hold_keeps_a_due_case_until_it_ends(sam, ada):
    case, now = due_case(), timezone.now()
    hold = keep_for_fraud(case, reason="Same order from nine addresses", until=now + timedelta(days=30), by=ada)
    assert purge_support() == 0
    assert (standing(now).held, standing(now).due) == (1, 0)
    with pytest.raises(Held):
        begin(case, Trigger.CUSTOMER)
    lift(hold, by=ada)
    assert purge_support() == 1
    assert not CaseHold.objects.exists()
    assert Destruction.objects.get().due_at > now - timedelta(seconds=1)


def test_the_end_of_a_hold_lets_the_case_go(ada):
    case = due_case()
    keep_for_fraud(case, reason="Same order", until=timezone.now() + timedelta(days=30), by=ada)
    CaseHold.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert red(timezone.now()) == set()
    assert purge_support() == 1


def test_one_file_that_cannot_be_deleted_blocks_no_other_and_is_red_until_done():
    stuck, other = due_case(files=[incoming()]), due_case(files=[incoming()])
    path = files.path_of(stuck.key_name, stuck.files.get().stored_as)
    with in_the_way(path):
        assert purge_support() == 1
        record = Destruction.objects.unfinished().get()
        assert (record.state, record.case_id, record.attempts) == (DestructionState.FAILED, stuck.pk, 1)
        assert record.problem == "bytes: Is a directory (errno 21)"
        assert Case.objects.get(pk=stuck.pk).life == Life.FAILED
        assert Case.objects.get(pk=other.pk).life == Life.DESTROYED
        assert not keyring.exists(stuck.key_name), "the key is gone all the same"
        assert red(timezone.now()) == {"failed"}
        assert red(timezone.now() + timedelta(hours=2)) == {"failed", "late"}
        for tries, pause in ((2, timedelta(hours=1)), (3, timedelta(hours=6)), (4, timedelta(hours=6))):
            assert purge_support() == 0, "not before the pause is over"
            try_again_now()
            before = timezone.now()
            assert purge_support() == 0
            record.refresh_from_db()
            assert record.attempts == tries
            assert pause <= record.next_try_at - before < pause + timedelta(minutes=1)
        assert not OutgoingMail.objects.filter(cause__startswith="receipt:").exclude(text__contains=stuck.reference).count() > 1
    try_again_now()
    assert purge_support() == 1
    assert red(timezone.now()) == set()
    record.refresh_from_db()
    assert (record.state, record.problem) == (DestructionState.DESTROYED, "")


def test_a_key_that_cannot_be_removed_leaves_the_case_unfinished(monkeypatch):
    case = due_case(files=[incoming()])
    monkeypatch.setattr(keyring, "destroy", lambda name: None)
    assert purge_support() == 0
    record = Destruction.objects.get()
    assert (record.problem, record.key_gone_at) == ("key: it is still there", None)
    assert files.exists(case.key_name, CaseFile.objects.get().stored_as), "no later step was begun"
    monkeypatch.undo()
    try_again_now()
    assert purge_support() == 1


def test_rows_that_stay_leave_the_case_unfinished():
    due_case()
    added.append(Part("a cupboard", lambda cases: None, set))
    try:
        assert purge_support() == 0
        assert Destruction.objects.get().problem == "texts: a cupboard: it is still there"
    finally:
        added.pop()


def test_a_part_that_breaks_for_one_case_blocks_no_other():
    poisoned, other = due_case(), due_case()

    def destroy(cases):
        if poisoned.pk in cases:
            raise ValueError("secret text")

    added.append(Part("a cupboard", destroy, lambda cases: set()))
    try:
        assert purge_support() == 1
    finally:
        added.pop()
    assert Destruction.objects.unfinished().get().problem == "texts: ValueError"
    assert Case.objects.get(pk=other.pk).life == Life.DESTROYED


def test_every_table_that_points_to_a_case_is_a_part():
    assert {"support.CaseMessage", "support.CaseFile", "support.CaseHold"} <= {part.name for part in parts()}
    assert "support.Destruction" not in {part.name for part in parts()}


def test_a_mail_that_is_being_sent_is_waited_for():
    case = due_case()
    OutgoingMail.objects.update(state=MailState.SENDING, lease_until=timezone.now() + timedelta(minutes=5))
    assert purge_support() == 0
    assert Destruction.objects.get().problem == "mails: a mail about it is being sent at this moment"
    OutgoingMail.objects.update(lease_until=timezone.now())
    try_again_now()
    assert purge_support() == 1
    assert not causes_left([f"case:{case.pk}:"])


def test_copies_of_mails_of_other_cases_stay():
    first = make_case()
    others = [make_case() for _number in range(11)]
    assert destroy_copies([f"case:{first.pk}:"]) == 1
    assert OutgoingMail.objects.count() == len(others)
    with pytest.raises(ValueError, match="every mail"):
        destroy_copies([""])


def test_a_damaged_case_is_destroyed_without_a_mail():
    case = due_case()
    Case.objects.filter(pk=case.pk).update(sealed_details="nonsense")
    assert purge_support() == 1
    assert not OutgoingMail.objects.exists()


def test_what_is_counted_and_whom_the_receipt_goes_to_is_known_before_the_key_goes(monkeypatch):
    due_case(files=[incoming()])
    whole = finishing.finish
    monkeypatch.setattr("support.destruction.working.finish", lambda numbers: 1 / 0)
    assert purge_support() == 0
    record = Destruction.objects.get()
    assert (record.state, record.destroyed_at, record.problem) == (DestructionState.FAILED, None, "record: ZeroDivisionError")
    monkeypatch.setattr("support.destruction.working.finish", whole)
    try_again_now()
    assert purge_support() == 1
    record.refresh_from_db()
    assert (record.messages, record.files) == (1, 1)
    assert OutgoingMail.objects.get().to == "visitor@example.net"


def test_a_limit_is_kept_and_memory_does_not_grow_with_what_is_due(monkeypatch):
    monkeypatch.setattr("support.destruction.working.BATCH", 2)
    for _number in range(5):
        due_case()
    assert work_off(limit=3) == {"destroyed": 3, "left": 1}
    assert work_off() == {"destroyed": 2}


def test_every_step_looks_and_believes_nothing(monkeypatch):
    """Each step, with a hand that does nothing: the case is never taken for destroyed."""
    case = due_case(files=[incoming()])
    idle = {
        (keyring, "destroy"): lambda name: None,
        (files, "destroy_folder"): lambda name: None,
        (steps.outbox, "destroy_copies"): lambda causes: 5,
    }
    for (module, verb), nothing in idle.items():
        with monkeypatch.context() as patched:
            patched.setattr(module, verb, nothing)
            work_off()
        assert Case.objects.get(pk=case.pk).life == Life.FAILED, verb
        assert Destruction.objects.get().destroyed_at is None
        try_again_now()
    assert purge_support() == 1


def test_a_case_in_which_nobody_writes_after_our_answer_is_closed_and_the_mail_says_so(sam):
    quiet, fresh, waiting = make_case(), make_case(), make_case()
    for case in (quiet, fresh):
        answer(case, "Please restart it.", by=sam)
    note(quiet, "He called.", by=sam)
    Case.objects.filter(pk__in=[quiet.pk, waiting.pk]).update(last_written_at=timezone.now() - timedelta(days=21, minutes=1))
    assert close_quiet_cases() == 1
    assert close_quiet_cases() == 0
    assert set(Case.objects.filter(state=State.CLOSED)) == {quiet}
    assert "we have heard nothing from you for 21 days" in OutgoingMail.objects.get(cause__contains=":closed:").text
    customer_writes(quiet, "Still broken.", Channel.MAIL)
    assert not Case.objects.filter(state=State.CLOSED).exists()

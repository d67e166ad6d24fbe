"""What support tells of C8, C9, C10, C18 and C19; of G7 and G8 tells test_destruction_banner.py."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Hold
from audit.kinds import Kind as Fact
from audit.log import record
from privacy.promise_checks import Outcome
from support.models import Case, CorrectionRequest, Feedback, Kind, ProofOfPurchase, Reinstatement, State
from support.promise_checks import (
    appeals_are_decided,
    corrections_are_decided,
    feedback_is_kept,
    priority_cases_have_their_account,
    proofs_are_discarded,
)
from support.vault import keyring
from tests.support.cases import make_case

pytestmark = pytest.mark.django_db


def ago(**time: int):
    return timezone.now() - timedelta(**time)


def test_a_proof_that_outlives_its_use():
    case = make_case(kind=Kind.LOGIN_HELP)
    proof = ProofOfPurchase(case=case)
    proof.seal({"name": "Alice"})
    proof.save()
    assert proofs_are_discarded()[0] == Outcome.KEPT
    Case.objects.update(state=State.CLOSED, closed_at=ago(minutes=30))
    assert proofs_are_discarded()[0] == Outcome.KEPT, "the sweep runs every minute, and may be late"
    Case.objects.update(closed_at=ago(hours=2))
    assert proofs_are_discarded()[0] == Outcome.BROKEN
    ProofOfPurchase.objects.update(retained_until=timezone.now() + timedelta(days=1))
    assert proofs_are_discarded()[1].endswith("1 are kept for a suspicion of fraud")
    ProofOfPurchase.objects.update(retained_until=ago(hours=2))
    assert proofs_are_discarded()[0] == Outcome.BROKEN


def test_a_priority_case_whose_key_is_lost():
    case = make_case()
    Case.objects.update(is_priority=True)
    assert priority_cases_have_their_account()[0] == Outcome.KEPT
    keyring.destroy(case.key_name)
    assert priority_cases_have_their_account() == (Outcome.BROKEN, f"what was recorded with priority cases is lost: {case.reference}")


def test_feedback_that_is_gone():
    assert feedback_is_kept()[0] == Outcome.UNKNOWN
    Feedback.objects.create(text="More colours", submission="1")
    record(Fact.FEEDBACK_GIVEN)
    assert feedback_is_kept() == (Outcome.KEPT, "the latest 1 suggestions are kept")
    Feedback.objects.all().delete()
    assert feedback_is_kept()[0] == Outcome.UNKNOWN


def test_a_correction_that_waits_for_too_long():
    request = CorrectionRequest(case=make_case(kind=Kind.CORRECTION))
    request.seal("Alice Archr", "Alice Archer", "mistyped")
    request.save()
    assert corrections_are_decided() == (Outcome.KEPT, "1 corrections wait for staff, none of them for longer than a month")
    Case.objects.update(opened_at=ago(days=31))
    assert corrections_are_decided() == (Outcome.BROKEN, "1 corrections have waited for longer than a month")


def test_an_appeal_that_waits_for_too_long(alice):
    hold = Hold.objects.create(user=alice, reason="x", text="x")
    Reinstatement.objects.create(case=make_case(kind=Kind.REINSTATEMENT), hold=hold)
    assert appeals_are_decided()[0] == Outcome.KEPT
    Reinstatement.objects.update(asked_at=ago(days=15))
    assert appeals_are_decided() == (Outcome.BROKEN, "1 requests for reinstatement have waited for longer than two weeks")

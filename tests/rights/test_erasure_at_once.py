"""What happens at the very moment of an erasure is before it and erased, or after it and somebody new's."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.authentication import OnHold
from accounts.models import LoginSession, User
from downloads.models import DownloadSession, Entitlement
from mailroom.models import OutgoingMail
from rights.erasure.asking import TooLate, ask, cancel
from rights.erasure.working import work_off
from rights.models import Erasure, Kind, State, SubjectRequest
from tests.cast import ALICE, PASSWORD, buy
from tests.customer import log_in
from tests.rights.asked import due_request, settle
from tests.threads import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
ROUNDS = 3


def complete() -> None:
    for _run in range(3):
        settle()
        work_off()


def test_many_workers_at_once_erase_once(alice):
    due_request(alice)
    at_once(lambda _worker: work_off(), range(8))
    complete()
    assert Erasure.objects.get().is_done
    assert OutgoingMail.objects.filter(cause__startswith="erasure-receipt:").count() == 1


@pytest.mark.parametrize("order", range(ROUNDS))
def test_a_purchase_at_the_same_moment_is_erased_or_opens_a_new_account(alice, notebook, order):
    due_request(alice)

    def work(what: str) -> None:
        if what == "erase":
            work_off()
        else:
            buy(ALICE, notebook, order=f"race-{what}")

    at_once(work, ["erase", "1", "2", "3", "4"])
    complete()
    assert Erasure.objects.get().is_done
    tombstone = User.objects.get(pk=alice.pk)
    assert (tombstone.name, tombstone.city) == ("", ""), "nothing of hers came back into it"
    others = User.objects.filter(email_key="alice@example.com")
    assert others.count() <= 1
    assert Entitlement.objects.filter(user=tombstone).count() + Entitlement.objects.filter(user__in=others).count() == 5
    if others:
        assert others.get().name == ALICE.name


@pytest.mark.parametrize("order", range(ROUNDS))
def test_a_log_in_at_the_same_moment_does_not_outlive_it(alice, order):
    due_request(alice)
    browsers = [Client() for _browser in range(4)]

    def work(what: object) -> None:
        if what == "erase":
            work_off()
        elif isinstance(what, Client):
            what.post("/resources/log-in/", {"email": alice.email, "password": PASSWORD})

    at_once(work, ["erase", *browsers])
    assert not LoginSession.objects.filter(user=alice, ended_at=None).exists()
    for browser in browsers:
        assert browser.get("/resources/account/").status_code == 302
    complete()
    assert not LoginSession.objects.filter(user=alice).exists()


@pytest.mark.parametrize("order", range(ROUNDS))
def test_a_download_at_the_same_moment_leaves_nothing(alice, alices, notebook_file, order):
    browsers = [log_in(alice, Client()) for _browser in range(3)]
    due_request(alice)

    def work(what: object) -> None:
        if what == "erase":
            work_off()
        elif isinstance(what, Client):
            with suppress(OnHold):
                what.post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk})

    at_once(work, ["erase", *browsers])
    complete()
    assert Erasure.objects.get().is_done
    assert not DownloadSession.objects.exists()
    assert not Entitlement.objects.not_summing().exists(), "the counters are what the ledger sums to"


def test_asked_for_many_times_at_once_it_is_one(alice):
    at_once(lambda _press: ask(User.objects.get(pk=alice.pk), None), range(6))
    assert SubjectRequest.objects.filter(kind=Kind.ERASURE).count() == 1
    assert OutgoingMail.objects.filter(cause__startswith="erasure-asked:").count() == 1


@pytest.mark.parametrize("order", range(ROUNDS))
def test_cancelled_and_begun_at_once_is_one_of_them(alice, order):
    request = due_request(alice)
    results = []

    def work(what: str) -> None:
        if what == "erase":
            work_off()
        else:
            try:
                cancel(SubjectRequest.objects.get(pk=request.pk))
                results.append("cancelled")
            except TooLate:
                results.append("too late")

    at_once(work, ["erase", "cancel"])
    request.refresh_from_db()
    begun = Erasure.objects.exists()
    assert (results, request.state == State.CANCELLED, begun) in ((["cancelled"], True, False), (["too late"], False, True))


def test_a_row_that_comes_late_is_found_before_it_is_done(alice):
    """A request that was under way when the account was closed writes a row of hers after the step that erased such rows."""
    due_request(alice)
    work_off()
    LoginSession.objects.create(user=alice, area="resources", token_hash="late", binding_hash="", credentials_hash="", ip="192.0.2.1")
    settle()
    work_off()
    assert not Erasure.objects.get().is_done, "it is not told as done while something is there"
    complete()
    assert Erasure.objects.get().is_done
    assert not LoginSession.objects.exists()


def test_nothing_is_done_before_visits_under_way_are_over(alice):
    due_request(alice)
    work_off()
    SubjectRequest.objects.update(lease_until=timezone.now())
    work_off()
    assert not Erasure.objects.get().is_done
    assert SubjectRequest.objects.get().lease_until > timezone.now() + timedelta(minutes=1)

"""Erasing a person, from first to last: what goes, what stays without them, and that nobody else is touched."""

import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext

from accounts.models import LoginSession, User
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from privacy.registry import registry
from rights.models import State, SubjectRequest
from tests.cast import ALICE, PASSWORD, buy
from tests.customer import log_in, try_log_in
from tests.rights.asked import erase

pytestmark = pytest.mark.django_db


def test_a_tombstone_is_left_and_nobody_logs_in_with_it(alice):
    browser, number = log_in(alice), alice.pk
    erase(alice)
    tombstone = User.objects.get(pk=number)
    assert tombstone.email.endswith("@erased.invalid")
    assert (tombstone.name, tombstone.city, tombstone.telephone, tombstone.language) == ("", "", "", "")
    assert str(tombstone) == f"erased account {number}"
    assert not tombstone.has_usable_password()
    assert not LoginSession.objects.filter(user=tombstone).exists()
    assert browser.get("/resources/").status_code == 302
    for address in ("alice@example.com", tombstone.email):
        assert "wrong" in try_log_in(address, PASSWORD).content.decode().lower() or try_log_in(address, PASSWORD).status_code != 302


def test_the_receipt_is_read_in_the_language_of_its_reader_and_in_the_words_of_that_day(alice, monkeypatch):
    erasure = erase(alice)
    assert {key for fact in erasure.facts for key in fact} == {"model", "rows", "fate"}
    address = f"/privacy/erasure/{erasure.receipt}/"
    with translation.override("de"):
        title = gettext("Your account")
    assert title != "Your account"
    assert title in Client().get(address, headers={"Accept-Language": "de"}).content.decode()
    monkeypatch.delitem(registry.models, "accounts.User")
    assert "accounts.User" in Client().get(address).content.decode()


def test_the_last_mail_is_the_receipt_and_its_page_tells_what_was_done(alice):
    erasure = erase(alice)
    mail = OutgoingMail.objects.get(to__iexact="alice@example.com")
    assert f"/privacy/erasure/{erasure.receipt}/" in mail.text
    assert (mail.user, mail.cause.startswith("erasure-receipt:")) == (None, True)
    page = Client().get(f"/privacy/erasure/{erasure.receipt}/").content.decode()
    assert "nothing was found that had to go" in page
    assert "Your account" in page
    request = SubjectRequest.objects.get(number=erasure.number)
    assert (request.state, request.email) == (State.DONE, "")
    assert AuditEvent.objects.filter(user=alice.pk, kind="erasure.done").count() == 1


def test_whoever_buys_again_gets_a_new_account(alice, notebook):
    erase(alice)
    new = buy(ALICE, notebook, order="A-2").user
    assert new.pk != alice.pk
    assert User.objects.get(pk=alice.pk).name == ""
    assert new.opted_out_at, "nobody writes to her again unless she welcomes it"

"""Codes: one word, or many single-use ones that are made in the background, each once, whatever happens to the worker."""

import os
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings as site
from django.test import Client

from audit.models import AuditEvent
from downloads.unlock_code_format import check_symbols
from promotions import code_format, making
from promotions.models import CodeBatch, PromoCode, Promotion
from promotions.tasks import make_codes
from tests.databases import database_address
from tests.promotions.staff_side import order, ordered, page_of, save, stop_page_of, told
from tests.staff import staff_log_in
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(ada) -> Client:
    return staff_log_in(ada)


@pytest.fixture
def small_pieces(monkeypatch) -> None:
    monkeypatch.setattr(making, "COPIED", 10)
    monkeypatch.setattr(making, "INSERTED", 10)


# Ordering


def test_a_shared_word_is_there_at_once(staff, client, spring):
    batch = ordered(staff, spring, word="welcome 26", label="Newsletter")
    assert (batch.is_shared, batch.state, batch.size, batch.made, batch.tag) == (True, "ready", 1, 1, "WE1C0ME2")
    code = batch.codes.get()
    assert (code.code, code.uses) == ("WELCOME26", None)
    assert client.post("/promotions/spring/", {"code": "Welcome-26"}).status_code == 302
    event = AuditEvent.objects.get(kind="code_batch.ordered")
    assert (event.actor.email, event.detail) == ("ada@vendor.example", {"promotion": "spring", "batch": batch.pk, "count": 1})


def test_a_word_is_called_by_itself_where_it_has_no_label(staff, spring):
    assert str(ordered(staff, spring, word="welcome 26")) == "WELCOME26"
    assert str(ordered(staff, spring, word="FRIENDS", label="Newsletter")) == "Newsletter"


def test_a_word_may_have_a_limit_of_its_own(staff, spring):
    assert ordered(staff, spring, word="PARTNER", uses="50").codes.get().uses == 50


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"word": "ABC"}, "Four to twelve letters and digits"),
        ({"word": "GRÜẞE"}, "Four to twelve letters and digits"),
        ({"word": "WELCOMEWELCOME"}, "looks like a single-use code"),
        ({"word": "we1c0me 26"}, "WE1C0ME26 is a code already, of Spring offer"),
        ({"word": "FRIEND", "tag": "SPR"}, "One shared code is one"),
        ({"word": "FRIEND", "keeps_digests_alone": "on"}, "A shared word is public"),
        ({"word": "FRIEND", "uses": "0"}, "greater than or equal to 1"),
        ({}, "Choose a tag"),
        ({"tag": "SPR"}, "How many codes?"),
        ({"tag": "SOLO", "size": "5"}, "without I, L, O and U"),
        ({"tag": "SPR", "size": "1000001"}, "less than or equal to 1000000"),
        ({"tag": "SPR", "size": "0"}, "greater than or equal to 1"),
        ({"tag": "SPR", "size": "5", "uses": "5"}, "Single-use codes are used once"),
        ({"tag": "SPR", "size": "five"}, "Enter a whole number"),
        ({"tag": "TOOLONGTAG", "size": "5"}, "at most 8 characters"),
    ],
)
def test_an_order_that_cannot_be_is_told_kindly(staff, spring, shared, values, said):
    assert said in told(order(staff, spring, **values))
    assert CodeBatch.objects.count() == 1


def test_a_word_of_another_promotion_is_told_too(staff, shared):
    other = Promotion.objects.create(title="Other", slug="other")
    assert "is a code already" in told(order(staff, other, word="WELCOME26"))


def test_a_tag_of_the_same_promotion_is_told(staff, spring, single):
    assert "has a batch with this tag already" in told(order(staff, spring, tag="spr", size="5"))
    assert CodeBatch.objects.count() == 1


def test_two_words_that_begin_alike_get_tags_of_their_own(staff, spring):
    tags = [ordered(staff, spring, word=word).tag for word in ("PARTNERS1", "PARTNERS2", "PARTNERS3")]
    assert tags == ["PARTNERS", "PART2", "PART3"]


# Making


def test_codes_are_made_once_each_and_pass_their_check(staff, client, spring, small_pieces):
    batch = ordered(staff, spring, tag="spr", size="25", label="Reseller")
    assert (batch.state, batch.made, batch.tag) == ("making", 0, "SPR")
    assert make_codes() == 25
    assert make_codes() == 0
    batch.refresh_from_db()
    assert (batch.state, batch.made) == ("ready", 25)
    codes = list(batch.codes.values_list("code", "digest", "uses", "used", "held"))
    assert len({code for code, *_rest in codes}) == 25
    for code, digest, *counts in codes:
        assert code.startswith("SPR")
        assert code_format.normalised(code_format.shown(code)) == code
        assert digest == code_format.digest_of(code)
        assert counts == [1, 0, 0]
    assert client.post("/promotions/spring/", {"code": codes[7][0].lower()}).status_code == 302


@pytest.mark.parametrize("tag", ["0", "SPR", "ZZZZZZZZ", "00A"])
def test_the_fast_way_writes_the_check_that_the_slow_one_reads(tag):
    for code in code_format.new_codes(tag, 300):
        assert len(code) == len(tag) + 12
        assert code.startswith(tag)
        assert check_symbols(code[:-2]) == code[-2:]


def test_the_random_part_uses_every_symbol_everywhere():
    bodies = [code[1:11] for code in code_format.new_codes("S", 3000)]
    for place in range(10):
        assert {body[place] for body in bodies} == set(code_format.SYMBOLS)


def test_a_code_that_was_drawn_before_is_drawn_anew(spring, small_pieces, monkeypatch):
    taken = next(code_format.new_codes("SPR", 1))
    spring.batches.create(tag="X", state="ready").codes.create(code=taken, digest=code_format.digest_of(taken))
    batch = spring.batches.create(tag="SPR", size=3)
    draws = iter([[taken, *code_format.new_codes("SPR", 2)], list(code_format.new_codes("SPR", 3))])
    monkeypatch.setattr(code_format, "new_codes", lambda tag, number: next(draws))
    assert making.make_piece(batch.pk) == 3
    assert batch.codes.count() == 3


def test_one_that_is_stopped_makes_no_more_and_opens_nothing(staff, client, spring, small_pieces):
    batch = ordered(staff, spring, tag="SPR", size="25")
    assert making.make_piece(batch.pk) == 10
    assert "This cannot be undone" in told(staff.get(stop_page_of(batch)))
    assert "This field is required" in told(staff.post(stop_page_of(batch), {"reason": ""}))
    assert "It is stopped" in told(staff.post(stop_page_of(batch), {"reason": "They leaked."}, follow=True))
    assert making.make_due() == 0
    assert batch.codes.count() == 10
    assert "not valid any more" in client.post("/promotions/spring/", {"code": batch.codes.first().code}).content.decode()
    staff.post(stop_page_of(batch), {"reason": "again"})
    assert AuditEvent.objects.get(kind="code_batch.stopped").detail["reason"] == "They leaked."


def test_a_small_batch_does_not_wait_for_a_large_one(spring, small_pieces):
    spring.batches.create(tag="BG", size=1000)
    small = spring.batches.create(tag="SM", size=5)
    making.make_due(seconds=0.001)
    small.refresh_from_db()
    assert small.state == "ready"


def test_it_stops_after_its_time_so_that_mails_are_sent_in_between(spring, small_pieces):
    spring.batches.create(tag="BG", size=100_000)
    began = time.monotonic()
    assert 0 < making.make_due(seconds=0.2) < 100_000
    assert time.monotonic() - began < 2


def test_the_bar_shows_how_far_it_is(staff, spring, small_pieces):
    batch = ordered(staff, spring, tag="SPR", size="25")
    making.make_piece(batch.pk)
    page = staff.get(page_of(batch)).content.decode()
    assert '<progress id="making" max="25" value="10">' in page
    assert "making.js" in page
    assert "Look again" in page
    assert staff.get(page_of(batch, "progress")).json() == {"made": 10, "size": 25, "making": True}
    make_codes()
    assert staff.get(page_of(batch, "progress")).json() == {"made": 25, "size": 25, "making": False}
    assert "<progress" not in staff.get(page_of(batch)).content.decode()


def test_only_the_label_changes_afterwards(staff, spring, small_pieces):
    batch = ordered(staff, spring, tag="SPR", size="25", label="Reseller")
    making.make_piece(batch.pk)
    save(staff, page_of(batch), label="Reseller, Leeds", size="3", tag="XX", made="1")
    batch.refresh_from_db()
    assert (batch.label, batch.size, batch.tag, batch.made) == ("Reseller, Leeds", 25, "SPR", 10)


# Finding one


def test_a_code_is_found_by_what_was_typed_and_a_wrong_check_is_told(staff, spring, single, shared):
    found = page_of(single)
    spoken = code_format.shown(single.code).lower().replace("0", "o").replace("1", "l").replace("-", " ")
    page = staff.get("/staff/promotions/promocode/", {"q": spoken}).content.decode()
    assert found in page
    assert page_of(shared) not in page
    assert page_of(shared) in staff.get("/staff/promotions/promocode/", {"q": "welcome-26"}).content.decode()
    wrong = single.code[:-1] + ("A" if single.code[-1] != "A" else "B")
    assert "it does not pass its own check" in staff.get("/staff/promotions/promocode/", {"q": wrong}).content.decode()


def test_the_codes_of_a_batch_have_pages(staff, spring):
    batch = spring.batches.create(tag="SPR", size=120)
    making.make_due()
    spring.batches.create(tag="OTH").codes.create(code="OTHER", digest="d")
    first = staff.get(f"/staff/promotions/promocode/?batch={batch.pk}").content.decode()
    assert first.count('class="action-select"') in (0, 50)
    assert first.count("SPR-") == 50
    assert "OTHER" not in first
    assert staff.get(f"/staff/promotions/promocode/?batch={batch.pk}&p=3").content.decode().count("SPR-") == 20
    for odd in ("x", "9" * 30, "-1", ""):
        assert staff.get("/staff/promotions/promocode/", {"batch": odd}).status_code in (200, 302)


# Many at once, on PostgreSQL


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_make_exactly_what_was_ordered(spring, small_pieces):
    batches = [spring.batches.create(tag=f"T{number}", size=95) for number in range(3)]
    made = at_once(lambda _worker: making.make_due(20), range(8))
    assert sum(made) <= 3 * 95
    making.make_due()
    for batch in batches:
        batch.refresh_from_db()
        assert (batch.state, batch.made, batch.codes.count()) == ("ready", 95, 95)
    assert PromoCode.objects.values("digest").distinct().count() == 3 * 95


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_workers_killed_again_and_again_make_no_code_too_many(spring, tmp_path):
    batch = spring.batches.create(tag="SPR", size=300_000)
    address = database_address()
    environment = os.environ | {"INFACTA_MODE": "test", "DATABASE_URL": address, "REDIS_URL": "", "DATA_DIR": str(tmp_path)}
    command = [sys.executable, "manage.py", "work"]
    for kill in range(3):
        before = CodeBatch.objects.get().made
        worker = subprocess.Popen(command, cwd=site.BASE_DIR, env=environment, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while CodeBatch.objects.get().made == before:
            assert time.monotonic() < end
            time.sleep(0.01)
        os.kill(worker.pid, signal.SIGKILL)
        assert worker.wait(10) == -signal.SIGKILL
        batch.refresh_from_db()
        assert batch.state == "making", f"kill {kill} came too late to prove anything"
    end = time.monotonic() + 60
    while batch.state == "making" and time.monotonic() < end:  # the killed worker's connection lets go of its lock in a moment
        making.make_due(30)
        batch.refresh_from_db()
    assert (batch.state, batch.made, batch.codes.count()) == ("ready", 300_000, 300_000)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_stopping_while_they_are_made_leaves_as_many_as_are_counted(spring, small_pieces):
    batch = spring.batches.create(tag="SPR", size=100_000)
    at_once(lambda work: work(), [lambda: making.make_due(3), lambda: making.make_due(3), lambda: time.sleep(0.3) or batch.stop("Enough.")])
    batch.refresh_from_db()
    assert batch.state == "stopped"
    assert 0 < batch.made == batch.codes.count() < 100_000


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_one_word_ordered_by_many_at_once_is_ordered_once(ada, spring):
    clients = [staff_log_in(ada) for _time in range(4)]
    answers = at_once(lambda client: order(client, spring, word="FRIENDS"), clients)
    assert {answer.status_code for answer in answers} <= {200, 302}
    assert (PromoCode.objects.count(), CodeBatch.objects.count()) == (1, 1)

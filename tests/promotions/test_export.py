"""The codes as a file: a line each, no formulas; where digests alone are kept, once, and not lost when the download breaks off."""

import csv
import io
import tracemalloc
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEvent
from promotions import code_format, export, making
from promotions.models import CodeBatch
from promotions.tasks import purge_exported_codes
from tests.promotions.staff_side import page_of, told
from tests.staff import staff_log_in
from tests.threads import at_once

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def staff(ada) -> Client:
    return staff_log_in(ada)


@pytest.fixture
def small_pieces(monkeypatch) -> None:
    monkeypatch.setattr(export, "ROWS_AT_ONCE", 7)


def made(promotion, size: int = 20, **values: object) -> CodeBatch:
    batch = promotion.batches.create(tag="SPR", size=size, **values)
    while making.make_piece(batch.pk):
        pass
    batch.refresh_from_db()
    return batch


def fetch(staff: Client, batch: CodeBatch) -> list[list[str]]:
    """The rows of the file, without the header."""
    answer = staff.post(page_of(batch, "export"))
    assert answer.status_code == 200, answer["Location"]
    text = answer.getvalue().decode()
    assert text.startswith("\ufeffcode,batch,label,state\r\n")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))[1:]


def pass_time(batch: CodeBatch, time: timedelta) -> None:
    """So much time passes since the first export."""
    batch.refresh_from_db()
    CodeBatch.objects.filter(pk=batch.pk).update(exported_at=batch.exported_at - time, clear_until=batch.clear_until - time)


def test_every_code_has_a_line_with_its_state(staff, spring, small_pieces):
    batch = made(spring, label="Reseller")
    first, second, *_rest = batch.codes.all()
    type(first).objects.filter(pk=first.pk).update(used=1)
    type(first).objects.filter(pk=second.pk).update(held=1)
    rows = fetch(staff, batch)
    assert [row[0] for row in rows] == [code_format.shown(code) for code in batch.codes.values_list("code", flat=True)]
    assert [row[1:] for row in rows[:3]] == [["SPR", "Reseller", state] for state in ("used", "waits", "free")]
    answer = staff.post(page_of(batch, "export"))
    assert answer["Content-Disposition"] == 'attachment; filename="codes-spring-SPR.csv"'
    assert "no-store" in answer["Cache-Control"]
    event = AuditEvent.objects.filter(kind="code_batch.exported").first()
    assert (event.actor.email, event.detail) == ("ada@vendor.example", {"batch": batch.pk, "count": 20})


@pytest.mark.parametrize("label", ["=1+1", "@SUM(A1)", "Reseller;=1+1", "+49 30", "\t=x"])
def test_a_label_is_no_formula(staff, spring, label):
    (row,) = fetch(staff, made(spring, 1, label=label))
    assert row[2] != label
    assert "'" in row[2]


def test_a_batch_that_keeps_its_codes_is_exported_as_often_as_staff_like(staff, spring):
    batch = made(spring)
    assert fetch(staff, batch) == fetch(staff, batch)
    CodeBatch.objects.update(exported_at=timezone.now() - 99 * HOUR)
    assert len(fetch(staff, batch)) == 20
    assert purge_exported_codes() == 0
    assert staff.get(page_of(batch, "received")).status_code == 302


def test_a_get_exports_nothing_and_neither_does_support(staff, sam, spring):
    batch = made(spring)
    assert staff.get(page_of(batch, "export")).status_code == 405
    assert staff_log_in(sam).post(page_of(batch, "export")).status_code == 403
    assert not AuditEvent.objects.filter(kind="code_batch.exported").exists()
    assert CodeBatch.objects.get(pk=batch.pk).exported_at is None


def test_what_is_still_being_made_is_not_exported(staff, spring):
    batch = spring.batches.create(tag="SPR", size=20)
    assert "cannot be read" in told(staff.post(page_of(batch, "export"), follow=True))


# Digests alone


def test_it_can_be_fetched_again_for_an_hour_and_is_destroyed_after_two(staff, client, spring, small_pieces):
    batch = made(spring, keeps_digests_alone=True)
    assert "Once: if the download breaks off" in told(staff.get(page_of(batch)))
    codes = fetch(staff, batch)
    assert "If the download broke off, fetch the file again" in told(staff.get(page_of(batch)))
    pass_time(batch, timedelta(minutes=59))
    assert fetch(staff, batch) == codes, "a broken-off download loses nothing"
    assert purge_exported_codes() == 0
    pass_time(batch, timedelta(minutes=2))
    assert "cannot be read" in told(staff.post(page_of(batch, "export"), follow=True))
    assert purge_exported_codes() == 0, "what began within the hour may still be on its way"
    pass_time(batch, HOUR)
    assert purge_exported_codes() == 20
    assert purge_exported_codes() == 0
    batch.refresh_from_db()
    assert batch.destroyed_at
    assert set(batch.codes.values_list("code", flat=True)) == {""}
    assert "cannot be read" in told(staff.post(page_of(batch, "export"), follow=True))
    assert client.post("/promotions/spring/", {"code": codes[3][0]}).status_code == 302, "it opens a registration as before"
    found = staff.get("/staff/promotions/promocode/", {"q": codes[3][0]}).content.decode()
    assert page_of(batch.codes.order_by("pk")[3]) in found
    assert "destroyed once it was exported" in told(staff.get(page_of(batch.codes.first())))


def test_another_export_does_not_prolong_the_hour(staff, spring):
    batch = made(spring, keeps_digests_alone=True)
    fetch(staff, batch)
    first = CodeBatch.objects.get(pk=batch.pk)
    fetch(staff, batch)
    again = CodeBatch.objects.get(pk=batch.pk)
    assert (again.exported_at, again.clear_until) == (first.exported_at, first.clear_until)


def test_who_says_that_they_have_it_has_the_codes_destroyed(staff, spring):
    batch = made(spring, keeps_digests_alone=True)
    assert staff.get(page_of(batch, "received")).status_code == 302, "nothing is exported yet"
    fetch(staff, batch)
    assert "The 20 codes of SPR are destroyed here" in told(staff.get(page_of(batch, "received")))
    assert CodeBatch.objects.get(pk=batch.pk).clear_until > timezone.now(), "a GET destroys nothing"
    assert "are being destroyed" in told(staff.post(page_of(batch, "received"), follow=True))
    assert "cannot be read" in told(staff.post(page_of(batch, "export"), follow=True))
    assert "you have changed nothing" in told(staff.post(page_of(batch, "received"), follow=True))
    assert purge_exported_codes() == 20
    assert AuditEvent.objects.get(kind="code_batch.destroyed").detail == {"batch": batch.pk}


def test_nothing_is_destroyed_that_was_not_exported(spring):
    batch = made(spring, keeps_digests_alone=True)
    assert purge_exported_codes() == 0
    assert not batch.codes.filter(code="").exists()


def test_a_file_that_is_overtaken_by_the_end_breaks_off_and_does_not_look_whole(staff, spring, small_pieces):
    batch = made(spring, keeps_digests_alone=True)
    fetch(staff, batch)
    lines = export.lines_of(CodeBatch.objects.get(pk=batch.pk))
    for _line in range(5):
        next(lines)
    CodeBatch.objects.update(clear_until=timezone.now())
    assert purge_exported_codes() == 20
    with pytest.raises(export.CodesGone):
        list(lines)


def test_destroying_goes_on_where_it_was_interrupted(staff, spring, small_pieces):
    batch = made(spring, keeps_digests_alone=True)
    fetch(staff, batch)
    CodeBatch.objects.update(clear_until=timezone.now())
    some = list(batch.codes.values_list("pk", flat=True)[3:9])
    batch.codes.filter(pk__in=some).update(code="")
    assert export.destroy_due(0) == 0
    assert CodeBatch.objects.get(pk=batch.pk).destroyed_at is None
    assert export.destroy_due() == 14
    assert CodeBatch.objects.get(pk=batch.pk).destroyed_at


# Size


def test_memory_and_queries_do_not_grow_with_the_lines(spring):
    batch = made(spring, 40_000)
    with CaptureQueriesContext(connection) as captured:
        tracemalloc.start()
        lines = sum(1 for _line in export.lines_of(batch))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert lines == 40_001
    assert len(captured) == 40_000 / export.ROWS_AT_ONCE + 1
    assert peak < 8_000_000


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_many_who_export_and_confirm_at_once_begin_one_hour_and_destroy_once(ada, spring):
    batch = made(spring, keeps_digests_alone=True)
    clients = [staff_log_in(ada) for _time in range(4)]
    rows = at_once(lambda client: fetch(client, batch), clients)
    assert all(one == rows[0] for one in rows)
    at_once(lambda client: client.post(page_of(batch, "received")), clients)
    assert AuditEvent.objects.filter(kind="code_batch.destroyed").count() == 1
    assert sum(at_once(lambda _worker: purge_exported_codes(), range(4))) >= 20
    assert not batch.codes.exclude(code="").exists()
    assert call_command("check") is None

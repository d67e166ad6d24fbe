"""`manage.py make_codes`: the same order as in the staff area, made here and now."""

import io

import pytest
from django.core.management import CommandError, call_command

from audit.models import AuditEvent
from promotions import making
from promotions.models import CodeBatch, PromoCode

pytestmark = pytest.mark.django_db


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(*arguments: object, **options: object) -> str:
    out = io.StringIO()
    call_command("make_codes", *arguments, stdout=out, **options)
    return out.getvalue()


def test_codes_are_made_and_told(spring, monkeypatch):
    monkeypatch.setattr(making, "COPIED", 10)
    monkeypatch.setattr(making, "INSERTED", 10)
    monkeypatch.setattr("infacta.progress.REDRAW", 0)
    terminal = Terminal()
    said = run("spring", "--tag", "spr", "--number", "25", "--label", "Reseller", "--digests-alone", stderr=terminal)
    batch = CodeBatch.objects.get()
    assert said == f"Made 25 codes of Spring offer: batch {batch.pk}, tag SPR.\n"
    assert (batch.state, batch.made, batch.label, batch.keeps_digests_alone) == ("ready", 25, "Reseller", True)
    assert batch.codes.count() == 25
    for shown in ("10 of 25 codes", "20 of 25 codes", "25 of 25 codes"):
        assert shown in terminal.getvalue()
    event = AuditEvent.objects.get(kind="code_batch.ordered")
    assert (event.actor, event.detail["count"]) == (None, 25)


def test_into_a_file_it_draws_no_progress_and_can_be_silent(spring):
    quiet = io.StringIO()
    assert run("spring", "--tag", "SPR", "--number", "5", stderr=quiet, verbosity=0) == ""
    assert quiet.getvalue() == ""


def test_a_word(spring):
    run("spring", "--word", "welcome26", "--uses", "100")
    code = PromoCode.objects.get()
    assert (code.code, code.uses, code.batch.is_shared) == ("WELCOME26", 100, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none", "--tag", "SPR", "--number", "5"], "There is no promotion 'none'."),
        (["spring"], "Choose a tag"),
        (["spring", "--tag", "SPR"], "How many codes?"),
        (["spring", "--tag", "SPR", "--number", "1000001"], "less than or equal to 1000000"),
        (["spring", "--word", "WELCOMEWELCOME"], "looks like a single-use code"),
    ],
)
def test_what_cannot_be_is_told(spring, arguments, said):
    with pytest.raises(CommandError, match=said.replace("?", r"\?")):
        run(*arguments)
    assert not CodeBatch.objects.exists()


def test_one_that_is_stopped_meanwhile_ends_with_a_sentence(spring, monkeypatch):
    monkeypatch.setattr(making, "INSERTED", 10)
    monkeypatch.setattr(making, "COPIED", 10)
    whole = making.make_piece

    def stopped_after_a_piece(pk: int) -> int:
        made = whole(pk)
        CodeBatch.objects.get(pk=pk).stop("Too many.")
        return made

    monkeypatch.setattr("promotions.management.commands.make_codes.make_piece", stopped_after_a_piece)
    with pytest.raises(CommandError, match=r"stopped after 10 codes: Too many\."):
        run("spring", "--tag", "SPR", "--number", "25")

"""Subscribers from elsewhere: whoever has a proof of consent is brought in, once; nobody comes back who left or is suppressed (promise G3)."""

import io
import tracemalloc
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Suppression
from accounts.models.suppression import SuppressionReason, digest_of
from announcements.models import Mailbox, SubscriberFile, SubscriberFilePiece, Subscription, SubscriptionState
from announcements.subscribers.importing import do_piece, purge_forgotten, take_in
from announcements.subscribers.reading import Unreadable
from announcements.tasks import import_subscribers
from tests.announcements.group import csv_of, finish, group, imported, line, looked_through, numbers, small_pieces
from tests.purchases.form_fuzz import EXAMPLES
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def test_a_row_becomes_a_subscription_with_its_proof():
    row = imported(csv_of([line("Zoe@Bücher.example")]))
    joined = Subscription.objects.get()
    assert (joined.email, joined.email_key, joined.state, joined.basis) == (
        "Zoe@Bücher.example",
        "zoe@xn--bcher-kva.example",
        "confirmed",
        "imported",
    )
    assert (joined.source, joined.wording, joined.language, joined.ip) == ("trade fair", "fair-2025", "en", "192.0.2.7")
    assert joined.asked_at.isoformat() == joined.confirmed_at.isoformat() == "2025-05-01T10:00:00+00:00"
    assert (numbers(row), row.state, row.pieces.count()) == ((1, 0, 0, 0), "done", 0)


def test_looking_through_changes_nothing():
    row = looked_through(csv_of([line("zoe@example.com"), line("nobody")]))
    assert (numbers(row), row.state) == ((1, 0, 0, 1), "checked")
    assert not Subscription.objects.exists()


def test_the_same_file_again_changes_nothing():
    content = csv_of([line("zoe@example.com"), line("ZOE@example.com"), line("yan@example.com", topics="offers")])
    assert numbers(imported(content)) == (2, 1, 0, 0)
    before = list(Subscription.objects.values()), list(Mailbox.objects.values())
    assert numbers(imported(content)) == (0, 3, 0, 0)
    assert (list(Subscription.objects.values()), list(Mailbox.objects.values())) == before


@pytest.mark.parametrize("reason", SuppressionReason.values)
def test_nobody_who_is_suppressed_comes_back(reason):
    Suppression.objects.suppress(digest_of("zoe@example.com"), reason)
    assert numbers(imported(csv_of([line("Zoe@Example.com")]))) == (0, 0, 1, 0)
    assert not Subscription.objects.exists()
    assert Suppression.objects.count() == 1


def test_nobody_who_left_comes_back():
    imported(csv_of([line("zoe@example.com")]))
    Subscription.objects.get().leave()
    assert numbers(imported(csv_of([line("zoe@example.com")]))) == (0, 0, 1, 0)
    assert group() == [("zoe@example.com", "left", "imported")]


def test_a_customer_who_refuses_announcements_stays_away(alice):
    alice.opt_out("preferences")
    assert numbers(imported(csv_of([line("alice@example.com")]))) == (0, 0, 1, 0)


def test_who_waits_for_the_mailbox_is_not_confirmed_by_a_file():
    Subscription.objects.create(email="zoe@example.com", email_key="zoe@example.com")
    assert numbers(imported(csv_of([line("zoe@example.com")]))) == (0, 1, 0, 0)
    assert Subscription.objects.get().state == SubscriptionState.PENDING


def test_topics_count_where_nothing_was_chosen_here_yet():
    Mailbox.objects.at("known@example.com")
    imported(
        csv_of([line("zoe@example.com", topics="releases; updates"), line("known@example.com", topics="offers"), line("all@example.com")])
    )
    zoe = Mailbox.objects.get(email_key="zoe@example.com")
    assert (zoe.wants_releases, zoe.wants_updates, zoe.wants_offers, zoe.digest) == (True, True, False, digest_of("zoe@example.com"))
    assert Mailbox.objects.wanting("releases").filter(email_key="known@example.com").exists()
    assert not Mailbox.objects.filter(email_key="all@example.com").exists(), "made when something goes there"


WRONG = [
    ({"email": ""}, "no e-mail address"),
    ({"email": "zoe"}, "none that mail can go to"),
    ({"email": "zoe@example.com\r\nBcc: x@example.com"}, "none that mail can go to"),
    ({"email": '"a b"@example.com'}, "none that mail can go to"),
    ({"email": "zoë@example.com"}, "none that mail can go to"),
    ({"email": "x" * 250 + "@example.com"}, "none that mail can go to"),
    ({"source": ""}, "no proof of consent: source"),
    ({"wording": " "}, "no proof of consent: wording"),
    ({"consented_at": ""}, "no proof of consent: consented_at"),
    ({"consented_at": "yesterday"}, "consented_at is no moment"),
    ({"consented_at": "2999-01-01"}, "does not lie in the past"),
    ({"consented_at": "0001-01-01T00:00:00+14:00"}, "consented_at is no moment"),
    ({"source": "s" * 201}, "source is longer than 200"),
    ({"language": "tlh"}, "does not speak the language"),
    ({"ip": "1.2.3"}, "ip is no IP address"),
    ({"topics": "gossip"}, "There are no such topics"),
    ({"source": "a\x00b"}, "a character that no text has"),
]


@pytest.mark.parametrize(("changes", "why"), WRONG)
def test_a_wrong_row_is_refused_with_its_line_and_a_reason(changes, why):
    row = imported(csv_of([line("good@example.com"), line("zoe@example.com") | changes, line("last@example.com")]))
    assert numbers(row) == (2, 0, 0, 1)
    (number, reason), *_rest = row.refusals
    assert number == (4 if "\n" in changes.get("email", "") else 3), "the line in which it ends"
    assert why in reason
    assert "zoe" not in reason


def test_lines_are_counted_as_an_editor_counts_them(monkeypatch):
    small_pieces(monkeypatch)
    content = (
        b"\xef\xbb\xbf"
        + csv_of([line("a@example.com"), line("wrong-1")])
        + b"\n\n"
        + csv_of([line("b@example.com"), line("wrong-2")]).partition(b"\n")[2]
    )
    row = looked_through(content)
    assert [number for number, _reason in row.refusals] == [3, 7]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_spreadsheets_divide_cells_as_they_like(delimiter):
    assert numbers(looked_through(csv_of([line("zoe@example.com", source="at the fair, hall 3; desk")], delimiter))) == (1, 0, 0, 0)


BAD = [
    (b"", "does not name these columns"),
    (b"email,source\nx@y.example,fair\n", "does not name these columns: wording, consented_at"),
    (csv_of([]), "no line below"),
    ("email;ü".encode("latin-1") + b"\n", "Line 1 is not written in UTF-8"),
    (csv_of([line("zoe@example.com")]).decode().encode("utf-16"), "Line 1 is not written in UTF-8"),
    (csv_of([line("zoe@example.com")]) + b'"never ends\n' * 3, "Line 3 cannot be divided into cells"),
    (csv_of([line("zoe@example.com")]) + b'"never ends' + b"\n" * 70_000, "Line 3 begins a cell that never ends"),
    (b"email,source\rwording,consented_at\r", "Line 1 cannot be divided into cells"),
    (b'"email,source,wording,consented_at\n', "Line 1 cannot be divided into cells"),
    (csv_of([line("zoe@example.com")]) + b"x" * 20_000, "longer than 16384 bytes"),
    (b"email,email,source,wording,consented_at\nx,y,z,a,b\n", "names a column twice"),
]


@pytest.mark.parametrize(("content", "why"), BAD)
def test_a_file_that_is_no_such_table_is_refused_whole(content, why):
    with pytest.raises(Unreadable, match=why):
        take_in(SubscriberFile(name="x.csv"), io.BytesIO(content))
    assert not SubscriberFile.objects.exists()
    assert not SubscriberFilePiece.objects.exists()


QUOTES = [
    ('x"y@example.com', '"fair', "a quotation mark within one cell, and one that opens the next"),
    ("zoe@example.com", '"fair', "one that opens a cell and is never closed"),
    ("zoe@example.com", '"fair" 3', "one that is closed too early"),
]


@pytest.mark.parametrize(("email", "source", "_what"), QUOTES)
@pytest.mark.parametrize("length", [10, 90])
def test_a_quotation_mark_swallows_no_line_and_holds_up_nobody(email, source, _what, length):
    rows = "".join(f"u{number}@example.com,{'w' * length},fair-2025,2025-05-01T10:00:00Z\n" for number in range(1990))
    content = f"email,source,wording,consented_at\n{email},{source},fair-2025,2025-05-01\n{rows}".encode()
    with pytest.raises(Unreadable, match="Line 2"):
        take_in(SubscriberFile(name="x.csv"), io.BytesIO(content))
    assert not SubscriberFile.objects.exists()


def test_a_quotation_mark_within_a_cell_is_one():
    rows = [f'u{number}@example.com,a {number}" shelf,fair-2025,2025-05-01T10:00:00Z' for number in range(3)]
    row = looked_through("\n".join(["email,source,wording,consented_at", *rows]).encode())
    assert (numbers(row), row.rows) == ((3, 0, 0, 0), 3)


@pytest.mark.parametrize("note", ["a\x00b", "\x00", "a\x0bb", "\u2028", "a\x85b"])
def test_a_column_may_have_any_name_and_a_cell_any_text(note):
    """PostgreSQL takes no NUL; other characters look like line breaks to some."""
    content = f"email,source,wording,consented_at,{note}\nzoe@example.com,fair,v1,2025-05-01,{note}\n".encode()
    row = looked_through(content)
    assert (numbers(row), row.rows) == ((1, 0, 0, 0), 1)


def test_whoever_is_killed_leaves_no_piece_half_done(monkeypatch):
    """The worker dies after the subscriptions are written, before its commit."""
    small_pieces(monkeypatch)
    row = looked_through(csv_of(line(f"u{number}@example.com") for number in range(7)))
    row.begin()
    do_piece(row.pk)

    def killed(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(SubscriberFilePiece, "delete", killed)
        with pytest.raises(KeyboardInterrupt):
            do_piece(row.pk)
    assert (Subscription.objects.count(), row.pieces.count()) == (2, 3)
    assert (numbers(finish(row)), Subscription.objects.count()) == ((7, 0, 0, 0), 7)


def test_the_sweep_does_it():
    row = take_in(SubscriberFile(name="x.csv"), io.BytesIO(csv_of([line("zoe@example.com")])))
    assert import_subscribers() == 1
    row.refresh_from_db()
    row.begin()
    assert import_subscribers() == 1
    assert import_subscribers() == 0
    assert group() == [("zoe@example.com", "confirmed", "imported")]


def test_what_nobody_imports_is_destroyed_after_a_day():
    row = looked_through(csv_of([line("zoe@example.com")]))
    assert purge_forgotten() == 0
    SubscriberFile.objects.update(uploaded_at="2026-01-01T00:00:00Z")
    assert purge_forgotten() == 1
    row.refresh_from_db()
    assert (row.state, SubscriberFilePiece.objects.count()) == ("discarded", 0)
    assert not row.begin()


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_several_workers_and_several_files_at_once_bring_in_each_once(monkeypatch):
    small_pieces(monkeypatch, 10)
    content = csv_of(line(f"u{number}@example.com") for number in range(200))
    rows = [looked_through(content), looked_through(content)]
    for row in rows:
        row.begin()
    at_once(lambda _number: import_subscribers(), range(4))
    rows = [finish(row) for row in rows]
    assert Subscription.objects.count() == 200
    assert [sum(numbers(row)) for row in rows] == [200, 200]
    assert sum(row.new for row in rows) == 200


def test_memory_does_not_grow_with_the_file(monkeypatch):
    small_pieces(monkeypatch, 100)

    def peak(rows: int) -> int:
        content = csv_of(line(f"u{number}@example.com", language="xx") for number in range(rows))  # refused, so that only reading counts
        tracemalloc.start()
        looked_through(content)
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    peak(200)
    assert peak(8_000) < 2 * peak(2_000) + 500_000


def test_the_command_shows_and_then_does_it(tmp_path: Path, capsys):
    path = tmp_path / "friends.csv"
    path.write_bytes(csv_of([line("zoe@example.com")]))
    call_command("import_subscribers", path)
    assert "new: 1" in capsys.readouterr().out
    assert not Subscription.objects.exists()
    call_command("import_subscribers", path, "--import")
    assert group() == [("zoe@example.com", "confirmed", "imported")]
    assert not SubscriberFilePiece.objects.exists()
    path.write_bytes(csv_of([line("zoe@example.com"), line("\x1b[31mred")]))
    with pytest.raises(CommandError, match="refused: 1"):
        call_command("import_subscribers", path, "--import")
    path.write_bytes(b"\xff")
    with pytest.raises(CommandError, match="UTF-8"):
        call_command("import_subscribers", path)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_subscribers", tmp_path / "none.csv")


@settings(max_examples=max(EXAMPLES // 10, 50), deadline=None, suppress_health_check=list(HealthCheck))
@given(body=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_looked_through_or_refused(body):
    Subscription.objects.all().delete()
    content = b"email,source,wording,consented_at\n" + body
    try:
        imported(content)
    except (Unreadable, AssertionError):
        return
    assert not Subscription.objects.exclude(basis="imported").exists()

"""`manage.py import_access_log`: what nginx really sent, counted once, however often and by however many it is read."""

import gzip
import io
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as site
from django.core.management import CommandError, call_command
from django.utils import timezone

from downloads.delivery import access_log
from downloads.models import AccessLog, DownloadSession
from tests import cast
from tests.databases import database_address
from tests.downloads.test_verify_files import Terminal
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db
SIZE = 10_000


@pytest.fixture
def session(alices, notebook_file) -> DownloadSession:
    """A download of 10,000 bytes whose two requests nginx answered."""
    session, _spent = DownloadSession.objects.take(alices, notebook_file, None, "")
    session.begin_request()
    session.begin_request()
    return session


def line(
    session: DownloadSession | str,
    size: int = SIZE,
    part: str = "-",
    status: int = 0,
    method: str = "GET",
    end: str = "OK",
    at: float | None = None,
) -> str:
    """A line as nginx writes it."""
    number = session if isinstance(session, str) else session.pk
    seconds = timezone.now().timestamp() if at is None else at
    status = status or (200 if part == "-" else 206)
    return f'{seconds:.3f} {uuid.uuid4().hex} {number} {method} {status} {size} "{part}" "{end}"\n'


@pytest.fixture
def log(tmp_path) -> Path:
    return tmp_path / "infacta.downloads.log"


def read(*files: Path | str, **options: object) -> str:
    out = StringIO()
    call_command("import_access_log", *(str(file) for file in files), stdout=out, **options)
    return out.getvalue()


def state(session: DownloadSession) -> tuple[int, int, bool]:
    session.refresh_from_db()
    return session.bytes_sent, session.requests_ended, bool(session.completed_at)


def test_a_whole_file_is_complete(session, log):
    log.write_text(line(session))
    assert read(log) == "Lines read: 1; sent: 0 MB; downloads that are not there (any more): 0; lines of another format: 0.\n"
    assert state(session) == (SIZE, 1, True)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_parts_in_any_order_make_a_whole(session, log, order):
    parts = [line(session, 4000, "bytes 0-3999/10000"), line(session, 6000, "bytes 4000-9999/10000")]
    log.write_text(parts[order[0]])
    read(log)
    assert not state(session)[2]
    with log.open("a") as file:
        file.write(parts[order[1]])
    read(log)
    assert state(session) == (SIZE, 2, True)


@pytest.mark.parametrize(
    ("lines", "sent", "ended"),
    [
        ([{"size": 4000, "end": ""}], 4000, 1),
        ([{"size": 9999}, {"size": 1, "part": "bytes 0-0/10000"}], SIZE, 2),
        ([{"size": SIZE, "method": "HEAD"}], 0, 0),
        ([{"size": SIZE, "method": "POST"}], 0, 0),
        ([{"size": 0, "status": 304}], 0, 1),
        ([{"size": 197, "part": "bytes */10000", "status": 416}], 0, 1),
        ([{"size": 153, "status": 404}], 0, 1),
        ([{"size": SIZE, "end": ""}], SIZE, 1),
    ],
    ids=["broken off", "the end is missing", "HEAD", "POST", "304", "416", "404", "not finished"],
)
def test_what_is_not_the_whole_file_is_not_complete(session, log, lines, sent, ended):
    log.write_text("".join(line(session, **values) for values in lines))
    read(log)
    assert state(session) == (sent, ended, False)


def test_the_same_file_twice_changes_nothing_nor_does_another_name_or_gzip(session, log, tmp_path):
    log.write_text(line(session, 4000, end=""))
    read(log, log)
    renamed = log.rename(tmp_path / "infacta.downloads.log.1")
    packed = tmp_path / "infacta.downloads.log.2.gz"
    packed.write_bytes(gzip.compress(renamed.read_bytes()))
    assert read(renamed, packed).startswith("Lines read: 0;")
    assert state(session) == (4000, 1, False)


def test_a_growing_log_is_read_on_and_half_a_line_waits(session, log, tmp_path):
    whole = line(session, 6000, "bytes 4000-9999/10000")
    log.write_text(line(session, 4000, end="") + whole[:40])
    read(log)
    assert state(session) == (4000, 1, False)
    with log.open("a") as file:
        file.write(whole[40:])
    packed = tmp_path / "rotated.gz"
    packed.write_bytes(gzip.compress(log.read_bytes()))
    read(packed)
    assert state(session) == (SIZE, 2, True)


def test_only_half_a_first_line_is_nothing_yet(session, log):
    log.write_text(line(session)[:-1])
    assert read(log).startswith("Lines read: 0;")
    assert not AccessLog.objects.exists()
    log.write_text("")
    assert read(log).startswith("Lines read: 0;")


def test_a_copy_that_ends_earlier_has_nothing_to_read(session, log, tmp_path):
    first = line(session, 4000, end="")
    log.write_text(first + line(session, 1000, end=""))
    read(log)
    (tmp_path / "copy").write_text(first)
    assert read(tmp_path / "copy").startswith("Lines read: 0;")
    assert state(session)[:2] == (5000, 2)


def test_the_standard_input_is_read_too(session, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(line(session).encode()))))
    read("-")
    assert state(session) == (SIZE, 1, True)


def test_a_dry_run_tells_and_writes_nothing(session, log):
    log.write_text(line(session) + line("999999999"))
    assert read(log, dry_run=True).startswith("Lines that would be read: 2; sent: 0 MB; downloads that are not there (any more): 1;")
    assert (state(session), AccessLog.objects.count()) == ((0, 0, False), 0)


def test_downloads_that_are_gone_or_unknown_are_told(session, log):
    log.write_text(line("999999999999999999") + line("-") + line(session))
    assert "not there (any more): 1; lines of another format: 0" in read(log)
    assert state(session)[0] == SIZE


BAD = [
    "no line of this log",
    '127.0.0.1 [27/Nov/2026:08:00:00 +0000] "GET /resources/downloads/x/" 200 5 "curl"',
    "",
    "\x00\x00\x00",
    '1795769725.033 f80b1e81104cf3fa72e4ee216a821f65 NUMBER GET 200 99999999999999999999999 "-" "OK"',
    '1795769725.033 f80b1e81104cf3fa72e4ee216a821f65 99999999999999999999999999 GET 200 5 "-" "OK"',
    '1795769725.033 f80b1e81104cf3fa72e4ee216a821f65 NUMBER GET 200 -5 "-" "OK"',
    'x 1795769725.033 f80b1e81104cf3fa72e4ee216a821f65 NUMBER GET 200 5 "-" "OK"',
    '1795769725.033 f80b1e81104cf3fa72e4ee216a821f65 NUMBER GET 200 5 "-" "OK" more',
    '1795769725.033 f80b1e81104cf3fa72e4ee216a821f65 NUMBER GET 200 5 "-" "O',
    "\x1b[31mred\u2028\x85",
]


def test_bad_lines_are_counted_and_told_and_never_fatal(session, log):
    bad = [text.replace("NUMBER", str(session.pk)) for text in BAD]
    log.write_bytes((line(session, 4000, end="") + "".join(f"{text}\n" for text in bad)).encode() + b"\xff\xfe\n" + line(session).encode())
    err = StringIO()
    with pytest.raises(CommandError, match=rf"Lines read: 14; .* lines of another format: {len(BAD) + 1}\. ") as error:
        call_command("import_access_log", str(log), stderr=err)
    assert error.value.returncode == 1
    assert state(session) == (14_000, 2, True)
    said = err.getvalue().splitlines()
    assert len(said) == 5
    assert said[0] == "not of this log: no line of this log"
    assert read(log).startswith("Lines read: 0;"), "they are told once"


def test_a_line_without_end_does_not_fill_the_memory(session, log, monkeypatch):
    monkeypatch.setattr(access_log, "PIECE", 1000)
    log.write_text("x" * 5000 + "\n" + line(session))
    with pytest.raises(CommandError):
        read(log)
    assert state(session) == (SIZE, 1, True)


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_read(session, log, tmp_path):
    log.write_text(line(session))
    cut = tmp_path / "cut.gz"
    cut.write_bytes(gzip.compress((line("-") * 5000).encode())[:-20])
    err = StringIO()
    with pytest.raises(CommandError, match="Files that could not be read: 3") as error:
        call_command("import_access_log", str(tmp_path / "none"), str(tmp_path), str(cut), str(log), stderr=err)
    assert error.value.returncode == 1
    assert f"{tmp_path}/none: No such file or directory" in err.getvalue()
    assert state(session)[2]


def test_yesterdays_log_may_be_missing_where_that_is_said(session, log, tmp_path):
    log.write_text(line(session))
    call_command("import_access_log", "--if-there", str(tmp_path / "none"), str(log))
    assert state(session)[2]


@pytest.mark.parametrize(("at", "shown"), [(0.0, "opened_at"), (999_999_999_999.0, None), (32_503_680_000.0, None)])
def test_wrong_clocks_count_and_are_not_believed(session, log, at, shown):
    log.write_text(line(session, at=at))
    before = timezone.now()
    read(log)
    session.refresh_from_db()
    assert session.bytes_sent == SIZE
    expected = [getattr(session, shown)] * 2 if shown else [before, timezone.now()]
    assert expected[0] <= session.completed_at <= expected[1]


def test_it_was_complete_when_the_line_says_so(session, log):
    opened = timezone.now() - timedelta(hours=3)
    DownloadSession.objects.update(opened_at=opened)
    log.write_text(line(session, at=(opened + timedelta(minutes=5)).timestamp()))
    read(log)
    session.refresh_from_db()
    assert abs(session.completed_at - opened - timedelta(minutes=5)) < timedelta(seconds=1)
    assert session.completed_at.tzinfo == UTC
    assert isinstance(session.completed_at, datetime)


def test_a_terminal_sees_how_far_it_is_and_help_explains(session, log, capsys):
    log.write_text(line(session))
    terminal = Terminal()
    call_command("import_access_log", str(log), stdout=StringIO(), stderr=terminal)
    assert "1 lines read" in terminal.getvalue()
    assert read(log, verbosity=0) == ""
    with pytest.raises(SystemExit):
        call_command("import_access_log", "--help")
    assert "counts nothing twice" in " ".join(capsys.readouterr().out.split())


def test_the_number_of_queries_does_not_grow_with_the_lines(session, alices, notebook, log, django_assert_num_queries):
    others = [DownloadSession.objects.take(alices, cast.make_file(notebook, f"1.{n}"), None, "")[0] for n in range(1, 5)]
    log.write_text("".join(line(one, 1, end="") for one in [session, *others] for _time in range(100)))
    with django_assert_num_queries(11):  # which log, where it was left, and for all its lines: position, sessions, files, sums
        read(log)
    assert state(others[-1])[:2] == (100, 100)


# Real processes

CUSTOMERS, LINES = 100, 150_000


@pytest.fixture
def many(alices, notebook_file) -> list[DownloadSession]:
    now = timezone.now()
    rows = [DownloadSession(entitlement=alices, file=notebook_file, valid_until=now, closed_at=now) for _number in range(CUSTOMERS)]
    return DownloadSession.objects.bulk_create(rows)


def long_log(path: Path, sessions: list[DownloadSession]) -> Path:
    lines = [line(session, 7, end="") for session in sessions]
    with path.open("w") as file:
        file.writelines(lines[number % CUSTOMERS] for number in range(LINES))
    return path


def begin(*files: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "manage.py", "import_access_log", *map(str, files)]
    environment = os.environ | {"DATABASE_URL": database_address()}
    return subprocess.Popen(command, cwd=site.BASE_DIR, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def results(processes: Iterable[subprocess.Popen[str]]) -> list[str]:
    outputs = [process.communicate(timeout=120) for process in processes]
    assert {err for _out, err in outputs} == {""}
    return [out for out, _err in outputs]


def counted() -> set[tuple[int, int]]:
    return set(DownloadSession.objects.values_list("bytes_sent", "requests_ended"))


ONCE = {(7 * LINES // CUSTOMERS, LINES // CUSTOMERS)}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_three_at_once_count_a_log_once(many, log):
    long_log(log, many)
    said = results([begin(log) for _number in range(3)])
    assert counted() == ONCE
    assert sum(int(text.split()[2].strip(";").replace(",", "")) for text in said) == LINES, "each line was read by one of them"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_logs_of_the_same_downloads_do_not_wait_for_each_other_in_a_circle(many, tmp_path):
    first, second = long_log(tmp_path / "a.log", many), long_log(tmp_path / "b.log", many[::-1])
    results([begin(first, second), begin(second, first)])
    assert counted() == {(7 * 2 * LINES // CUSTOMERS, 2 * LINES // CUSTOMERS)}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_killed_import_goes_on_where_it_was(many, log):
    size = long_log(log, many).stat().st_size
    killed = begin(log)
    wait_for(lambda: AccessLog.objects.filter(position__gt=0).exists() or time.sleep(0))
    killed.kill()
    killed.wait()
    position = AccessLog.objects.get().position
    assert 0 < position < size, "it was killed in the middle"
    results([begin(log)])
    assert counted() == ONCE

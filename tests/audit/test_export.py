"""`audit_export` writes what docs/audit-log.md says, and with it anybody can check the seals without our code."""

import hashlib
import hmac
import json
import re
import stat
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit import lines, sealing
from audit.kinds import Kind
from audit.models import AuditEvent, Seal
from audit.retention import purged_before, truncated_before
from audit.tasks import purge_events, seal_events, truncate_addresses
from tests.audit.hands import ago, events, tamper

pytestmark = pytest.mark.django_db
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "audit-log.md").read_text()
MARCH = datetime(2026, 3, 7, 9, 41, 0, 120000, tzinfo=UTC)


def exported(*arguments: str) -> list[dict]:
    out = StringIO()
    call_command("audit_export", *arguments, stdout=out, stderr=StringIO())
    return [json.loads(line) for line in out.getvalue().splitlines()]


def written(path: Path, *arguments: str) -> Path:
    call_command("audit_export", *arguments, "--output", str(path), stderr=StringIO())
    return path


def test_a_line_is_as_the_documentation_shows_it(alice, ada):
    event = AuditEvent.objects.create(
        kind=Kind.LOGIN_SUCCEEDED, at=MARCH, user=alice, actor=ada, ip="203.0.113.9", detail={"area": "resources"}
    )
    out = StringIO()
    call_command("audit_export", "--until", "2026-03-31", stdout=out, stderr=StringIO())
    [shown] = re.findall(r'^    (\{"id": 7, .*\})$', PAGE, re.MULTILINE)
    shown = shown.replace('"id": 7', f'"id": {event.pk}').replace('"user": 3', f'"user": {alice.pk}').replace("null", str(ada.pk))
    assert out.getvalue() == f"{shown}\n"


def test_the_table_of_keys_is_the_line():
    events(1)
    [line] = exported("--kind", "login.failed")
    keys = [name for row in re.findall(r"^\| (`[^|]+`) \|", PAGE, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)]
    assert list(line) == keys


def test_it_is_one_line_of_json_whatever_the_event_holds(alice):
    detail = {"word": 'a "quoted"\n\\ word, "ip": "x"', "name": "Žofie ☃"}
    AuditEvent.objects.create(kind=Kind.LOGIN_FAILED, user=alice, detail=detail, ip="2001:db8:1:2:3:4:5:6")
    AuditEvent.objects.create(kind=Kind.LOGIN_FAILED)
    first, second = exported("--kind", "login.failed")
    assert (first["detail"], first["network"], first["ip"]) == (detail, "2001:db8:1::", "2001:db8:1:2:3:4:5:6")
    assert (second["user"], second["actor"], second["detail"], second["network"], second["ip"]) == (None, None, {}, None, None)


def test_days_are_whole_and_in_utc(settings):
    settings.TIME_ZONE = "Pacific/Kiritimati"
    moments = [datetime(2026, 3, 1, tzinfo=UTC) + timedelta(microseconds=-1), datetime(2026, 3, 1, tzinfo=UTC)]
    moments += [datetime(2026, 4, 1, tzinfo=UTC) + timedelta(microseconds=-1), datetime(2026, 4, 1, tzinfo=UTC)]
    ids = [events(1, at)[0].pk for at in moments]
    assert [line["id"] for line in exported("--since", "2026-03-01", "--until", "2026-03-31")] == ids[1:3]
    assert [line["id"] for line in exported("--since", "2026-03-01", "--until", "2026-03-01")] == ids[1:2]
    assert [line["id"] for line in exported("--until", "2026-02-28")] == ids[:1]
    assert [line["id"] for line in exported("--since", "2026-04-01", "--until", "9999-12-31", "--kind", "login.failed")] == ids[3:]


def test_it_is_limited_to_a_person_and_to_kinds(alice, bob):
    assert {line["user"] for line in exported("--user", "ALICE@example.com")} == {alice.pk}
    assert {line["kind"] for line in exported("--kind", "account.opened", "--kind", "unlock_code.issued")} == {
        "account.opened",
        "unlock_code.issued",
    }
    assert [line["user"] for line in exported("--user", alice.email, "--kind", "account.opened")] == [alice.pk]


def test_all_of_it_is_written_however_long_it_is(monkeypatch):
    monkeypatch.setattr(lines, "CHUNK", 3)
    made = events(10)
    assert [line["id"] for line in exported("--kind", "login.failed")] == [event.pk for event in made]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--since", "yesterday"], "'yesterday' is not a date: write it as 2026-12-31"),
        (["--until", "2026-02-30"], "'2026-02-30' is not a date"),
        (["--since", "2026-03-02", "--until", "2026-03-01"], "--until 2026-03-01 is before --since 2026-03-02"),
        (["--user", "nobody@example.com"], "No account has the address 'nobody@example.com'"),
        (["--user", ""], "No account has the address ''"),
        (["--user", "a\x00b"], "No account has the address"),
        (["--kind", "login"], "invalid choice: 'login'"),
        (["--seals", "--since", "2026-01-01"], "--seals writes all seals"),
        (["--output", "/nowhere/events.jsonl"], "/nowhere/events.jsonl cannot be made: No such file"),
    ],
)
def test_what_makes_no_sense_is_said_and_nothing_is_exported(arguments, sentence):
    out = StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command("audit_export", *arguments, stdout=out)
    assert sentence in str(refusal.value)
    assert refusal.value.returncode in (1, 2)
    assert out.getvalue() == ""
    assert not AuditEvent.objects.filter(kind="audit_log.exported").exists()


def test_a_file_is_its_owners_alone_and_none_is_written_over(tmp_path):
    events(2)
    path = written(tmp_path / "events.jsonl")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    assert before.count(b"\n") == 3
    with pytest.raises(CommandError, match=r"events\.jsonl cannot be made: File exists"):
        written(path)
    assert path.read_bytes() == before


def test_an_export_that_breaks_off_says_so_and_leaves_no_half_a_file(tmp_path, monkeypatch):
    events(2)
    full = Path("/dev/full").open("w")  # noqa: SIM115
    with pytest.raises(CommandError, match="The export was not finished: No space left"):
        call_command("audit_export", stdout=full, stderr=StringIO())
    with suppress(OSError):
        full.close()

    def broken(_row: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("audit.export.exported_line_of", broken)
    with pytest.raises(KeyboardInterrupt):
        written(tmp_path / "events.jsonl")
    assert not list(tmp_path.glob("*.jsonl"))


def test_the_export_is_itself_recorded(alice):
    lines = exported("--user", alice.email, "--since", "2026-01-01", "--kind", "login.failed", "--kind", "audit_log.exported")
    event = AuditEvent.objects.get(kind="audit_log.exported")
    assert (event.user, event.actor) == (alice, None)
    assert event.detail == {"by": "command line", "since": "2026-01-01", "kinds": ["login.failed", "audit_log.exported"]}
    assert [line["id"] for line in lines] == [event.pk], "it is recorded first, so that no export is without a record"


def test_a_terminal_sees_how_far_it_is(monkeypatch):
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(lines, "CHUNK", 1)
    monkeypatch.setattr("infacta.progress.REDRAW", -1)
    events(2)
    told = Terminal()
    call_command("audit_export", stdout=StringIO(), stderr=told)
    assert "\r\033[K2" in told.getvalue()
    assert "3 events written." in told.getvalue()


# The seals, checked elsewhere


@pytest.fixture
def sealed(monkeypatch, alice) -> None:
    """Batches of all ages: purged, truncated, and young, with what makes lines awkward."""
    monkeypatch.setattr(sealing, "BATCH", 3)
    now = timezone.now()
    events(3, ago(purged_before(now), timedelta(minutes=1)))
    events(3, ago(truncated_before(now), timedelta(minutes=1)))
    events(4, word='a "quoted" word, "ip": "x"')
    events(2, ip=None)
    events(2, ip="2001:db8:1:2:3:4:5:6")
    seal_events()
    truncate_addresses()
    purge_events()


def test_whoever_has_the_files_recomputes_every_digest_with_hashlib_and_json_alone(sealed, tmp_path):
    lines = written(tmp_path / "events.jsonl").read_bytes().splitlines()
    canonical, addresses = {}, {}
    for line in lines:
        event = json.loads(line)
        canonical[event["id"]] = line[: line.rindex(b', "ip": ')] + b"}"
        addresses[event["id"]] = event["ip"] or ""
    seals = [json.loads(line) for line in written(tmp_path / "seals.jsonl", "--seals").read_text().splitlines()]
    assert [seal["number"] for seal in seals] == list(range(1, len(seals) + 1))
    checked = []
    for seal in seals:
        ids = [number for number in sorted(canonical) if seal["first_id"] <= number <= seal["last_id"]]
        texts = "".join(f"{line}\n" for line in [seal["salt"], *(canonical[number].decode() for number in ids)])
        full = "".join(f"{line}\n" for line in [seal["address_salt"], *(addresses[number] for number in ids)])
        if seal["purged_at"]:
            assert not ids
            continue
        assert hashlib.sha256(texts.encode()).hexdigest() == seal["digest"]
        assert (hashlib.sha256(full.encode()).hexdigest() == seal["address_digest"]) == bool(seal["address_salt"])
        checked += ids
    assert len(checked) == sum(seal["count"] for seal in seals if not seal["purged_at"]) > 10
    assert {bool(seal["purged_at"]) for seal in seals} == {bool(seal["address_salt"]) for seal in seals} == {True, False}


def test_whoever_has_the_key_recomputes_the_chain(sealed):
    before = "0" * 64
    for seal in exported("--seals"):
        covered = list(seal.values())[:9]
        before = hmac.new(settings.AUDIT_KEY.encode(), json.dumps([before, *covered]).encode(), "sha256").hexdigest()
        assert seal["hash"] == before


def test_the_program_of_the_documentation_does_it_too(sealed, tmp_path):
    [program] = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "check.py").write_text(program)

    def check(name: str) -> list[str]:
        files = [written(tmp_path / f"{name}-events.jsonl"), written(tmp_path / f"{name}-seals.jsonl", "--seals")]
        command = [sys.executable, "-I", "check.py", *map(str, files)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.splitlines()

    live = Seal.objects.filter(purged_at=None).order_by("number")
    assert check("before") == [f"{seal.number} in order" for seal in live]
    tamper("UPDATE audit_auditevent SET kind = 'login.ended' WHERE id = %s", live[2].last_id)
    assert [line for line in check("after") if "BROKEN" in line] == [f"{live[2].number} BROKEN"]


def test_the_seals_are_listed_as_documented(sealed):
    [seal, *_others] = exported("--seals")
    said = PAGE.partition("A line of `--seals` has ")[2].partition(".")[0]
    assert list(seal) == re.findall(r"`(\w+)`", said)
    assert not AuditEvent.objects.filter(kind="audit_log.exported").exists(), "seals tell of nobody"

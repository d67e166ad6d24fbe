"""`manage.py production_check`: each look tells right from wrong, in a sentence that says what to do, and none ends in a traceback."""

import json
import subprocess
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from bench.own_servers import free_port
from downloads.signing import PURPOSES, make_key
from infacta.schedule import SWEEPS
from operations.backup.made import MANIFEST, Manifest, name_of
from operations.data_folders import USUAL_DATA
from operations.production import house, looks, machine, mail
from operations.production.findings import Asked, Level, Look, ok, where_it_is
from privacy.models import SweepRun
from tests import cast
from tests.relay import running_relay
from tests.staff import enrolled

pytestmark = pytest.mark.django_db
ASKED = Asked()


def run(*arguments: str) -> tuple[str, int]:
    """What it says, and its exit status."""
    out = StringIO()
    try:
        call_command("production_check", *arguments, stdout=out, stderr=out)
    except SystemExit as end:
        return out.getvalue(), int(end.code)
    return out.getvalue(), 0


# The command


@pytest.fixture
def three_looks(monkeypatch):
    """One of each kind, and one that breaks."""

    def breaks(asked):
        raise KeyError("alice@example.com")

    some = (Look("good", lambda asked: ok("it is good")), Look("broken", breaks), Look("far", lambda asked: ok("it answers"), outside=True))
    monkeypatch.setattr(looks, "LOOKS", some)
    return some


def test_a_look_that_breaks_is_a_finding_of_its_own_and_tells_nobodys_data(three_looks):
    said, status = run()
    assert status == 1
    assert "ok       good: it is good" in said
    assert "wrong    broken: could not be looked at (KeyError)" in said
    assert "ok       far: it answers" in said, "the others are looked at all the same"
    assert "alice" not in said
    assert said.rstrip().endswith("2 ok, 0 to be warned of, 1 wrong")


def test_offline_asks_nobody_outside(three_looks):
    assert "far" not in run("--offline")[0]


def test_quiet_tells_what_is_wrong_alone(three_looks):
    said, status = run("--quiet")
    assert (status, "good" in said, "broken" in said) == (1, False, True)


def test_json_is_for_monitoring(three_looks):
    said, status = run("--json")
    assert status == 1
    assert [(one["look"], one["level"]) for one in json.loads(said)] == [("good", "ok"), ("broken", "wrong"), ("far", "ok")]
    assert all(one.keys() == {"look", "level", "sentence"} for one in json.loads(said))


def test_warnings_count_with_strict(monkeypatch):
    monkeypatch.setattr(looks, "LOOKS", (Look("partners", house.partners),))
    assert run()[1] == 0
    assert run("--strict")[1] == 1
    assert run("--quiet") == ("", 0)


@pytest.mark.parametrize("at", ["here", "127.0.0.1:443", "127.0.0.1:x,127.0.0.1:80", ":1,:2", "a:1,b:2,c:3"])
def test_a_wrong_place_is_told(at):
    with pytest.raises(CommandError, match="HOST:PORT,HOST:PORT") as refused:
        call_command("production_check", "--at", at)
    assert refused.value.returncode == 2


def test_where_the_site_is_asked(settings):
    settings.SITE_URL, settings.SITE_HOST = "https://customers.vendor.example", "customers.vendor.example"
    https, plain = where_it_is()
    assert (https.host, https.port, plain.port) == ("customers.vendor.example", 443, 80)
    https, plain = where_it_is("[::1]:8443,127.0.0.1:8080")
    assert (https.host, https.port, plain.host, plain.port) == ("::1", 8443, "127.0.0.1", 8080)


def test_every_look_comes_to_an_end_on_a_bare_machine():
    """Whatever is set up or not: each look has one finding and a sentence."""
    found = list(looks.look(ASKED, offline=True))
    assert len(found) == len([one for one in looks.LOOKS if not one.outside])
    assert len({one.name for one in looks.LOOKS}) == len(looks.LOOKS)
    assert all(len(finding.sentence) > 10 for _look, finding in found)


# The machine


@pytest.fixture
def machine_as_installed(settings, tmp_path, own_disk):
    settings.DATA_DIR = tmp_path
    tmp_path.chmod(0o750)
    settings.RELEASE_FILES_DIR.mkdir(mode=0o750)
    for folder in (settings.CASE_FILES_DIR, settings.CASE_KEYS_DIR, settings.REPORT_FILES_DIR, settings.REPORT_KEYS_DIR):
        folder.mkdir(mode=0o700)
    settings.FILE_UPLOAD_TEMP_DIR.chmod(0o700)
    settings.DKIM_KEY_FILE = ""
    for purpose in PURPOSES.values():
        make_key(purpose.path, purpose)


@pytest.mark.usefixtures("machine_as_installed")
def test_folders_and_keys_are_nobody_elses(settings):
    assert machine.folders(ASKED).level == machine.keys(ASKED).level == Level.OK
    settings.CASE_KEYS_DIR.chmod(0o750)
    assert f"chmod 700 {settings.CASE_KEYS_DIR}" in machine.folders(ASKED).sentence
    settings.CASE_KEYS_DIR.rmdir()
    assert f"install -d -o infacta -g infacta -m 700 {settings.CASE_KEYS_DIR}" in machine.folders(ASKED).sentence
    assert machine.folders(ASKED).level == Level.WRONG
    settings.CASE_KEYS_DIR.mkdir(mode=0o700)
    settings.DATA_DIR.chmod(0o755)
    assert f"chmod 750 {settings.DATA_DIR}" in machine.folders(ASKED).sentence
    settings.SIGNING_KEY_FILE.chmod(0o644)
    assert f"chmod 400 {settings.SIGNING_KEY_FILE}" in machine.keys(ASKED).sentence
    settings.SIGNING_KEY_FILE.unlink()
    assert "manage make_signing_key" in machine.keys(ASKED).sentence


def test_systemd_makes_the_folders_where_they_usually_are(settings):
    for path, says in (
        (USUAL_DATA / "case-keys", "systemd-tmpfiles --create infacta.conf"),
        (USUAL_DATA / "mirror", f"install -d -o infacta -g infacta -m 700 {USUAL_DATA}/mirror"),
    ):
        assert says in machine.what_makes(path, machine.SECRET)


def test_the_environment_is_its_owners_alone(tmp_path):
    file = tmp_path / "environment"
    asked = Asked(environment=file)
    assert machine.environment(asked).level == Level.WARNING
    file.write_text("SECRET_KEY=x\n")
    file.chmod(0o640)
    assert f"chmod 400 {file}" in machine.environment(asked).sentence
    file.chmod(0o400)
    assert machine.environment(asked).level == Level.OK


def test_backups_are_fresh_and_closed(tmp_path, settings):
    folder = tmp_path / "backups"
    asked = Asked(backups=folder)
    assert "set BACKUP_DIR" in machine.backups(ASKED).sentence
    assert "makes the first" in machine.backups(asked).sentence
    folder.mkdir(mode=0o755)
    assert f"chmod 700 {folder}" in machine.backups(asked).sentence
    folder.chmod(0o700)
    made(folder, timezone.now()).rename(folder / ".unfinished-one")
    assert "no backup lies" in machine.backups(asked).sentence, "one that is still being made is none"
    made(folder, timezone.now() - timedelta(hours=27))
    assert "the newest backup is of" in machine.backups(asked).sentence
    assert machine.backups(asked).level == Level.WRONG
    made(folder, timezone.now())
    settings.BACKUP_DIR = str(folder)
    assert machine.backups(asked).level == machine.backups(ASKED).level == Level.OK


def made(folder: Path, at: datetime) -> Path:
    """A backup of that moment, as far as its manifest tells."""
    texts = dict.fromkeys(("engine", "database", "server", "version", "key", "sums", "audit_head"), "")
    tables = {name: {} for name in ("migrations", "rows", "parts", "left_out")}
    path = folder / name_of(at)
    path.mkdir()
    (path / MANIFEST).write_text(Manifest(began_at=at, ended_at=at, **texts, **tables).as_text())
    return path


def test_a_full_disk_is_told_before_it_is_full(monkeypatch, tmp_path, settings):
    settings.DATA_DIR = tmp_path
    usage = type("Usage", (), {"total": 100 * machine.GIGABYTE, "free": 0})
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: usage)
    for free, level in ((40, Level.OK), (10, Level.WARNING), (2, Level.WRONG)):
        usage.free = free * machine.GIGABYTE
        assert machine.room(ASKED).level == level


@pytest.mark.parametrize(("said", "level"), [("yes", Level.OK), ("no", Level.WRONG), ("", Level.WARNING)])
def test_the_clock_as_systemd_tells_it(monkeypatch, said, level):
    answer = subprocess.CompletedProcess([], 0, f"{said}\n", "")
    monkeypatch.setattr(machine.shutil, "which", lambda program: "/usr/bin/timedatectl")
    monkeypatch.setattr(machine.subprocess, "run", lambda *arguments, **options: answer)
    assert machine.clock(ASKED).level == level


def test_static_files_of_another_version_are_told(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "static"
    assert "manage collectstatic" in machine.static_files(ASKED).sentence
    settings.STATIC_ROOT.mkdir()
    for name in ("site.css", "staff.css", "site.js"):
        (settings.STATIC_ROOT / name).write_bytes((Path(settings.BASE_DIR) / "static" / name).read_bytes())
    assert machine.static_files(ASKED).level == Level.OK
    (settings.STATIC_ROOT / "site.css").write_text("of yesterday")
    assert "another version" in machine.static_files(ASKED).sentence


# The relay


def test_a_relay_that_answers_and_one_that_is_away(settings):
    settings.EMAIL_URL = ""
    assert "names no relay" in mail.relay(ASKED).sentence
    with running_relay(settings) as relay:
        settings.EMAIL_URL = f"smtp://127.0.0.1:{relay.port}"
        assert mail.relay(ASKED).level == Level.WARNING, "in plain"
        settings.EMAIL_URL = f"smtp+tls://127.0.0.1:{relay.port}"
        assert "does not do what was asked (STARTTLS" in mail.relay(ASKED).sentence
        settings.EMAIL_URL = f"smtp://us:secret@127.0.0.1:{relay.port}"
        found = mail.relay(ASKED)
        assert found.level == Level.WRONG
        assert "secret" not in found.sentence
        assert not relay.received, "nothing is sent"
    settings.EMAIL_URL = f"smtp://127.0.0.1:{free_port()}"
    assert "Nothing listens there" in mail.relay(ASKED).sentence


# The site itself


def test_only_production_is_production(settings):
    assert house.mode(ASKED).level == Level.WRONG
    settings.PRODUCTION = True
    assert house.mode(ASKED).level == Level.OK
    settings.DEBUG = True
    assert house.mode(ASKED).level == Level.WRONG


@pytest.mark.parametrize(
    ("networks", "level"),
    [
        (["127.0.0.1"], Level.OK),
        (["10.0.0.0/8", "fd00::/64"], Level.OK),
        (["0.0.0.0/0"], Level.WRONG),
        (["203.0.0.0/8"], Level.WRONG),
        ([], Level.WRONG),
    ],
)
def test_networks_of_proxies_that_hold_strangers(settings, networks, level):
    settings.TRUSTED_PROXIES = networks
    assert house.proxies(ASKED).level == level


def test_work_that_nobody_does_is_told():
    assert "no worker has run" in house.work(ASKED).sentence
    now = timezone.now()
    SweepRun.objects.bulk_create(SweepRun(task=sweep.task, first_at=now, ended_at=now) for sweep in SWEEPS)
    assert house.work(ASKED).level == Level.OK
    SweepRun.objects.filter(task=SWEEPS[0].task).update(first_at=now - timedelta(days=1), ended_at=now - timedelta(days=1))
    assert SWEEPS[0].task in house.work(ASKED).sentence


def test_staff_without_a_second_factor_and_with_known_passwords():
    assert "create_staff" in house.staff(ASKED).sentence
    ada = cast.make_staff("ada@vendor.example", "Administration")
    assert house.staff(ASKED).level == Level.WARNING
    assert "ada" not in house.staff(ASKED).sentence
    assert str(ada.pk) in house.passwords(ASKED).sentence, "the cast's password is one that everybody knows"
    enrolled(ada)
    ada.set_password("nobody else knows this one")
    ada.save()
    assert house.staff(ASKED).level == house.passwords(ASKED).level == Level.OK


def test_cookies_and_partners(settings):
    assert house.cookies(ASKED).level == Level.WRONG
    settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE = "__Host-session", True
    assert house.cookies(ASKED).level == Level.OK
    settings.PARTNERS["standard-webhooks"]["secrets"] = ["whsec_" + "A" * 32]
    assert house.partners(ASKED).level == Level.OK

"""The web logs: both servers hide what must not be in them, and the installed rotation keeps what the policy promises."""

import gzip
import io
import logging
import os
import re
import runpy
import shutil
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from infacta.web_log import shown
from tests.customer import link_in, mail_to
from tests.nginx import needs_nginx, nginx, site_port
from tests.pages import addresses

assert nginx
assert site_port
ROOT = Path(__file__).resolve().parents[2]
GUNICORN = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
TOKEN = "c7x-0123456789abcdef0123456789abcdef"

# What is asked for, and how the log may have it.
SHOWN = {
    "/": "/",
    "/products/an-ordinary-but-long-product-name/?page=2": "/products/an-ordinary-but-long-product-name/?page=2",
    "/resources/": "/resources/",
    "/resources/password/set/": "/resources/password/set/",
    f"/resources/password/MQ/{TOKEN}/?from=mail": "/resources/password/(link)/",
    "/resources/password/MQ/x-y/": "/resources/password/(link)/",
    f"/resources/account/address/{TOKEN}/": "/resources/account/address/(link)/",
    f"/resources/account/address/{TOKEN}/undo/?next=/": "/resources/account/address/(link)/",
    f"/downloads/links/{TOKEN}:x/?y": "/downloads/links/(link)/",
    f"/resources//{TOKEN}": "/resources//(link)/",
    "/resources/account/?page=2": "/resources/account/?(query)",
    f"/resources/log-in/?next=/resources/account/address/{TOKEN}/": "/resources/log-in/?(query)",
    "/announcements/join/": "/announcements/join/",
    f"/announcements/join/{TOKEN}.x/": "/announcements/join/(link)/",
    f"/announcements/leave/{TOKEN}/": "/announcements/leave/(link)/",
    f"/announcements/preferences/{TOKEN}/again/?x": "/announcements/preferences/(link)/",
    "/support/cases/": "/support/cases/",
    f"/support/cases/{TOKEN}/": "/support/cases/(link)/",
    f"/support/cases/{TOKEN}/write/?next=/": "/support/cases/(link)/",
    "/support/new/?product=notebook": "/support/new/?(query)",
    "/staff/accounts/user/?q=alice%40example.com": "/staff/accounts/user/?(query)",
    "/staff/": "/staff/",
    f"/%72esources/password/MQ/{TOKEN}/": "(unusual)",
    f"/support/c%61ses/{TOKEN}/": "/support/c%61ses/(link)/",
    f"//downloads/links/{TOKEN}/": "(unusual)",
    f"/news/../announcements/./leave/{TOKEN}/": "(unusual)",
    "/products/?next=//example.org/%20": "/products/?next=//example.org/%20",
}


@pytest.mark.parametrize("asked", SHOWN)
def test_gunicorn_shows_no_link_and_no_search(asked):
    assert shown(asked) == SHOWN[asked]
    assert shown(f"HTTPS://customers.example.com{asked}") == SHOWN[asked]


@needs_nginx
def test_nginx_shows_the_same(nginx):
    for asked in SHOWN:
        nginx.ask(asked)
    for _try in range(100):
        if nginx.log.exists() and len(lines := nginx.log.read_text().splitlines()) == len(SHOWN):
            break
        time.sleep(0.05)
    assert [re.findall(r'"GET (\S+)"', line)[0] for line in lines] == list(SHOWN.values())


def test_no_address_of_the_site_that_carries_a_token_gets_into_the_log():
    """Whatever the site's own URLs call a token, now and later."""
    values = {"slug": "notebook", "pk": 1, "file": 1, "key_id": "0", "uid": "MQ", "area": "general", "digest": "0" * 12}
    found = [
        path
        for path in addresses(
            **values, key=TOKEN, token=TOKEN, secret=TOKEN, name=TOKEN, code=1, prefix="00", access=TOKEN, reference=TOKEN, number=TOKEN
        )
        if TOKEN in path
    ]
    assert len(found) > 1
    for path in found:
        if path.startswith(("/resources/", "/downloads/links/", "/partners/", "/announcements/", "/support/")):
            assert TOKEN not in shown(path), path


def test_gunicorn_logs_what_the_policy_promises_and_nothing_else():
    assert set(re.findall(r"%\((.+?)\)s", GUNICORN["access_log_format"])) == {"h", "t", "r", "s", "b", "a"}


# Rotation

needs_logrotate = pytest.mark.skipif(
    not (shutil.which("logrotate") or Path("/usr/sbin/logrotate").exists()), reason="logrotate is not installed: `apt install logrotate`"
)
LOGROTATE = shutil.which("logrotate") or "/usr/sbin/logrotate"
PROMISED = 30


class Rotation:
    """deploy/logrotate/infacta on folders and owners of the test's own; what it does afterwards writes a line instead."""

    def __init__(self, folder: Path) -> None:
        owner, group = folder.owner(), folder.group()
        text = (ROOT / "deploy" / "logrotate" / "infacta").read_text()
        for name in ("nginx", "infacta"):
            (folder / name).mkdir(mode=0o750)
            assert f"/var/log/{name}/" in text
            text = text.replace(f"/var/log/{name}/", f"{folder / name}/")
        text = re.sub(r"(create 0640|su) \S+ \S+", rf"\1 {owner} {group}", text)
        text = re.sub(r"(postrotate\n).*", rf"\1        echo told >> {folder / 'told'}", text)
        self.configuration, self.state = folder / "logrotate.conf", folder / "state"
        self.configuration.write_text(text)
        self.configuration.chmod(0o644)
        self.logs = [folder / "nginx" / "infacta.access.log", folder / "infacta" / "access.log"]
        self.told = folder / "told"

    def run(self, *options: str) -> str:
        command = [LOGROTATE, "--state", str(self.state), *options, str(self.configuration)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        return result.stderr

    def days_in(self, log: Path) -> list[int]:
        """The days that are still to be read in a log and what was rotated from it."""
        files = [path for path in log.parent.iterdir() if path.name.startswith(log.name)]
        texts = [gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text() for path in files]
        return sorted(int(day) for text in texts for day in re.findall(r"day (\d+)", text))


@pytest.fixture
def rotation(tmp_path) -> Rotation:
    tmp_path.chmod(0o755)
    return Rotation(tmp_path)


@needs_logrotate
def test_logrotate_understands_the_file(rotation):
    said = rotation.run("--debug", "--verbose")
    assert "error" not in said.lower()
    assert said.count("rotating pattern") == 2


@needs_logrotate
def test_after_forty_days_no_line_is_older_than_promised(rotation):
    for day in range(1, 41):
        for log in rotation.logs:
            with log.open("a") as file:
                file.write(f"day {day}\n")
        rotation.run("--force")
    for log in rotation.logs:
        days = rotation.days_in(log)
        assert days == list(range(41 - 28, 41))
        assert 40 - days[0] + 1 < PROMISED, "a day in hand, for a rotation that comes late"
    assert rotation.told.read_text().count("told") == 80, "the servers open their new logs each time"


@needs_logrotate
def test_a_site_that_nobody_visits_any_more_loses_its_old_logs_too(rotation):
    for log in rotation.logs:
        log.write_text("day 1\n")
    for _day in range(30):
        rotation.run("--force")
    assert [rotation.days_in(log) for log in rotation.logs] == [[], []]


@needs_logrotate
def test_a_machine_that_was_off_for_weeks_keeps_nothing_older(rotation):
    for log in rotation.logs:
        log.write_text("day 1\n")
    rotation.run("--force")
    past = time.time() - timedelta(days=PROMISED).total_seconds()
    for log in rotation.logs:
        os.utime(f"{log}.1", (past, past))
    for _day in range(2):
        rotation.run("--force")
    assert [rotation.days_in(log) for log in rotation.logs] == [[], []]


@pytest.mark.django_db
def test_the_sites_own_log_hides_links_that_still_open(alice, monkeypatch):
    """Django notes each address that it refuses: for its method, or because the sentence's last bracket was taken for a part of it."""
    log = io.StringIO()
    console = next(handler for handler in logging.getLogger().handlers if type(handler) is logging.StreamHandler)
    monkeypatch.setattr(console, "stream", log)
    Client().post("/resources/password/forgotten/", {"email": alice.email})
    link = link_in(mail_to(alice.email))
    assert [Client().post(link).status_code, Client().get(f"{link})").status_code, Client().get(link[:-2] + "/").status_code] == [
        405,
        404,
        404,
    ]
    assert Client().get(link).status_code == 302, "it still opens"
    assert log.getvalue().count("/resources/password/(link)/") == 3
    assert link.split("/")[4][:12] not in log.getvalue()

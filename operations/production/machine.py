"""This machine: folders and files with their modes, room on the disk, the clock, static files, backups."""

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import find
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils import timezone

from downloads.signing import PURPOSES
from operations.backup import newest
from operations.data_folders import is_made_by_systemd
from operations.production.findings import Asked, Finding, ok, warning, wrong

SECRET = stat.S_IRWXG | stat.S_IRWXO
OTHERS = stat.S_IRWXO
ROOM_WRONG, ROOM_WARNING = 0.05, 0.15
GIGABYTE = 1024**3
DAY = timedelta(days=1)
LATE = timedelta(hours=2)
"""A backup that takes its time, and a timer with a delay, are no failure."""


def mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):o}"


def open_to(path: Path, whom: int) -> bool:
    return bool(path.stat().st_mode & whom)


def data_folders() -> Iterator[tuple[Path, int]]:
    """Each folder, and who must not get in: what nginx sends is for the site's group too, all else for the site alone."""
    yield settings.DATA_DIR, OTHERS
    yield settings.RELEASE_FILES_DIR, OTHERS
    for path in (
        settings.FILE_UPLOAD_TEMP_DIR,
        settings.CASE_FILES_DIR,
        settings.CASE_KEYS_DIR,
        settings.REPORT_FILES_DIR,
        settings.REPORT_KEYS_DIR,
    ):
        yield Path(path), SECRET


def folders(asked: Asked) -> Finding:
    looked_at = 0
    for path, whom in data_folders():
        if not path.is_dir():
            return wrong(f"{path} is not there: {what_makes(path, whom)}")
        if path.stat().st_uid != os.geteuid() or not os.access(path, os.W_OK):
            return wrong(
                f"{path} is not this user's, or cannot be written: chown infacta:infacta {path} (and run this as the user infacta)"
            )
        if open_to(path, whom):
            return wrong(f"{path} has the mode {mode(path)}, and others can look into it: chmod {closed_to(whom)} {path}")
        looked_at += 1
    return ok(f"{looked_at} folders are there, are the site's, and closed to others")


def closed_to(whom: int) -> str:
    return "700" if whom == SECRET else "750"


def what_makes(path: Path, whom: int) -> str:
    """Systemd where its files say it, a command everywhere else."""
    if is_made_by_systemd(path):
        return "systemd-tmpfiles --create infacta.conf makes it (deploy/tmpfiles/)"
    return f"install -d -o infacta -g infacta -m {closed_to(whom)} {path}"


def keys(asked: Asked) -> Finding:
    paths = [purpose.path for purpose in PURPOSES.values() if not purpose.pem]
    paths += [Path(settings.DKIM_KEY_FILE)] if settings.DKIM_KEY_FILE else []
    for path in paths:
        if not path.is_file():
            return wrong(f"{path} is not there: manage make_signing_key makes the keys (docs/upkeep.md)")
        if open_to(path, SECRET):
            return wrong(f"{path} has the mode {mode(path)}, and whoever reads it can sign in your name: chmod 400 {path}")
    return ok(f"{len(paths)} key files are their owner's alone")


def environment(asked: Asked) -> Finding:
    path = asked.environment
    if not path.exists():
        return warning(f"{path} is not there: name the file of the environment with --environment, or set its mode to 400 yourself")
    if open_to(path, SECRET):
        return wrong(f"{path} has the mode {mode(path)}, and it holds every password: chmod 400 {path}")
    return ok(f"{path} is its owner's alone")


def room(asked: Asked) -> Finding:
    """The fullest of the disks that the site writes to."""
    shares = []
    for path in {settings.DATA_DIR, Path(settings.RELEASE_FILES_DIR), Path(settings.CASE_FILES_DIR), Path("/var/log")}:
        if path.exists():
            usage = shutil.disk_usage(path)
            shares.append((usage.free / usage.total, usage.free, path))
    share, free, path = min(shares)
    said = f"{share:.0%} of the disk of {path} are free ({free / GIGABYTE:.1f} GB)"
    if share < ROOM_WRONG or free < GIGABYTE / 2:
        return wrong(f"{said}: make room, or uploads and backups will fail")
    return warning(f"{said}: make room soon") if share < ROOM_WARNING else ok(said)


def clock(asked: Asked) -> Finding:
    """By whoever keeps it here: systemd knows of chrony and of its own client."""
    program = shutil.which("timedatectl")
    if not program:
        return warning("nothing here tells whether the clock is right: install chrony, and look at chronyc tracking")
    command = [program, "show", "--property", "NTPSynchronized", "--value"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout.strip()  # noqa: S603  (our own words)
    if said == "yes":
        return ok("the clock is kept by NTP")
    if said == "no":
        return wrong(
            "the clock is not synchronised, and signatures, codes and sweeps go wrong with it: apt install chrony, and look at chronyc tracking"
        )
    return warning("systemd does not tell whether the clock is right: look at chronyc tracking")


def static_files(asked: Asked) -> Finding:
    """Collected, and those of this version: their names hold digests of what is in them."""
    hashed = getattr(staticfiles_storage, "stored_name", None)
    for name in ("site.css", "staff.css", "site.js"):
        source = find(name)
        try:
            stored = hashed(name) if hashed else name
        except ValueError:
            return wrong(f"{name} was never collected: manage collectstatic --noinput, then reload web")
        there = settings.STATIC_ROOT / stored
        if not there.is_file():
            return wrong(f"{there} is not there: manage collectstatic --noinput, then reload web")
        if source and (settings.STATIC_ROOT / name).read_bytes() != Path(source).read_bytes():
            return wrong(f"{name} is of another version of the site: manage collectstatic --noinput, then reload web")
    return ok("static files are collected, and are of this version")


def backups(asked: Asked) -> Finding:
    folder = asked.backups or (Path(settings.BACKUP_DIR) if settings.BACKUP_DIR else None)
    if not folder:
        return warning("nobody said where backups lie: set BACKUP_DIR, or name the folder with --backups")
    if not folder.is_dir():
        return wrong(f"{folder} is not there: manage backup {folder} makes the first (docs/backup.md)")
    if open_to(folder, SECRET):
        return wrong(f"{folder} has the mode {mode(folder)}, and a backup opens everything: chmod 700 {folder}")
    made = newest(folder)
    if not made:
        return wrong(f"no backup lies in {folder}: manage backup {folder}, and systemctl enable --now infacta-backup.timer")
    said = f"the newest backup is of {made.at:%Y-%m-%d %H:%M} UTC"
    if timezone.now() - made.at > DAY + LATE:
        return wrong(f"{said}: look at systemctl status infacta-backup, and at journalctl --unit infacta-backup")
    return ok(said)

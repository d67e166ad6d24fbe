"""PostgreSQL, as the site needs it (deploy/postgresql/infacta.conf)."""

import os
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from infacta.unapplied import unapplied
from operations.here import HERE
from operations.production.findings import Asked, Finding, ok, unless, warning, wrong

OLDEST = 15
SPARE = 20
"""Connections besides those of web and workers: for commands, backups and whoever looks."""
NEAR = timedelta(seconds=2)
CLOCKS = timedelta(seconds=30)
"""A code of an authenticator app is good for about so long."""


def not_postgresql() -> str:
    return "" if connection.vendor == "postgresql" else f"the database is {connection.display_name}, which is for trying out"


def shown(setting: str) -> str:
    """The value of a setting of PostgreSQL's; of another database's, nothing is known."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [setting])
        return str(cursor.fetchone()[0])


def migrations(asked: Asked) -> Finding:
    if left := unapplied():
        return wrong(f"{len(left)} migrations are not applied, from {left[0]} on: run manage migrate")
    return ok("every migration is applied")


def version(asked: Asked) -> Finding:
    if connection.vendor != "postgresql":
        return wrong(f"the database is {connection.display_name}: production needs PostgreSQL {OLDEST} or newer (DATABASE_URL)")
    major = int(shown("server_version_num")) // 10_000
    if major < OLDEST:
        return wrong(f"PostgreSQL {major} is too old: upgrade it to {OLDEST} or newer")
    return ok(f"PostgreSQL {major}")


@unless(not_postgresql)
def encoding(asked: Asked) -> Finding:
    if (found := shown("server_encoding")) != "UTF8":
        return wrong(
            f"the database is encoded as {found}, and names would be lost: make it anew with createdb --encoding UTF8, and restore a backup into it"
        )
    return ok("the database is encoded as UTF8")


@unless(not_postgresql)
def durability(asked: Asked) -> Finding:
    """A partner that heard 200 relies on what was committed."""
    for name in ("synchronous_commit", "fsync", "full_page_writes"):
        if shown(name) == "off":
            return wrong(
                f"{name} is off, and a loss of power loses orders that were acknowledged: set it to on (deploy/postgresql/infacta.conf)"
            )
    return ok("what is committed is on the disk (synchronous_commit, fsync, full_page_writes)")


@unless(not_postgresql)
def clock(asked: Asked) -> Finding:
    """The database's clock beside ours."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        its: datetime = cursor.fetchone()[0]
    apart = abs(timezone.now() - its)
    said = f"the database's clock and this machine's are {apart.total_seconds():.1f} seconds apart"
    if apart > CLOCKS:
        return wrong(f"{said}: set both by NTP (chrony)")
    return warning(f"{said}: set both by NTP (chrony)") if apart > NEAR else ok(said)


@unless(not_postgresql)
def connections(asked: Asked) -> Finding:
    """Enough for each thread of gunicorn, each process of a worker, and some besides. Other hosts' are not known here: add theirs."""
    web = int(os.environ.get("WEB_WORKERS", "2")) * int(os.environ.get("WEB_THREADS", "4"))
    work = 4 + 2  # of infacta-worker.service, with its parent, and beat
    most, needed = int(shown("max_connections")), web + work + SPARE
    if most < needed:
        return wrong(f"max_connections is {most}, and this machine alone may need {needed}: raise it (deploy/postgresql/infacta.conf)")
    return ok(f"max_connections is {most}; this machine needs at most {needed}, and each further host {web + work}")


@unless(not_postgresql)
def password(asked: Asked) -> Finding:
    """Over a network the database must ask for a password, and in TLS."""
    parts = settings.DATABASES["default"]
    if not parts["HOST"] or str(parts["HOST"]).startswith("/"):
        return ok("the database is asked over a socket of this machine")
    if not parts["PASSWORD"]:
        return wrong(
            "the database lets everybody in who can reach its port: give the user a password (createuser --pwprompt, scram-sha-256 in pg_hba.conf)"
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        is_ssl = bool(cursor.fetchone()[0])
    if not is_ssl and parts["HOST"] not in HERE:
        return wrong("the database is on another host and asked in plain: put ?sslmode=require (or verify-full) at the end of DATABASE_URL")
    return ok("the database asks for a password" + (", in TLS" if is_ssl else " on this machine"))

"""This test's site as processes meet it, and another one, with an empty database and empty folders, that a backup is restored into."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg2
from django.conf import settings as site
from django.core.management import call_command
from django.db import connection

from operations.backup import Made, newest
from tests.databases import address_of, database_address

ROOT = Path(site.BASE_DIR)


class Site:
    """A database and a folder, and what an operator does with them."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address, self.folder = address, folder
        folder.mkdir(exist_ok=True)

    def environment(self, **more: str) -> dict[str, str]:
        own = {"INFACTA_MODE": "test", "DATABASE_URL": self.address, "REDIS_URL": "", "DATA_DIR": str(self.folder)}
        return os.environ | own | {"DJANGO_SETTINGS_MODULE": "infacta.settings"} | more

    def manage(self, *arguments: Any, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return self.run("manage.py", *map(str, arguments), typed=typed, **environment)

    def python(self, code: str) -> subprocess.CompletedProcess[str]:
        return self.run("-c", f"import django\ndjango.setup()\n{code}")

    def run(self, *arguments: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        command, own = [sys.executable, *arguments], self.environment(**environment)
        return subprocess.run(command, cwd=ROOT, env=own, input=typed, capture_output=True, text=True, check=False, timeout=120)

    def ask(self, sql: str) -> list[Any]:
        with closing(self.connected()) as opened:
            cursor = opened.cursor()
            cursor.execute(sql)
            return cursor.fetchall()

    def connected(self) -> Any:
        if self.address.startswith("sqlite"):
            return sqlite3.connect(self.address.removeprefix("sqlite:///"))
        return psycopg2.connect(self.address)

    def is_empty(self) -> bool:
        if self.address.startswith("sqlite"):
            return self.ask("SELECT count(*) FROM sqlite_master") == [(0,)]
        return self.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]

    def everything(self) -> str:
        """Every row that there is."""
        if not self.address.startswith("sqlite"):
            return subprocess.run(["pg_dump", self.address], check=True, capture_output=True, text=True).stdout
        with closing(self.connected()) as opened:
            return "\n".join(opened.iterdump())


def this_site(folder: Path) -> Site:
    return Site(database_address(), folder)


@contextmanager
def another_site(folder: Path) -> Iterator[Site]:
    if connection.vendor == "sqlite":
        yield Site(f"sqlite:///{folder}/site.sqlite3", folder)
        return
    name = f"{connection.settings_dict['NAME']}_restored"
    server = f"--maintenance-db={address_of('postgres')}"
    subprocess.run(["dropdb", "--if-exists", "--force", server, name], check=True)
    subprocess.run(["createdb", server, name], check=True)
    yield Site(address_of(name), folder)
    subprocess.run(["dropdb", "--if-exists", "--force", server, name], check=True)


def back_up(folder: Path, *arguments: str) -> Made:
    """A backup of this test's site, made in this process."""
    call_command("backup", str(folder), *arguments, stdout=StringIO())
    made = newest(folder)
    assert made is not None
    return made


def all_in(*folders: Path) -> bytes:
    """Names and contents of all files below."""
    paths = [path for folder in folders for path in sorted(folder.rglob("*"))]
    return b"\n".join(os.fsencode(path.name) + (path.read_bytes() if path.is_file() else b"") for path in paths)

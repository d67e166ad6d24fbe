"""Servers of the tests' own, which may be stopped and killed."""

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from django.conf import settings as site
from django.db import connection

from bench.own_servers import OwnPostgres, OwnRedis, can_have_postgres
from tests.databases import database_address


@pytest.fixture(scope="module")
def postgres(django_db_setup, django_db_blocker) -> Iterator[OwnPostgres]:
    """A PostgreSQL with all tables, copied from the tests' database."""
    if not can_have_postgres():
        pytest.skip("needs PostgreSQL's own programs, and a user who may run them (.ci/run installs them)")
    server = OwnPostgres()
    try:
        if connection.vendor == "postgresql":
            dump = subprocess.run(["pg_dump", database_address()], check=True, capture_output=True).stdout
            subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", server.url], input=dump, check=True, stdout=subprocess.DEVNULL)
        else:
            environment = os.environ | {"DATABASE_URL": server.url}
            subprocess.run([".venv/bin/python", "manage.py", "migrate", "-v0"], cwd=site.BASE_DIR, env=environment, check=True)
        yield server
    finally:
        server.end()


@pytest.fixture(scope="module")
def redis() -> Iterator[OwnRedis]:
    if not shutil.which("redis-server"):
        pytest.skip("needs redis-server (.ci/run installs it)")
    server = OwnRedis()
    yield server
    server.end()

"""`manage.py setup` on PostgreSQL, for production: the servers are real, and so are their refusals."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
from django.conf import settings
from django.db import connection

from operations.setting_up.databases import why
from tests.operations.terminal import SECRET, relay_with_password, setup
from tests.operations.test_setup import COUNTS, rows, served_page

pytestmark = pytest.mark.postgresql


@pytest.fixture
def empty_database(db) -> Iterator[str]:
    """The address of a database without tables on the tests' own server."""
    name = f"{connection.settings_dict['NAME']}_setup"
    with closing(psycopg2.connect(f"{settings.DATABASE_URL.rpartition('/')[0]}/postgres")) as server:
        server.autocommit = True
        server.cursor().execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.cursor().execute(f'CREATE DATABASE "{name}"')
        yield f"{settings.DATABASE_URL.rpartition('/')[0]}/{name}"
        server.cursor().execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def produce(machine: Path, url: str, relay: int, *arguments: str):
    values = {"mode": "production", "site-name": "Northwind", "site-url": "https://kunden.nörd.example", "vendor-address": "Kai 1, Hamburg"}
    values |= {"support-email": "help@northwind.example", "privacy-email": "privacy@northwind.example", "time-zone": "Europe/Berlin"}
    values |= {"redis-url": settings.REDIS_URL or "redis://127.0.0.1:6379/9", "data-dir": f"{machine}/data", "mail-security": "none"}
    values |= {"mail-host": "127.0.0.1", "mail-port": str(relay), "mail-user": "site", "staff-email": "ada@northwind.example"}
    values |= {"product-name": "Notebook", "product-summary": "Writes it down."}
    options = [f"--{name}={value}" for name, value in values.items()]
    return setup(machine / "environment", "--no-input", *options, *arguments, DATABASE_URL=url, SETUP_MAIL_PASSWORD=SECRET)


def test_a_production_site_from_nothing(empty_database, tmp_path):
    machine = tmp_path / "machine"
    machine.mkdir()
    with relay_with_password(password=SECRET) as relay:
        done = produce(machine, empty_database, relay.port)
        assert done.returncode == 0, done.stdout + done.stderr
        assert [mail["To"] for mail in relay.received] == ["ada@northwind.example"]
        file = machine / "environment"
        text, counts = file.read_text(), rows(file, COUNTS)
        assert "SITE_URL=https://kunden.xn--nrd-sna.example" in text
        assert SECRET not in done.stdout + done.stderr
        assert sorted(path.name for path in machine.glob("*.pem")) == ["licence-key.pem", "signing-key.pem", "update-key.pem"]
        page = served_page(file, Host="kunden.xn--nrd-sna.example", X_Forwarded_Proto="https", X_Forwarded_For="203.0.113.9")
        assert "Software from Northwind" in page
        assert "Writes it down." in page
        again = setup(file, "--no-input")
        assert again.returncode == 0, again.stderr
        assert (file.read_text(), rows(file, COUNTS)) == (text, counts)


def test_a_server_that_does_not_let_us_in_is_told_in_words(empty_database, tmp_path):
    url = urlsplit(empty_database)
    machine = tmp_path / "machine"
    machine.mkdir()
    for wrong, sentence in {
        f"{empty_database}x": "createdb --owner",
        empty_database.replace(f"//{url.username}", "//nobody-here"): "The server knows no user nobody-here",
        f"postgres://postgres@no-such-host.invalid/{url.path[1:]}": "There is no host no-such-host.invalid",
    }.items():
        refused = produce(machine, wrong, 1)
        assert refused.returncode == 2
        assert sentence in refused.stderr, refused.stderr
        assert "Mail: Nothing listens there" in refused.stderr
    assert list(machine.iterdir()) == []


def test_a_refused_password_is_told_in_words():
    said = 'connection to server at "127.0.0.1", port 5432 failed: FATAL:  password authentication failed for user "infacta"'
    assert why(said, {"database-user": "infacta"}) == "The server refuses the password of infacta: type it again."

"""The database that an operator names: its address from parts and back, and whether it can be used."""

import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import psycopg2

OLDEST = 150000  # as the server counts its versions
PARTS = ("database-host", "database-port", "database-name", "database-user", "database-password")

SENTENCES = (
    (r"password authentication failed|no password supplied", "The server refuses the password of {user}: type it again."),
    (r'role "[^"]*" does not exist', "The server knows no user {user}: sudo -u postgres createuser --pwprompt {user}"),
    (r'database "[^"]*" does not exist', "There is no database {name}: sudo -u postgres createdb --owner {user} {name}"),
    (r"[Cc]onnection refused", "Nothing answers at {host}, port {port}: is PostgreSQL running there, and is the port right?"),
    (r"could not translate host name|Name or service not known", "There is no host {host}: check its name."),
    (r"timeout|timed out", "Nothing answers at {host} within five seconds: check the name, and the firewall between."),
    (r"no pg_hba.conf entry", "The server lets nobody in from here as {user}: add a line to its pg_hba.conf."),
    (r"[Tt]oo many", "The server has no connection left: raise its max_connections."),
)


def parts_of(url: str) -> dict[str, str]:
    """The parts of a PostgreSQL address; none of any other."""
    parts = urlsplit(url)
    if not parts.scheme.startswith("postgres"):
        return {}
    try:
        port = str(parts.port or 5432)
    except ValueError:
        port = ""
    found = (parts.hostname or "", port, parts.path[1:], parts.username or "", parts.password or "")
    return dict(zip(PARTS, map(unquote, found), strict=True))


def url_of(parts: Mapping[str, str], present: str = "") -> str:
    """The address of these parts; the present one as it stands, options and all, if it has the same."""
    if parts_of(present) == {part: parts[part] for part in PARTS}:
        return present
    host, port, name, user, password = (quote(parts[part], safe="") for part in PARTS)
    address = f"[{parts['database-host']}]" if ":" in parts["database-host"] else host
    return f"postgres://{user}{':' + password if password else ''}@{address}:{port}/{name}"


def refused(parts: Mapping[str, str]) -> str:
    """What is wrong with the database, in a sentence; "" if the site can use it. It is looked at, and not changed."""
    try:
        with closing(connected(parts)) as connection, connection.cursor() as cursor:
            cursor.execute("SHOW server_encoding")
            encoding = cursor.fetchone()[0]
            cursor.execute("SELECT has_schema_privilege(current_user, 'public', 'CREATE')")
            may_create = cursor.fetchone()[0]
            version = connection.server_version
    except psycopg2.Error as error:
        return why(str(error), parts)
    if version < OLDEST:
        return f"The server is PostgreSQL {version // 10000}: the site needs {OLDEST // 10000} or newer."
    if encoding != "UTF8":
        return f"The database keeps texts in {encoding}: make one with createdb --encoding UTF8 --template template0."
    if not may_create:
        name, user = parts["database-name"], parts["database-user"]
        return f'{user} may make no tables there: sudo -u postgres psql -c \'ALTER DATABASE "{name}" OWNER TO "{user}"\''
    return ""


def connected(parts: Mapping[str, str]) -> Any:
    host, port, name, user, password = (parts[part] for part in PARTS)
    return psycopg2.connect(host=host, port=port, dbname=name, user=user, password=password or None, connect_timeout=5)


def why(said: str, parts: Mapping[str, str]) -> str:
    values = {part.removeprefix("database-"): value for part, value in parts.items()}
    for pattern, sentence in SENTENCES:
        if re.search(pattern, said):
            return sentence.format(**values)
    return f"The server says: {said.strip().splitlines()[0] if said.strip() else 'nothing'}."


def rows_in(url: str) -> tuple[bool, bool]:
    """Whether there is a member of staff already, and whether there is a product; what has no tables yet has neither."""
    try:
        with closing(sqlite_at(url) if url.startswith("sqlite") else connected(parts_of(url))) as connection:
            return has_row(connection, "accounts_user WHERE is_staff"), has_row(connection, "downloads_product")
    except (psycopg2.Error, sqlite3.Error):
        return False, False


def sqlite_at(url: str) -> sqlite3.Connection:
    """To read alone: what is not there is not made."""
    return sqlite3.connect(f"file:{url.removeprefix('sqlite:///')}?mode=ro", uri=True)


def sqlite_url(folder: str) -> str:
    return f"sqlite:///{quote(folder)}/infacta.sqlite3"


def has_row(connection: Any, where: str) -> bool:
    cursor = connection.cursor()
    cursor.execute(f"SELECT 1 FROM {where} LIMIT 1")  # noqa: S608 (one of the two above)
    return cursor.fetchone() is not None

"""PostgreSQL by pg_dump, pg_restore and psql. What they need to connect goes to them in their environment: a command line is read by everybody."""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, cast

from django.db import connection, transaction

from operations.backup.databases.kind import Dump, Query, Table
from operations.backup.problems import Failed, Unusable

PIECE = 1024 * 1024
PROGRAMS = ("pg_dump", "pg_restore", "psql")
ENVIRONMENT = {
    "dbname": "PGDATABASE",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "host": "PGHOST",
    "port": "PGPORT",
    "options": "PGOPTIONS",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "service": "PGSERVICE",
}
"""What libpq calls each part of the connection, as a parameter and as a variable."""
PATIENCE = "60s"
"""So long a dump waits for a migration, and a restore for whoever still reads."""
COMPRESSION = 1
"""Of gzip: quick rather than small; what copies backups to another host compresses once more."""

EMPTIED = """
DO $$
DECLARE item record;
BEGIN
    FOR item IN
        SELECT format('DROP %s IF EXISTS %s CASCADE', kind, name) AS statement FROM (
            SELECT c.oid, 'pg_class'::regclass AS class, c.oid::regclass::text AS name, CASE c.relkind
                WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END AS kind
            FROM pg_class c WHERE c.relnamespace = current_schema()::text::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
            UNION ALL
            SELECT p.oid, 'pg_proc'::regclass, p.oid::regprocedure::text, CASE p.prokind WHEN 'a' THEN 'AGGREGATE' ELSE 'ROUTINE' END
            FROM pg_proc p WHERE p.pronamespace = current_schema()::text::regnamespace
        ) AS things
        WHERE NOT EXISTS (
            SELECT FROM pg_depend d WHERE d.classid = things.class AND d.objid = things.oid AND d.deptype IN ('e', 'i')
        )
    LOOP
        EXECUTE item.statement;
    END LOOP;
END $$;
"""
"""Whatever is in the schema goes, but for what belongs to extensions. Dropping the schema itself is not everybody's right."""
OTHERS = """
SELECT coalesce(nullif(application_name, ''), 'a program'), coalesce(host(client_addr), 'this host') FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'
ORDER BY backend_start
"""


class PostgreSQL:
    engine, file = "postgresql", "database.dump"

    def demand_programs(self) -> None:
        for program in PROGRAMS:
            version = major_of(program)
            if version < connection.pg_version // 10_000:  # type: ignore[attr-defined]
                raise Failed(
                    f"{program} is of version {version} and the server of version {self.server()}: "
                    f"install the package postgresql-client-{connection.pg_version // 10_000}."  # type: ignore[attr-defined]
                )

    def name(self) -> str:
        return str(connection.settings_dict["NAME"])

    def server(self) -> str:
        return str(self.query("SHOW server_version")[0][0]).partition(" ")[0]

    def size(self) -> int:
        return int(self.query("SELECT pg_database_size(current_database())")[0][0])

    @contextmanager
    def dumping(self, scratch: Path) -> Iterator[Dump]:
        """pg_dump and the questions see the same snapshot, which this connection holds."""
        with transaction.atomic():
            self.query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            snapshot = self.query("SELECT pg_export_snapshot()")[0][0]
            yield Dump(dumped(str(snapshot)), self.query)

    def tables(self, query: Query) -> list[Table]:
        return [name for (name,) in query("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename")]

    def demand_whole(self, dump: Path) -> None:
        major_of("pg_restore")
        command = ["pg_restore", "--list", str(dump)]
        listed = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603
        if listed.returncode:
            raise Unusable(f"pg_restore cannot read {dump}: {said(listed.stderr)}")

    def query(self, sql: str) -> Sequence[Sequence[Any]]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def others(self) -> list[str]:
        return [f"{program} from {address}" for program, address in self.query(OTHERS)]

    def restore(self, dump: Path) -> None:
        """One transaction of one psql: it commits only when pg_restore has given all of it, and what breaks off leaves no trace."""
        connection.close()
        command = ["psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--output", os.devnull, "--file", "-"]
        with tempfile.TemporaryFile() as errors:
            with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=errors, env=environment(), bufsize=0) as psql:  # noqa: S603
                try:
                    unread = put_all_into(cast(IO[bytes], psql.stdin), dump)
                except BaseException:
                    psql.kill()
                    raise
            if psql.returncode or unread:
                raise Failed(f"The database could not be restored, and is as it was: {said(f'{unread} {text_of(errors)}')}")
        self.query("ANALYZE")


def put_all_into(psql: IO[bytes], dump: Path) -> str:
    """What pg_restore complains about; "" if all of the dump is in. Of a psql that has stopped, which says why itself, nothing is told here."""
    script = ["pg_restore", "--no-owner", "--no-privileges", "--file", "-", str(dump)]
    with suppress(BrokenPipeError), tempfile.TemporaryFile() as errors:
        psql.write(f"BEGIN;\nSET lock_timeout = '{PATIENCE}';\n{EMPTIED}".encode())
        done = subprocess.run(script, stdout=psql, stderr=errors, check=False)  # noqa: S603
        if done.returncode:
            return text_of(errors) or "pg_restore broke off"
        psql.write(b"COMMIT;\n")
    return ""


def dumped(snapshot: str) -> Iterator[bytes]:
    """The dump, piece by piece. Failed, with what pg_dump says."""
    command = ["pg_dump", "--format=custom", f"--compress={COMPRESSION}", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
    command += [f"--lock-wait-timeout={PATIENCE}"]
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=environment()) as process:  # noqa: S603
            output = cast(IO[bytes], process.stdout)
            try:
                while piece := output.read(PIECE):
                    yield piece
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise Failed(f"pg_dump failed: {said(text_of(errors))}")


def environment() -> Mapping[str, str]:
    """This process's, and how to reach the database. Its own user alone (and root) reads the environment of a process."""
    given = connection.get_connection_params()
    return os.environ | {"PGAPPNAME": "infacta backup"} | {ENVIRONMENT[name]: str(given[name]) for name in ENVIRONMENT if given.get(name)}


def major_of(program: str) -> int:
    """The first number of its version. Failed if it is not there."""
    try:
        version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failed(f"The program {program} is not there, or does not start: install the package postgresql-client.") from error
    found = re.search(r"\d+", version)
    return int(found[0]) if found else 0


def text_of(errors: IO[bytes]) -> str:
    errors.seek(0)
    return errors.read().decode(errors="replace")


def said(text: str) -> str:
    """The first lines of what a program complained about, in one."""
    return " ".join(text.split())[:600] or "it did not say why"

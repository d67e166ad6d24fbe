"""`manage.py migrate`: Django's own, which on PostgreSQL does not wait for a lock without end."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as DjangosMigrate
from django.db import OperationalError, connections
from django.db.migrations import Migration

from infacta.commands import DONE, WRONG, SiteCommand

LOCK_NOT_AVAILABLE = "55P03"
SAID = (
    "A table was in use for longer than {seconds} seconds, and nothing waited behind the migration for longer than that. Migrations before this one are "
    "done, and this one changed nothing{but}. Run `manage migrate` again, at a quieter moment if need be; `--lock-timeout` gives it more time."
)
INVALID = ", except for an index that is half built: {drop} first"
HALF_BUILT = (
    """SELECT format('DROP INDEX CONCURRENTLY %I', relname) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE NOT indisvalid"""
)


class Command(SiteCommand, DjangosMigrate):
    help = (
        "Bring the database to this release; `--plan` only tells what would be done. On PostgreSQL, whatever locks a table gives up after some seconds: "
        "all requests would wait behind it (docs/deploying.md)."
    )
    examples = ("--plan", "", "--lock-timeout 30", "purchases 0007  # back to this migration")
    changes = "the tables"
    run_by = "an operator, with each release"
    statuses = {DONE: "done, or nothing was to be done", WRONG: "a table was in use; what was done until then stays"}

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--lock-timeout",
            type=float,
            default=5,
            metavar="SECONDS",
            help="how long it waits for a table that is in use; 0: without end (default: 5)",
        )

    def handle(self, *args: Any, lock_timeout: float, **options: Any) -> None:
        if lock_timeout < 0:
            raise CommandError("--lock-timeout is a number of seconds, 0 or more.")
        self.connection, self.milliseconds = connections[options["database"]], int(lock_timeout * 1000)
        try:
            super().handle(*args, **options)
            self.set_timeout(0)
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", "") != LOCK_NOT_AVAILABLE:
                raise
            raise CommandError(SAID.format(seconds=lock_timeout, but=self.half_built()), returncode=WRONG) from error

    def migration_progress_callback(self, action: str, migration: Migration | None = None, fake: bool = False) -> None:
        """Called before each migration: one that builds an index concurrently waits for others, and nobody for it."""
        if action in ("apply_start", "unapply_start") and migration:
            self.set_timeout(self.milliseconds if migration.atomic else 0)
        super().migration_progress_callback(action, migration, fake)

    def set_timeout(self, milliseconds: int) -> None:
        if self.connection.vendor == "postgresql" and self.connection.connection and self.connection.is_usable():
            with self.connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, false)", [str(milliseconds)])

    def half_built(self) -> str:
        """What is left of an index that could not be built; "" if nothing is."""
        other = self.connection.copy()  # Django leaves its own in the transaction that broke
        try:
            with other.cursor() as cursor:
                cursor.execute(HALF_BUILT)
                return "".join(INVALID.format(drop=drop) for (drop,) in cursor.fetchall())
        finally:
            other.close()

"""Bringing a backup back. First it looks at everything and changes nothing; then files, database, logs; then what must be true before the site serves."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.core.management import CommandError, call_command
from django.utils import timezone

from audit.tasks import seal_events
from audit.verification import Broken, verify
from downloads.models import ReleaseFile
from operations.backup import contents
from operations.backup.databases import database_of_the_site
from operations.backup.facts import is_key_known, rows_in, unknown_migrations
from operations.backup.made import Made
from operations.backup.placing import Placed, demand_same_logs, put_files, put_logs
from operations.backup.problems import Failed, Tell, Unusable
from operations.backup.writing import Sums
from privacy.retention.walking import all_of, rules_of_destroyers

NAMED = 5


@dataclass
class Report:
    """What was done, for whoever did it: seconds of each step, what to know, and what is wrong and must be looked at."""

    seconds: dict[str, float] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - began

    def in_words(self) -> str:
        return ", ".join(f"{name} {seconds:.1f}" for name, seconds in self.seconds.items())


# Before anything is changed


def demand_fitting(made: Made) -> None:
    """Unusable if this site cannot take the backup."""
    database = database_of_the_site()
    if made.manifest.engine != database.engine:
        raise Unusable(f"{made.path} is of {made.manifest.engine}, and DATABASE_URL names a database of {database.engine}.")
    if unknown := unknown_migrations(made.manifest.migrations.items()):
        raise Unusable(f"{made.path} was made by a later version of the site ({', '.join(unknown[:NAMED])}): install that version first.")
    database.demand_programs()
    demand_same_logs(made)


def is_used() -> bool:
    """Whether there is anything in the site's database."""
    database = database_of_the_site()
    return bool(database.tables(database.query))


def demand_alone() -> None:
    """Unusable while somebody else is connected: what they write would be lost, and what they know would be wrong."""
    if others := database_of_the_site().others():
        named = ", ".join(dict.fromkeys(others[:NAMED]))
        raise Unusable(
            f"{len(others)} other connections use the database ({named}). Stop web with its socket, workers and beat first; with --despite-connections it is done all the same."
        )


# The restoring


def restore(made: Made, sums: Sums, tell: Tell) -> Report:
    """Failed, with a sentence that says what was changed. What is wrong without being in the way stands in the report."""
    report, database = Report(), database_of_the_site()
    with report.step("files"):
        tell_placed(put_files(made, sums, tell), made, report)
    with report.step("database"):
        tell("database")
        database.restore(made.path / database.file)
        compare_rows(made, report)
    with report.step("logs"):
        put_logs_back(made, report)
    for name, work in AFTERWARDS.items():
        tell(name)
        with report.step(name), told_what_is_left(name):
            work(made, report)
    return report


@contextmanager
def told_what_is_left(name: str) -> Iterator[None]:
    """Whatever breaks once the database is back is told with what must still be done."""
    try:
        yield
    except Exception as error:
        raise Failed(
            f"Files and database are restored, but this failed: {name} ({error}). Mend that; then run manage.py migrate, replay_destructions and "
            "replay_erasures. The site does not start before."
        ) from error


def tell_placed(placed: Placed, made: Made, report: Report) -> None:
    report.told.append(f"Files: {placed.put:,} put in their place, {placed.there:,} were there already.")
    if placed.others:
        named = ", ".join(placed.others[:NAMED])
        report.wrong.append(f"{len(placed.others):,} files were there with another content, and were left as they are: {named}.")
    if "releases" in made.manifest.parts and "releases" not in contents.folders():
        report.told.append("The backup's release files were not put back, for this site has its own in an object store.")


def compare_rows(made: Made, report: Report) -> None:
    database = database_of_the_site()
    rows = rows_in(database.tables(database.query), database.query, lambda table: None)
    other = [table for table in {**rows, **made.manifest.rows} if rows.get(table) != made.manifest.rows.get(table)]
    if other:
        report.wrong.append(f"These tables have not the rows that they had: {', '.join(other)}.")
    report.told.append(f"Database: {sum(rows.values()):,} rows in {len(rows):,} tables, as they were at {made.at:%Y-%m-%d %H:%M:%S} UTC.")


def put_logs_back(made: Made, report: Report) -> None:
    for place in put_logs(made):
        report.told.append(
            f"{place} was not there, or shorter, and is the backup's now: what was destroyed or erased after {made.at:%Y-%m-%d %H:%M} UTC is not "
            "in it. If a later copy of it is anywhere, put that in its place and run replay_destructions and replay_erasures again."
        )


def migrate(made: Made, report: Report) -> None:
    call_command("migrate", interactive=False, verbosity=0)


def replay(made: Made, report: Report) -> None:
    """Both, whatever becomes of the first: the site does not start before they are done."""
    for command in ("replay_destructions", "replay_erasures"):
        try:
            call_command(command, verbosity=0)
        except CommandError as error:
            report.wrong.append(f"{command}: {error}")


def verify_audit(made: Made, report: Report) -> None:
    """What was not sealed yet at the time of the dump is sealed first."""
    head = made.manifest.audit_head
    noted = [(int(number), hashed) for number, _, hashed in [head.partition(":")] if number]
    try:
        seal_events()
        verified = verify(noted, timezone.now())
        report.told.append(f"Audit log: in order, {verified.events:,} events, up to the head that the backup names.")
    except Broken as error:
        report.wrong.append(f"Audit log: {error}")


def walk_retention(made: Made, report: Report) -> None:
    passed = list(all_of(list(rules_of_destroyers())))
    report.told.append(f"Retention: {sum(one.rows for one in passed):,} rows were over their time, and are gone.")
    if broken := [one.destroyer for one in passed if one.problem]:
        report.wrong.append(f"Retention: {', '.join(broken)} failed; workers try again.")


def look_for_release_files(made: Made, report: Report) -> None:
    names = [str(name) for name in ReleaseFile.objects.exclude(file="").order_by("pk").values_list("file", flat=True)]
    try:
        missing = [name for name in names if not ReleaseFile._meta.get_field("file").storage.exists(name)]
    except Exception as error:  # whatever an object store's library raises
        report.wrong.append(f"Whether the release files are there cannot be told: {error}")
        return
    if missing:
        report.wrong.append(f"{len(missing):,} of {len(names):,} release files are missing: {', '.join(missing[:NAMED])}.")
    else:
        report.told.append(f"Release files: all {len(names):,} are there.")


def look_at_key(made: Made, report: Report) -> None:
    if not is_key_known(made.at, made.manifest.key):
        report.wrong.append(
            "SECRET_KEY is not that of the backup: put that one into SECRET_KEY, or into SECRET_KEY_FALLBACKS. Until then who was erased cannot be found, and what "
            "is sealed under it cannot be opened; run replay_erasures again afterwards."
        )


AFTERWARDS: dict[str, Callable[[Made, Report], None]] = {
    "migrations": migrate,
    "replay": replay,
    "audit log": verify_audit,
    "retention": walk_retention,
    "release files": look_for_release_files,
    "key": look_at_key,
}
"""What is done once the database is back, in this order."""

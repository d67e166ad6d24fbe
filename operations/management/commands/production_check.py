"""`manage.py production_check`: is this machine set up as production must be?"""

from json import dumps
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from infacta.commands import DONE, UNUSABLE, WRONG, SiteCommand
from operations.production.findings import Asked, Finding, Level, Look, where_it_is
from operations.production.looks import LOOKS, look

Found = list[tuple[Look, Finding]]


class Command(SiteCommand):
    help = (
        "Look at the running machine, beyond `check --deploy`: database, Redis, folders and keys, disk, clock, work, staff, the relay, and the site as the "
        "world meets it. One line a look: ok, warning or wrong, and what to do. It changes nothing and sends nothing; it does ask SITE_URL, the relay and "
        "the DNS, unless --offline. Run it as the site's own user, on each host."
    )
    examples = (
        "--backups /var/backups/infacta",
        "--offline  # nothing over the network",
        "--at 127.0.0.1:443,127.0.0.1:80  # before the name leads here",
        "--json --strict",
    )
    statuses = {
        DONE: "nothing is wrong; with --strict: and nothing is to be warned of",
        WRONG: "something is wrong; with --strict: or to be warned of",
        UNUSABLE: "what it was given cannot be used",
    }
    subject = "Every day"
    run_by = "a timer, every morning; an operator, after setting up"
    requires_system_checks = []  # whatever they find is found by `check`, and this shall say all the rest

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON: a list of objects with look, level and sentence")
        parser.add_argument(
            "--offline", action="store_true", help="leave out what asks over the network: the relay, the DNS, the site itself"
        )
        parser.add_argument("--strict", action="store_true", help="warnings count as wrong in the exit status")
        parser.add_argument("--backups", type=Path, metavar="FOLDER", help="where backups lie; the newest must not be older than a day")
        parser.add_argument(
            "--environment",
            type=Path,
            metavar="FILE",
            default=Asked.environment,
            help=f"the file of the environment (default: {Asked.environment})",
        )
        parser.add_argument(
            "--at",
            metavar="HOST:PORT,HOST:PORT",
            default="",
            help="where to ask for the site in HTTPS and in plain, if its name leads elsewhere",
        )

    def handle(self, *args: Any, json: bool, offline: bool, strict: bool, **options: Any) -> None:
        found = []
        progress = self.progress()
        for number, one in enumerate(look(self.asked(options), offline=offline), 1):
            progress.show(f"{number} of {len(LOOKS)}: {one[0].name}")
            found.append(one)
        progress.clear()
        failing = (Level.WRONG, Level.WARNING) if strict else (Level.WRONG,)
        failed = [one for one in found if one[1].level in failing]
        if json:
            self.stdout.write(as_json(found))
        elif shown := found if self.verbosity else failed:
            self.stdout.write(as_text(shown))
        if failed:
            raise SystemExit(WRONG)

    def asked(self, options: dict[str, Any]) -> Asked:
        try:
            https, plain = where_it_is(options["at"])
        except ValueError as error:
            raise CommandError("--at must be HOST:PORT,HOST:PORT, such as 127.0.0.1:443,127.0.0.1:80.", returncode=UNUSABLE) from error
        return Asked(options["backups"], options["environment"], https, plain)


def as_text(found: Found) -> str:
    lines = [f"{finding.level:<8} {one.name}: {finding.sentence}" for one, finding in found]
    counts = [sum(finding.level == level for _look, finding in found) for level in Level]
    return "\n".join([*lines, "", "{} ok, {} to be warned of, {} wrong".format(*counts)])


def as_json(found: Found) -> str:
    """Names and meanings stay as they are: monitoring reads them (docs/operating.md)."""
    return dumps([{"look": one.name, "level": finding.level, "sentence": finding.sentence} for one, finding in found], indent=2)

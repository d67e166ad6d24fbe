"""`manage.py setup`: a new site from nothing; it asks, tries what was answered, and writes the environment file (docs/setup.md)."""

import os
import secrets
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from infacta.command_faults import INTERRUPTED
from infacta.commands import DONE, UNUSABLE, WRONG, SiteCommand
from operations.setting_up import databases, steps
from operations.setting_up.environment_file import Unusable, write
from operations.setting_up.given import given
from operations.setting_up.interview import Interview
from operations.setting_up.plan import Plan, earlier_answers, planned, present_in
from operations.setting_up.question import Group, Known
from operations.setting_up.questions import GROUPS, PRODUCT, QUESTIONS, STAFF

ROOT = Path(__file__).resolve().parents[3]


class Command(SiteCommand):
    help = (
        "Set a site up: asks for what it needs, tries each server that is named, writes the environment file, makes keys and tables, the first "
        "administrator and product, and sends a mail to see that mails arrive. Run again, it offers what is there, and makes nothing twice."
    )
    examples = (
        "",
        "--dry-run  # ask, try, and show the file that would be written",
        "--no-input --answers site.toml --mail-password-file /run/secrets/mail",
        "--file /etc/infacta/environment --site-name Northwind",
    )
    statuses = {
        DONE: "all is done, and the relay took the mail",
        WRONG: "something is not done, or does not work: the text says what, and the file is written",
        UNUSABLE: "an answer or an argument cannot be used, and nothing was changed",
        INTERRUPTED: "it was interrupted",
    }
    changes = "the file of the environment, folders, keys, tables, static files, the first rows"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", type=Path, help="the file to write (default: ENV_FILE, or .env here, or what .env links to)")
        parser.add_argument(
            "--no-input", action="store_true", help="ask nothing: take options, --answers, the environment, and what is there"
        )
        parser.add_argument("--answers", type=Path, help='a TOML file of answers by the names of these options: site-name = "Northwind"')
        self.add_dry_run(parser, "show the file, without its secrets, and change nothing")
        parser.add_argument("--no-tries", action="store_true", help="do not try whether database, Redis and relay answer")
        parser.add_argument("--no-steps", action="store_true", help="write folders, keys and the file alone")
        parser.add_argument("--database-url", help="a PostgreSQL address instead of its parts (best by the environment, DATABASE_URL)")
        parser.add_argument("--mail-url", help="a relay's address instead of its parts (best by the environment, EMAIL_URL)")
        for question in QUESTIONS:
            ending = "-file" if question.is_secret else ""
            parser.add_argument(
                f"--{question.option}{ending}", help=f"{question.asks}{' (a file that holds it)' if ending else ''}".replace("%", "%%")
            )

    def handle(self, *args: Any, **options: Any) -> None:
        path = self.path = (options["file"] or Path(os.environ.get("ENV_FILE") or ROOT / ".env")).resolve()
        try:
            plan, known = self.answered(path, options)
            if options["dry_run"]:
                self.stdout.write(f"\n{path} would hold:\n\n{plan.shown}\nNothing was changed.")
                return
            if not options["no_input"] and not self.agreed(plan):
                raise CommandError("Nothing was changed.", returncode=UNUSABLE)
        except (KeyboardInterrupt, EOFError) as error:
            raise CommandError("\nStopped. Nothing was changed.", returncode=INTERRUPTED) from error
        try:
            self.apply(plan, known, options)
        except KeyboardInterrupt as error:
            raise CommandError(
                f"\nStopped half-way. Run setup again with {path}: it goes on where it stopped.", returncode=INTERRUPTED
            ) from error
        except OSError as error:
            raise CommandError(
                f"{error.filename or path}: {error.strerror}. Run setup as the user whom that belongs to.", returncode=WRONG
            ) from error

    # Answers

    def answered(self, path: Path, options: dict[str, Any]) -> tuple[Plan, Known]:
        """The plan, once every answer can be used."""
        if not options["no_input"] and not sys.stdin.isatty():
            raise CommandError(
                "There is no terminal to ask on: give --no-input, and the answers as options or with --answers.", returncode=UNUSABLE
            )
        try:
            old = path.read_text(encoding="utf-8") if path.exists() else ""
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{path} cannot be read: {error}.", returncode=UNUSABLE) from error
        example = (ROOT / ".env.example").read_text(encoding="utf-8")
        present = present_in(old, example)
        known = Known(present, path.parent)
        interview = Interview(
            known, given(options), earlier_answers(present), not options["no_input"], not options["no_tries"], self.stdout.write
        )
        if interview.may_ask:
            self.stdout.write(
                f"This sets up {path}. Enter takes what stands in [brackets], a single - leaves it empty, Ctrl-C changes nothing."
            )
        for group in GROUPS:
            interview.hold([self.defaulted(group, interview, present)])
        if interview.problems:
            raise CommandError(
                "Nothing was changed:\n" + "\n".join(f"  {what}: {problem}" for what, problem in interview.problems.items()),
                returncode=UNUSABLE,
            )
        try:
            return planned(path, old, example, known), known
        except Unusable as problem:
            raise CommandError(f"Nothing was changed: a value cannot be written: {problem}", returncode=UNUSABLE) from problem

    def defaulted(self, group: Group, interview: Interview, present: dict[str, str]) -> Group:
        """The group, without its questions where the database has the answer already."""
        known = interview.known
        if group not in (STAFF, PRODUCT):
            return group
        url = databases.url_of(known) if known.on_postgresql else databases.sqlite_url(known["data-dir"])
        has_staff, has_product = databases.rows_in(url)
        is_there = has_staff if group is STAFF else has_product
        is_given = any(question.option in interview.given for question in group.questions)
        return group if is_given or not is_there else Group(group.title, ())

    def agreed(self, plan: Plan) -> bool:
        self.stdout.write(
            f"\n{plan.path} {'will be written' if plan.changes else 'is right as it is'}; keys, tables, and what else is missing are made."
        )
        return not input("Go on? [Y/n] ").strip().lower().startswith("n")

    # Doing

    def apply(self, plan: Plan, known: Known, options: dict[str, Any]) -> None:
        for made in [*steps.make_folders(plan), *steps.make_keys(plan)]:
            self.say(f"Made {made}")
        if plan.changes:
            backup = write(plan.path, plan.new)
            self.say(f"Wrote {plan.path}" + (f"; the old one is {backup}" if backup else ""))
        if options["no_steps"]:
            return
        self.say("Making the tables …")
        steps.do(plan, "migrate", "--verbosity", "0")
        self.say("Gathering the static files …")
        steps.do(plan, "collectstatic", "--noinput", "--verbosity", "0")
        names = ("staff-email", "staff-name", "product-name", "product-code", "product-summary")
        rows = {name.replace("-", "_"): known[name] for name in names}
        if any(rows.values()):
            self.say(steps.do(plan, "first_rows", *steps.options(**rows)))
        works = [self.mail_arrives(plan, known, options), self.checks(plan, known)]
        self.say(self.what_next(plan, known))
        if not all(works):
            raise CommandError("The site is set up, but see above: not all of it works yet.", returncode=WRONG)

    def mail_arrives(self, plan: Plan, known: Known, options: dict[str, Any]) -> bool:
        """Whether a mail was taken, and, where somebody can be asked, read."""
        if not (address := known["try-mail-to"]):
            return True
        code = f"{secrets.randbelow(10**6):06}"
        status, out, err = steps.manage(plan, "try_mail", address, f"--code={code}")
        if status:
            self.stderr.write(err or out)
            return False
        self.say(f"A mail to {address}: {out}")
        return options["no_input"] or not known["mail-host"] or self.code_is_read(code)

    def code_is_read(self, code: str) -> bool:
        for _try in range(3):
            said = input("Which code does it show? (Enter: it has not arrived) ").strip()
            if said == code:
                self.say("Mails arrive.")
                return True
            if not said:
                break
            self.stdout.write("That is not it.")
        self.stderr.write("Look into the junk folder, and at what the relay logs; then: manage.py try_mail ADDRESS")
        return False

    def checks(self, plan: Plan, known: Known) -> bool:
        """Whether the site's own checks find nothing."""
        status, out, err = steps.manage(plan, "check", *(["--deploy"] if known.is_production else []))
        if status or "WARNING" in err:
            self.stderr.write(err or out)
        return not status

    def what_next(self, plan: Plan, known: Known) -> str:
        link = ROOT / ".env"
        linked = (
            ""
            if link.exists() and link.resolve() == plan.path
            else f"\n  ln -s {plan.path} {link}   # so that commands by hand find the variables"
        )
        if known.is_production:
            return (
                f"\nWhat to do next:{linked}\n  services and nginx: docs/operating.md\n  then: manage.py production_check, and a first backup\n"
                f"  copy the keys to a safe place: manage.py back_up_keys"
            )
        return f"\nWhat to do next:{linked}\n  make run, or: .venv/bin/gunicorn infacta.wsgi and manage.py work\n  then open {known['site-url']}"

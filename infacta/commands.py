"""What every command of the site has in common: what its help says, how loud it is, how it fails, and what its exit status means."""

import os
import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from textwrap import fill
from typing import Any, ClassVar, NoReturn, TypeVar

from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter
from django.db import transaction

from infacta.command_faults import INTERRUPTED, LATER, UNREAD, fault_of
from infacta.progress import Progress

DONE, WRONG, UNUSABLE = 0, 1, 2
"""Exit statuses of every command: it did what it was asked for, and found nothing wrong; something is wrong, or could not be done; what it was
given cannot be used (arguments, a file), and nothing was changed. A command that has others names them in its `statuses`."""

COMMON_STATUSES: Mapping[int, str] = {
    UNUSABLE: "the arguments, or what they name, cannot be used; nothing was changed",
    LATER: "the database or Redis is away: the same command may be run again",
    INTERRUPTED: "interrupted (Ctrl-C): what was finished stays, and nothing is half done",
    UNREAD: "nobody reads the output any more, such as behind `| head`",
}
"""What the statuses beyond a command's own mean, and 2 where it says nothing else of it."""

AProgress = TypeVar("AProgress", bound=Progress)


class Unusable(CommandError):
    """What a command was given cannot be used: the sentence says what to do, and nothing was changed."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, returncode=UNUSABLE)


class Lines(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Text is wrapped line by line, and examples are not, for they are copied; arguments come in Django's order, those of all commands last."""

    show_last = DjangoHelpFormatter.show_last | {"--quiet"}

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(wrapped(line, width) for line in text.split("\n"))


def wrapped(line: str, width: int) -> str:
    """The second line of an exit status begins below its meaning."""
    if not line.startswith("  "):
        return fill(line, width)
    return fill(line, width, subsequent_indent=" " * 7) if line.split(maxsplit=1)[0].isdigit() else line


class SiteParser(CommandParser):
    """Says in one line what is wrong, for the help has the rest."""

    def error(self, message: str) -> NoReturn:
        if not self.called_from_command_line:
            super().error(message)
        self.exit(UNUSABLE, f"{self.prog}: {message}. See {self.prog} --help\n")


class SiteCommand(BaseCommand):
    """A command as an operator meets it: `help` explains, `examples` show, `statuses` say what its exit statuses mean here.

    `--quiet` is `--verbosity 0`: nothing but what was asked for is written unless something is wrong. What is wrong is a CommandError with WRONG
    or UNUSABLE as its `returncode`. docs/commands.md is made of all this (infacta/command_page.py).
    """

    examples: ClassVar[tuple[str, ...]] = ()
    """Arguments as they are typed behind the command's name; `  # ` and what they do may follow."""
    statuses: ClassVar[Mapping[int, str]] = {}
    subject: ClassVar[str] = "Setting up and running the site"
    """The heading below which docs/commands.md has it: one of infacta.command_page.SUBJECTS."""
    changes: ClassVar[str] = ""
    """What it changes, in a few words; "" if nothing."""
    run_by: ClassVar[str] = "an operator, by hand"
    """Who runs it, and when: a timer, cron, the web server's log rotation."""
    verbosity = 1

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        options = {"epilog": self.epilog(subcommand), "formatter_class": Lines} | options
        parser = super().create_parser(prog_name, subcommand, **options)
        parser.__class__ = SiteParser  # Django names its own class, and has no other way in
        parser.add_argument(
            "-q", "--quiet", action="store_true", help="write nothing but what was asked for unless something is wrong; as --verbosity 0"
        )
        return parser

    def epilog(self, subcommand: str) -> str:
        """The end of the help: examples and exit statuses."""
        examples = [f"  manage.py {subcommand} {example}".rstrip() for example in self.examples]
        statuses = [f"  {number:<3}  {meaning}" for number, meaning in self.all_statuses().items()]
        parts = (("Examples:", examples), ("Exit status:", statuses))
        return "\n\n".join("\n".join([title, *lines]) for title, lines in parts if lines)

    @classmethod
    def all_statuses(cls) -> dict[int, str]:
        """Its own, and those of every command."""
        return dict(sorted((dict(COMMON_STATUSES) | dict(cls.statuses)).items()))

    def add_dry_run(self, parser: CommandParser, told: str = "change nothing, and tell what would be done") -> None:
        parser.add_argument("--dry-run", action="store_true", help=told)

    def execute(self, *args: Any, **options: Any) -> str | None:
        if options.get("quiet"):
            options["verbosity"] = 0
        self.verbosity = options["verbosity"]
        try:
            said = super().execute(*args, **options)
            self.stdout.flush()
        except (Exception, KeyboardInterrupt) as error:
            fault = fault_of(error)
            if fault is None or options.get("traceback") or not getattr(self, "_called_from_command_line", False):
                raise
            if isinstance(error, BrokenPipeError):
                leave_closed_output()
            raise CommandError(fault.sentence, returncode=fault.status) from error
        return said

    def progress(self) -> Progress:
        """How far it is: on a terminal alone, and not with --quiet."""
        return self.shown(Progress(self.stderr))

    def shown(self, progress: AProgress) -> AProgress:
        """A progress of the command's own kind, silenced by --quiet."""
        progress.is_shown = progress.is_shown and self.verbosity > 0
        return progress

    def say(self, text: str) -> None:
        """What whoever asked for quiet is not told."""
        if self.verbosity:
            self.stdout.write(text)


@contextmanager
def taken_back() -> Iterator[None]:
    """What the database is told in here is taken back at the end: a dry run does what the real run does, and leaves nothing."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def leave_closed_output() -> None:
    """Python would stumble over it once more when it flushes at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.__stdout__):
        if stream is not None:
            os.dup2(nowhere, stream.fileno())

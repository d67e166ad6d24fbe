"""What every command of the site has in common: what its help says, how loud it is, and what its exit status means."""

from argparse import RawDescriptionHelpFormatter
from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandParser, DjangoHelpFormatter

from infacta.progress import Progress

DONE, WRONG, UNUSABLE = 0, 1, 2
"""Exit statuses of every command: it did what it was asked for, and found nothing wrong; something is wrong, or could not be done; what it was
given cannot be used (arguments, a file), and nothing was changed. A command that has others names them in its `statuses`."""


class EpilogAsWritten(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Examples and exit statuses keep their lines; arguments come in Django's order."""


class SiteCommand(BaseCommand):
    """A command as an operator meets it: `help` explains, `examples` show, `statuses` say what its exit statuses mean here.

    `--quiet` is `--verbosity 0`: nothing is written unless something is wrong. What is wrong is a CommandError with WRONG or UNUSABLE as its
    `returncode`.
    """

    examples: ClassVar[tuple[str, ...]] = ()
    """Arguments as they are typed behind the command's name; `  # ` and what they do may follow."""
    statuses: ClassVar[Mapping[int, str]] = {}
    verbosity = 1

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        options = {"epilog": self.epilog(subcommand), "formatter_class": EpilogAsWritten} | options
        parser = super().create_parser(prog_name, subcommand, **options)
        parser.add_argument("-q", "--quiet", action="store_true", help="write nothing unless something is wrong; the same as --verbosity 0")
        return parser

    def epilog(self, subcommand: str) -> str:
        """The end of the help: examples and exit statuses."""
        examples = [f"  manage.py {subcommand} {example}".rstrip() for example in self.examples]
        statuses = [f"  {number}  {meaning}" for number, meaning in sorted(self.statuses.items())]
        parts = (("Examples:", examples), ("Exit status:", statuses))
        return "\n\n".join("\n".join([title, *lines]) for title, lines in parts if lines)

    def execute(self, *args: Any, **options: Any) -> str | None:
        if options.get("quiet"):
            options["verbosity"] = 0
        self.verbosity = options["verbosity"]
        return super().execute(*args, **options)

    def progress(self) -> Progress:
        """How far it is: on a terminal alone, and not with --quiet."""
        progress = Progress(self.stderr)
        progress.is_shown = progress.is_shown and self.verbosity > 0
        return progress

    def say(self, text: str) -> None:
        """What whoever asked for quiet is not told."""
        if self.verbosity:
            self.stdout.write(text)

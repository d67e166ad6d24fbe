"""`manage.py command_page`: the part of docs/commands.md that is made of the commands themselves."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from infacta.command_page import BEGIN, END, markdown
from infacta.commands import DONE, UNUSABLE, SiteCommand, Unusable


class Command(SiteCommand):
    help = (
        "Print what docs/commands.md says of each command: it is made of the commands' own help. With --into it is put between the two markers of "
        "that file. Run it after a command changed; a test compares both."
    )
    examples = ("--into docs/commands.md", "--into docs/commands.md --dry-run", "")
    statuses = {DONE: "it is printed, or stands in the file", UNUSABLE: "the file cannot be read, or has no markers; it stays as it is"}
    subject = "Development"
    changes = "with --into: that file"
    run_by = "a developer, by hand"

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_dry_run(parser, "with --into: change nothing, and tell whether the file would change")
        parser.add_argument("--into", type=Path, metavar="FILE", help="put it between the markers of this file")

    def handle(self, *args: Any, into: Path | None, dry_run: bool, **options: Any) -> None:
        if into is None:
            self.stdout.write(markdown())
            return
        text = self.read(into)
        before, _begin, rest = text.partition(BEGIN)
        _old, end, after = rest.partition(END)
        if not end:
            raise Unusable(f"{into} lacks the markers {BEGIN} and {END}.")
        new = f"{before}{BEGIN}\n\n{markdown()}\n\n{END}{after}"
        if not dry_run and new != text:
            into.write_text(new)
        self.say(f"{into} {'would be' if dry_run else 'is'} {'as it was' if new == text else 'changed'}.")

    def read(self, file: Path) -> str:
        try:
            return file.read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise Unusable(f"{file} cannot be read: {error}.") from error

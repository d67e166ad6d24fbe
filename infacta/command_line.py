"""`manage.py` without a command, or with `help`: the site's own commands first, by subject, and then all others."""

from collections import defaultdict
from collections.abc import Iterator
from textwrap import fill, shorten

from django.core.management import ManagementUtility, get_commands

from infacta.command_page import by_subject
from infacta.completion import first_sentence

WIDTH, NAME = 110, 24


class SiteManagement(ManagementUtility):
    """Django's command line with a help that begins with what an operator of the site looks for."""

    def main_help_text(self, commands_only: bool = False) -> str:
        if commands_only or self.settings_exception is not None:
            text: str = super().main_help_text(commands_only)
            return text
        return "\n".join([f"Type '{self.prog_name} help COMMAND' for one command; docs/commands.md has all on one page.", *lines()])


def lines() -> Iterator[str]:
    own: set[str] = set()
    for subject, group in by_subject():
        yield f"\n{subject}"
        for name, command in group.items():
            own.add(name)
            yield f"    {name:<{NAME}}{shorten(first_sentence(command.help), WIDTH - NAME - 4, placeholder=' …')}"
    others: dict[str, list[str]] = defaultdict(list)
    for name, app in sorted(get_commands().items()):
        if name not in own:
            others[str(app).rpartition(".")[-1]].append(name)
    yield "\nOf Django and of libraries"
    for app, names in sorted(others.items()):
        yield fill(", ".join(names), WIDTH, initial_indent=f"    {app:<{NAME}}", subsequent_indent=" " * (NAME + 4))

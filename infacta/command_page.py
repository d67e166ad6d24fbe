"""The part of docs/commands.md that is made of the commands themselves: `manage.py command_page` prints it, and a test compares both."""

from argparse import SUPPRESS, Action
from collections.abc import Iterator

from django.core.management.base import CommandParser

from infacta.commands import COMMON_STATUSES, SiteCommand
from infacta.completion import commands, first_sentence

BEGIN, END = "<!-- made by manage.py command_page: do not edit -->", "<!-- end of what manage.py command_page makes -->"
SUBJECTS = (
    "Setting up and running the site",
    "Every day",
    "Partners and purchases",
    "Announcements and promotions",
    "Support",
    "Privacy",
    "Keys and signatures",
    "Development",
)
COMMON = {"help", "version", "verbosity", "settings", "pythonpath", "traceback", "no_color", "force_color", "skip_checks", "quiet"}
"""Options that every command has: the page explains them once."""


def own_commands() -> dict[str, SiteCommand]:
    """The site's own commands by name."""
    return {name: command for name, command in commands().items() if isinstance(command, SiteCommand)}


def by_subject() -> Iterator[tuple[str, dict[str, SiteCommand]]]:
    """The subjects in their order, each with its commands. KeyError for a subject that is none."""
    groups: dict[str, dict[str, SiteCommand]] = {subject: {} for subject in SUBJECTS}
    for name, command in own_commands().items():
        groups[command.subject][name] = command
    return ((subject, group) for subject, group in groups.items() if group)


def markdown() -> str:
    """What stands between the two markers: a list of all, and then each command below its subject."""
    parts = ["\n".join(index())]
    for subject, group in by_subject():
        parts += [f"## {subject}", *(section(name, command) for name, command in group.items())]
    return "\n\n".join(parts)


def index() -> Iterator[str]:
    yield "| command | what it does | changes things | `--dry-run` |"
    yield "| --- | --- | --- | --- |"
    for _subject, group in by_subject():
        for name, command in group.items():
            told = "yes" if has_dry_run(command) else "–"
            changes = "yes" if command.changes or has_dry_run(command) else "no"
            yield f"| [`{name}`](#{name}) | {cell(first_sentence(command.help))} | {changes} | {told} |"


def section(name: str, command: SiteCommand) -> str:
    """One command."""
    parts = [f"### {name}", command.help, "\n".join(facts(command))]
    if rows := list(arguments(parser_of(name, command))):
        parts.append("\n".join(["| argument | meaning |", "| --- | --- |", *rows]))
    if command.examples:
        parts.append("\n".join(f"    manage {name} {example}".rstrip() for example in command.examples))
    return "\n\n".join(parts)


def facts(command: SiteCommand) -> Iterator[str]:
    yield f"- **Changes:** {command.changes or ('see above' if has_dry_run(command) else 'nothing')}"
    yield f"- **Run by:** {command.run_by}"
    own = {number: meaning for number, meaning in command.all_statuses().items() if COMMON_STATUSES.get(number) != meaning}
    yield f"- **Exit status:** {'; '.join(f'`{number}` {meaning}' for number, meaning in own.items())}"


def arguments(parser: CommandParser) -> Iterator[str]:
    """A row of the table for each argument of its own."""
    formatter = parser._get_formatter()
    for action in parser._actions:
        if action.dest not in COMMON and action.help != SUPPRESS:
            meaning = formatter._expand_help(action) if action.help else ""
            choices = f" ({', '.join(map(str, action.choices))})" if action.choices and len(list(action.choices)) <= 20 else ""
            yield f"| `{cell(named(action))}` | {cell(meaning + choices)} |"


def named(action: Action) -> str:
    """As it is typed: the option, or the name of what stands alone."""
    value = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    if not action.option_strings:
        return f"[{value}]" if action.nargs == "?" else f"{value} …" if action.nargs == "+" else value
    takes = "" if action.nargs == 0 else f" {value} …" if action.nargs == "+" else f" {value}"
    return f"{', '.join(action.option_strings)}{takes}"


def parser_of(name: str, command: SiteCommand) -> CommandParser:
    return command.create_parser("manage", name)


def has_dry_run(command: SiteCommand) -> bool:
    return any(action.dest == "dry_run" for action in parser_of("", command)._actions)


def cell(text: str) -> str:
    return text.replace("|", "\\|")

"""Completion at the shell's prompt: scripts that shtab makes of the commands' own parsers, so that no Python is started when somebody presses Tab."""

from argparse import Action, ArgumentParser
from collections.abc import Sequence
from pathlib import Path

import shtab
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

SHELLS = ("bash", "zsh", "fish")
PROGRAMS = ("manage", "manage.py")
"""The operators' wrapper of docs/operating.md, and the program itself, also as ./manage.py."""
FILES, FOLDERS = {"FILE", "CSV"}, {"MAILDIR", "FOLDER"}
"""Names of values that are completed as files, besides arguments that are a Path."""


def script_for(shell: str, programs: Sequence[str] = PROGRAMS) -> str:
    """A script that completes commands, options, choices and files for all of these programs."""
    return "\n".join(shtab.complete(parser_of_all(program), shell=shell, root_prefix=prefix_of(program)) for program in programs)


def prefix_of(program: str) -> str:
    """What the script's own functions are called after, so that the scripts of two programs live side by side."""
    return f"infacta_{program.replace('.', '_')}"


def commands() -> dict[str, BaseCommand]:
    """Every command that manage.py knows, Django's and the libraries' too, by name."""
    return {name: load_command_class(app, name) if isinstance(app, str) else app for name, app in sorted(get_commands().items())}


def parser_of_all(program: str) -> ArgumentParser:
    """One parser with every command as a sub-command: what shtab reads."""
    root = ArgumentParser(prog=program)
    subparsers = root.add_subparsers()
    for name, command in commands().items():
        own = command.create_parser(program, name)
        for action in own._actions:
            tell_files(action)
        summary = first_sentence(command.help)
        subparsers.add_parser(name, parents=[own], add_help=False, conflict_handler="resolve", help=summary, description=summary)
    return root


def tell_files(action: Action) -> None:
    """Where a file or a folder is expected, shells offer those."""
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    if action.type is Path or metavar in FILES:
        action.complete = shtab.FILE  # type: ignore[attr-defined]
    elif metavar in FOLDERS:
        action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]


def first_sentence(text: str) -> str:
    """For a list of commands: without what follows, and without a mark that would end with it."""
    return " ".join(str(text).split()).partition(". ")[0].partition(" (docs/")[0].partition(": ")[0].rstrip(".")

"""Completion at the shell's prompt: scripts that shtab makes of the commands' own parsers, so that no Python is started when somebody presses Tab."""

import re
from argparse import Action, ArgumentParser
from pathlib import Path

import shtab
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

SHELLS = ("bash", "zsh", "fish")
PROGRAM, ALIAS = "manage", "manage.py"
"""The operators' wrapper of docs/operating.md, and the program itself, also as ./manage.py."""
FUNCTION = "infacta"  # what the script's own functions are called after
FILES, FOLDERS = {"FILE", "CSV"}, {"MAILDIR", "FOLDER"}
"""Names of values that are completed as files, besides arguments that are a Path."""


def script_for(shell: str) -> str:
    """A script that completes commands, options, choices and files, for the program by both of its names."""
    script = shtab.complete(parser_of_all(), shell=shell, root_prefix=FUNCTION)
    if shell == "zsh":  # where it is autoloaded, its first line says for what
        names = f"{PROGRAM} {ALIAS}"
        return script.replace(f"#compdef {PROGRAM}\n", f"#compdef {names}\n", 1).replace(f" -N {PROGRAM}\n", f" -N {names}\n")
    if shell == "fish":
        return script.replace(f"\ncomplete -c {PROGRAM} ", f"\ncomplete -c {PROGRAM} -c {ALIAS} ")
    return f"{script.rstrip()}\ncomplete -o bashdefault -F _shtab_{FUNCTION} {ALIAS}\n"


def commands() -> dict[str, BaseCommand]:
    """Every command that manage.py knows, Django's and the libraries' too, by name."""
    return {name: load_command_class(app, name) if isinstance(app, str) else app for name, app in sorted(get_commands().items())}


def parser_of_all() -> ArgumentParser:
    """One parser with every command as a sub-command: what shtab reads."""
    root = ArgumentParser(prog=PROGRAM)
    subparsers = root.add_subparsers()
    for name, command in commands().items():
        own = command.create_parser(PROGRAM, name)
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
    """For a list of commands: without what stands in brackets, and without what follows a colon."""
    return re.sub(r" \([^()]*\)", "", " ".join(str(text).split())).partition(". ")[0].partition(": ")[0].rstrip(".")

"""Asking an operator for a passphrase, which never stands on a command line: everybody on the machine can read those."""

import sys
from getpass import getpass
from pathlib import Path

from django.core.management.base import CommandParser

from downloads.management.key_backup import SHORTEST_PASSPHRASE
from infacta.commands import Unusable


def add_passphrase_file(parser: CommandParser) -> None:
    parser.add_argument(
        "--passphrase-file", type=Path, metavar="FILE", help="read the passphrase from the first line of this file, and do not ask for it"
    )


def passphrase_of(file: Path | None, *, twice: bool) -> str:
    """What the file's first line holds, or what is typed; with `twice`, for a new one, what is typed the same two times, and
    is long enough. Unusable if there is none."""
    checked = demand_long if twice else str
    if file:
        try:
            return checked((file.read_text().splitlines() or [""])[0])
        except (OSError, ValueError) as error:
            raise Unusable(f"The passphrase cannot be read from {file}: {error}.") from error
    if not sys.stdin.isatty():
        raise Unusable("Nobody is there to type the passphrase: name a file with --passphrase-file.")
    passphrase = checked(getpass("Passphrase: "))
    if twice and getpass("The same once more: ") != passphrase:
        raise Unusable("These were two different passphrases. Nothing was done.")
    return passphrase


def demand_long(passphrase: str) -> str:
    if len(passphrase.strip()) < SHORTEST_PASSPHRASE:
        raise Unusable(f"A passphrase has {SHORTEST_PASSPHRASE} characters or more: several words that are nowhere else.")
    return passphrase

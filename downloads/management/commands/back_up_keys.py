"""`manage.py back_up_keys FILE`: the private keys in one file, locked by a passphrase."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from downloads.management.key_backup import locked, unlocked
from downloads.management.passphrase import add_passphrase_file, passphrase_of
from downloads.signing import PURPOSES, BadKey, SigningKey, configured_key, write_secret
from infacta.commands import DONE, WRONG, SiteCommand, Unusable

TAKEN = "%s is there already, and stays as it is. Name another file."


class Command(SiteCommand):
    help = (
        "Write the keys that sign releases, licence files and updates into a file that is not there yet, locked by a passphrase, and read it back "
        "to see that it gives the same keys. Keep the file and the passphrase in two places, neither of which is the site's backup. "
        "Do it once after the keys were made, and after each change of one."
    )
    examples = (
        "/media/safe/keys.backup",
        "/media/safe/keys.backup --passphrase-file /root/passphrase",
        "/media/safe/keys.backup --dry-run",
    )
    statuses = {
        DONE: "the file is written and gives the same keys again",
        WRONG: "the file could not be written or read back: do not rely on it",
    }
    subject = "Keys and signatures"
    changes = "the one file that it makes"

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_dry_run(parser, "ask for no passphrase, write nothing, and tell which keys would be in it")
        parser.add_argument("file", type=Path, help="where to put the backup")
        add_passphrase_file(parser)

    def handle(self, *args: Any, file: Path, passphrase_file: Path | None, dry_run: bool, **options: Any) -> None:
        if dry_run:
            self.tell_dry(file)
            return
        passphrase = passphrase_of(passphrase_file, twice=True)
        try:
            keys = present_keys()
            write_secret(file.absolute(), locked(keys, passphrase))
            again = unlocked(file.read_bytes(), passphrase)
        except FileExistsError as error:
            raise Unusable(TAKEN % file) from error
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
        if [key.id for key in again] != [key.id for key in keys]:
            raise CommandError(f"{file} was written, and does not give the same keys again: do not rely on it.")
        for key in keys:
            self.say(f"{key.purpose.slug}: the key {key.id} is in {file}, and was read back.")

    def tell_dry(self, file: Path) -> None:
        if file.exists():
            raise Unusable(TAKEN % file)
        for key in present_keys():
            self.say(f"{key.purpose.slug}: the key {key.id} would be in {file}.")


def present_keys() -> list[SigningKey]:
    """All keys of the site; Unusable if one is not configured."""
    try:
        return [configured_key(purpose) for purpose in PURPOSES.values()]
    except BadKey as error:
        raise Unusable(f"{error} Nothing was written.") from error

"""`manage.py back_up_keys FILE`: the private keys in one file, locked by a passphrase."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from downloads.management.key_backup import locked, unlocked
from downloads.management.passphrase import add_passphrase_file, passphrase_of
from downloads.signing import PURPOSES, BadKey, configured_key, write_secret


class Command(BaseCommand):
    help = (
        "Write the keys that sign releases, licence files and updates into a file that is not there yet, locked by a passphrase, and read it back "
        "to see that it gives the same keys. Keep the file and the passphrase in two places, neither of which is the site's backup."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="where to put the backup")
        add_passphrase_file(parser)

    def handle(self, *args: Any, file: Path, passphrase_file: Path | None, **options: Any) -> None:
        passphrase = passphrase_of(passphrase_file, twice=True)
        try:
            keys = [configured_key(purpose) for purpose in PURPOSES.values()]
            write_secret(file.absolute(), locked(keys, passphrase))
            again = unlocked(file.read_bytes(), passphrase)
        except BadKey as error:
            raise CommandError(f"{error} Nothing was written.") from error
        except FileExistsError as error:
            raise CommandError(f"{file} is there already, and stays as it is. Name another file.") from error
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
        if [key.id for key in again] != [key.id for key in keys]:
            raise CommandError(f"{file} was written, and does not give the same keys again: do not rely on it.")
        for key in keys:
            self.stdout.write(f"{key.purpose.slug}: the key {key.id} is in {file}, and was read back.")

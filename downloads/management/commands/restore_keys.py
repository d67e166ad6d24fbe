"""`manage.py restore_keys FILE`: put the private keys of a backup back where they are configured."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from downloads.management.key_backup import BadBackup, unlocked
from downloads.management.passphrase import add_passphrase_file, passphrase_of
from downloads.signing import BadKey, NoKey, SigningKey, configured_key, write_secret
from infacta.commands import DONE, UNUSABLE, WRONG, SiteCommand, Unusable


class Command(SiteCommand):
    help = (
        "Unlock a backup of keys, and put each key where its setting says (SIGNING_KEY_FILE, LICENCE_KEY_FILE, UPDATE_KEY_FILE). No file is overwritten: where "
        "another key is, nothing is done and the exit status is 1. With --dry-run it only tells, and so tries a backup."
    )
    examples = (
        "/media/safe/keys.backup --dry-run  # try it",
        "/media/safe/keys.backup",
        "/media/safe/keys.backup --passphrase-file /root/passphrase",
    )
    statuses = {
        DONE: "each key is in its place, from now or from before",
        WRONG: "another key is there, or a file could not be written",
        UNUSABLE: "the backup, or its passphrase, is no good; nothing was changed",
    }
    subject = "Keys and signatures"
    changes = "key files that are not there yet"
    requires_system_checks = []  # they ask for the keys

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the backup")
        parser.add_argument("--dry-run", action="store_true", help="unlock the backup and tell what would be done; write nothing")
        add_passphrase_file(parser)

    def handle(self, *args: Any, file: Path, passphrase_file: Path | None, dry_run: bool, **options: Any) -> None:
        try:
            keys = unlocked(file.read_bytes(), passphrase_of(passphrase_file, twice=False))
        except OSError as error:
            raise Unusable(f"{file} cannot be read: {error.strerror}.") from error
        except BadBackup as error:
            raise Unusable(str(error)) from error
        missing = [key for key in keys if not self.is_in_place(key)]
        for key in missing:
            if not dry_run:
                self.put(key)
            self.say(f"{key.purpose.slug}: the key {key.id} {'would be' if dry_run else 'is'} put into {key.purpose.path}.")

    def is_in_place(self, key: SigningKey) -> bool:
        """Whether the site has this key already; CommandError if it has another one."""
        try:
            present = configured_key(key.purpose)
        except NoKey:
            return False
        except BadKey as error:
            raise CommandError(f"{error} Nothing was changed.") from error
        if present.id != key.id:
            raise CommandError(f"{key.purpose.slug}: the site has the key {present.id}, and the backup {key.id}. Nothing was changed.")
        self.say(f"{key.purpose.slug}: the key {key.id} is in its place already.")
        return True

    def put(self, key: SigningKey) -> None:
        try:
            write_secret(key.purpose.path, key.private_pem.encode())
        except OSError as error:
            raise CommandError(f"{key.purpose.path} cannot be written: {error.strerror}.") from error

"""`manage.py make_signing_key`: a new key to sign release files with."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from downloads.signing import make_key

NEXT = """\
{path} holds a new signing key; nobody but its owner may read it. Its id is {id}.

What to do next:
  1. Put SIGNING_KEY_FILE={path} into the site's environment{already}, and restart the web service.
  2. Copy the file to a safe place that is not where the site's backups lie. Nobody can make this key again,
     and whoever has it can sign in your name.
  3. Run manage.py sign_files: it signs the files that this key has not signed. Earlier keys stay published at
     {page}."""


class Command(BaseCommand):
    help = "Make an Ed25519 key to sign release files with, in a file that is not there yet, and say what to do next."
    requires_system_checks = []  # they ask for the key

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="where to put it (default: what SIGNING_KEY_FILE names, or DATA_DIR)")

    def handle(self, *args: Any, file: Path | None, **options: Any) -> None:
        path = (file or settings.SIGNING_KEY_FILE).absolute()
        try:
            key = make_key(path)
        except FileExistsError as error:
            raise CommandError(f"{path} is there already, and stays as it is. For another key, name another file.") from error
        except OSError as error:
            raise CommandError(f"{path} cannot be made: {error.strerror}.") from error
        already = " (it is there already)" if path == settings.SIGNING_KEY_FILE.absolute() and not settings.SIGNING_KEY else ""
        self.stdout.write(NEXT.format(path=path, id=key.id, already=already, page=f"{settings.SITE_URL}/signatures/"))

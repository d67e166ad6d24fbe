"""`manage.py make_signing_key`: a new key to sign release files, licence files or updates with."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from downloads.signing import PURPOSES, RELEASES, make_key, raw_in_base64

NEXT = """\
{path} holds a new signing key; nobody but its owner may read it. Its id is {id}, and its public half is

{public_pem}
What to do next:
  1. Put {setting}_FILE={path} into the site's environment{already}, and restart the web service.
  2. Copy the file to a safe place that is not where the site's backups lie, or let manage.py back_up_keys do it. Nobody can make
     this key again, and whoever has it can sign in your name.
  3. {then}
     Earlier keys stay published at {page}."""
THEN = {
    "releases": "Run manage.py sign_files: it signs the files that this key has not signed.",
    "licences": "Build the public half into your products beside the earlier ones (docs/licence-files.md): best before step 1.",
    "updates": "Put the key into Sparkle's SUPublicEDKey or WinSparkle's win_sparkle_set_eddsa_public_key: {base64}\n"
    "     (docs/updates.md), and restart the workers too: they sign. Files that another key has signed: manage.py sign_files --for updates.",
}


class Command(BaseCommand):
    help = "Make an Ed25519 key to sign with, in a file that is not there yet, and say what to do next."
    requires_system_checks = []  # they ask for the key

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="where to put it (default: what the setting names, or DATA_DIR)")
        parser.add_argument("--for", dest="slug", choices=PURPOSES, default=RELEASES.slug, help="what it shall sign (default: releases)")

    def handle(self, *args: Any, file: Path | None, slug: str, **options: Any) -> None:
        purpose = PURPOSES[slug]
        path = (file or purpose.path).absolute()
        try:
            key = make_key(path, purpose)
        except FileExistsError as error:
            raise CommandError(f"{path} is there already, and stays as it is. For another key, name another file.") from error
        except OSError as error:
            raise CommandError(f"{path} cannot be made: {error.strerror}.") from error
        self.stdout.write(
            NEXT.format(
                path=path,
                id=key.id,
                public_pem=key.public_pem,
                setting=purpose.setting,
                already=" (it is there already)" if path == purpose.path.absolute() and not purpose.pem else "",
                then=THEN[slug].format(base64=raw_in_base64(key.public_pem)),
                page=f"{settings.SITE_URL}/signatures/",
            )
        )

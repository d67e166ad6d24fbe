"""`manage.py make_signing_key`: a new key to sign release files, licence files or updates with."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from downloads.signing import PURPOSES, RELEASES, make_key, raw_in_base64
from infacta.commands import DONE, UNUSABLE, WRONG, SiteCommand, Unusable

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

TAKEN = "%s is there already, and stays as it is. For another key, name another file."


class Command(SiteCommand):
    help = (
        "Make an Ed25519 key to sign with, in a file that is not there yet, and say what to do next. A site needs one for releases, one for licence "
        "files and one for updates; another one replaces a key that somebody may have seen. No file is overwritten. With --quiet it says nothing."
    )
    examples = ("", "--for licences", "/etc/infacta/update-key-2.pem --for updates", "--dry-run")
    statuses = {
        DONE: "the key is made",
        WRONG: "the file could not be written",
        UNUSABLE: "the file is there already, or cannot be used; it stays as it is",
    }
    subject = "Keys and signatures"
    changes = "the one file that it makes"
    requires_system_checks = []  # they ask for the key

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_dry_run(parser, "make no key, and tell where it would be")
        parser.add_argument("file", nargs="?", type=Path, help="where to put it (default: what the setting names, or DATA_DIR)")
        parser.add_argument("--for", dest="slug", choices=PURPOSES, default=RELEASES.slug, help="what it shall sign (default: releases)")

    def handle(self, *args: Any, file: Path | None, slug: str, dry_run: bool, **options: Any) -> None:
        purpose = PURPOSES[slug]
        path = (file or purpose.path).absolute()
        if dry_run:
            demand_room(path)
            self.say(f"A key for {slug} would be made in {path}. Nothing was changed.")
            return
        try:
            key = make_key(path, purpose)
        except FileExistsError as error:
            raise Unusable(TAKEN % path) from error
        except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
            raise Unusable(f"{path} cannot be made: {error.strerror}.") from error
        except OSError as error:
            raise CommandError(f"{path} cannot be made: {error.strerror}.") from error
        self.say(
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


def demand_room(path: Path) -> None:
    """Unusable where the real run would find that it cannot make the file."""
    if os.path.lexists(path):
        raise Unusable(TAKEN % path)
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise Unusable(f"{path} cannot be made: {path.parent} is no folder that can be written to.")

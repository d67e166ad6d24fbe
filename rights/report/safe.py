"""Where reports lie: each sealed under a random key of its own, in folders of their own (settings.REPORT_FILES_DIR, REPORT_KEYS_DIR).

The bytes are as support keeps the files of its cases (support/vault). Key and file bear the same name; without the key the file is nothing.
"""

import os
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from support.vault import files, keyring
from support.vault.files import ROOM_LEFT, Written
from support.vault.reading import SealedReader

NAME = re.compile(r"[0-9a-f]{32}")


def write(name: str, pieces: Iterable[bytes]) -> Written:
    """Make the key and the file. OSError, such as for a full disk, or what `pieces` raises: nothing of either is left then."""
    try:
        return files.append_at(path_of(settings.REPORT_FILES_DIR, name), keyring.create_at(path_of(settings.REPORT_KEYS_DIR, name)), pieces)
    except BaseException:
        with suppress(OSError):
            destroy(name)
        raise


def reader(name: str) -> SealedReader:
    """Its bytes, from anywhere in it. KeyGone, FileNotFoundError, Damaged."""
    key = keyring.key_at(path_of(settings.REPORT_KEYS_DIR, name))
    return SealedReader(path_of(settings.REPORT_FILES_DIR, name), key)


def destroy(name: str) -> bool:
    """Remove the key, and then the file; whether both are gone, which is looked for. OSError if one cannot be removed."""
    keyring.destroy_at(path_of(settings.REPORT_KEYS_DIR, name))
    with suppress(FileNotFoundError):
        path_of(settings.REPORT_FILES_DIR, name).unlink()
    return not exists(name)


def exists(name: str) -> bool:
    """Whether anything lies where its key or its file would."""
    return any(os.path.lexists(path_of(root, name)) for root in (settings.REPORT_KEYS_DIR, settings.REPORT_FILES_DIR))


def names() -> set[str]:
    """The names of all keys and files that there are."""
    return {entry.name for root in (settings.REPORT_KEYS_DIR, settings.REPORT_FILES_DIR) for entry in entries(Path(root))}


def entries(root: Path) -> list[Path]:
    folders = [folder for folder in root.iterdir() if folder.is_dir()] if root.is_dir() else []
    return [entry for folder in folders for entry in folder.iterdir() if NAME.fullmatch(entry.name)]


def has_room() -> bool:
    """Whether the disk has more than what is left to everything else. OSError."""
    folder = Path(settings.REPORT_FILES_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return shutil.disk_usage(folder).free > ROOM_LEFT


def path_of(root: Path, name: str) -> Path:
    if not NAME.fullmatch(name):
        raise ValueError("no name of a report")
    return Path(root) / name[:2] / name

"""Whether rows, keys and files of cases belong together, looked at in both directions.

What no live case names is destroyed, once it is older than an hour, for a key and a file come before their rows. Rows without their key or file
are told of: nobody can bring those back.
"""

import logging
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from infacta.batches import batches
from support.destruction import log
from support.destruction.parts import file_names
from support.models import Case, CaseFile, DiagnosticsUpload, Life, Reconciliation
from support.vault import files, keyring

logger = logging.getLogger(__name__)

BATCH = 500
YOUNG = timedelta(hours=1)
MOST_NAMED = 50
MOST_UNHEARD_OF = 50
KEPT = timedelta(days=90)


Take = Callable[[Callable[[Any], Any], Any, Callable[[Any], bool]], bool]
"""Given how something is destroyed, what, and how it is seen: whether it is gone."""
Tell = Callable[[Reconciliation], None]


def reconcile(believe: bool = False, progress: Tell = lambda found: None) -> Reconciliation:
    """Look at everything, destroy what is stray, and keep what was found.

    If the database knows so little of what lies there that it may be the wrong one, that is left alone, unless somebody says to `believe` it.
    `progress` hears now and then what was found so far.
    """
    found = Reconciliation.objects.create()
    look(found, believe, took, progress)
    found.ended_at = timezone.now()
    found.save()
    Reconciliation.objects.filter(began_at__lt=found.began_at - KEPT).delete()
    return found


def look_only(believe: bool = False, progress: Tell = lambda found: None) -> Reconciliation:
    """What `reconcile` would find and destroy. Nothing is destroyed, and nothing is kept of it."""
    found = Reconciliation(began_at=timezone.now())
    look(found, believe, lambda destroy, what, exists: True, progress)
    return found


def look(found: Reconciliation, believe: bool, take: Take, progress: Tell) -> None:
    spared = stray_keys(found, believe, take, progress)
    stray_files(found, spared, take, progress)
    damaged_cases(found)
    damaged_files(found)


def stray_keys(found: Reconciliation, believe: bool, take: Take, progress: Tell) -> set[str]:
    """Keys of no case that is there; a restored folder of keys is found here, by the log. Returns those that were spared."""
    strays: set[str] = set()
    for names in batches(keyring.names(), BATCH):
        found.keys += len(names)
        for name in named_by_nobody(names):
            if is_old(keyring.path_of(name), found.began_at):
                strays.add(name)
        progress(found)
    came_back = returned(strays)
    unheard_of = strays - came_back
    spared = unheard_of if is_too_much(len(unheard_of), found.keys) and not believe else set()
    found.returned_keys, found.stuck = len(came_back), len(spared)
    for name in strays - spared:
        taken = take(keyring.destroy, name, keyring.exists)
        found.stray_keys += taken
        found.stuck += not taken
    return spared


def returned(strays: set[str]) -> set[str]:
    """Those of them that were destroyed before."""
    return {entry.key_name for entry in log.oldest_first() if entry.key_name in strays} if strays else set()


def is_too_much(strays: int, keys: int) -> bool:
    """Whether so much is nobody's that this is rather another site's database than a fault here."""
    if strays < MOST_UNHEARD_OF or strays * 2 < keys:
        return False
    logger.error("%d of %d keys belong to no case, and nothing was destroyed: is this the right database?", strays, keys)
    return True


def stray_files(found: Reconciliation, spared: set[str], take: Take, progress: Tell) -> None:
    for names in batches(files.folders(), BATCH):
        found.folders += len(names)
        nobodys = named_by_nobody(names) - spared
        for name in nobodys:
            if all(is_old(path, found.began_at) for path in (files.folder_of(name), *inside(name))):
                taken = take(files.destroy_folder, name, files.folder_exists)
                found.stray_folders += taken
                found.stuck += not taken
        strays_inside([name for name in names if name not in nobodys | spared], found, take)
        progress(found)


def strays_inside(folders: Sequence[str], found: Reconciliation, take: Take) -> None:
    """Files in the folders of cases that are there, which no row names."""
    lying = {folder: inside(folder) for folder in folders}
    named = file_names(list(Case.objects.filter(key_name__in=folders).values_list("pk", flat=True)))
    named |= set(DiagnosticsUpload.objects.filter(key_name__in=folders).values_list("stored_as", flat=True))
    for path in (path for paths in lying.values() for path in paths):
        found.files += 1
        if path.name not in named and is_old(path, found.began_at):
            taken = take(Path.unlink, path, os.path.lexists)
            found.stray_files += taken
            found.stuck += not taken


def damaged_cases(found: Reconciliation) -> None:
    """Cases that are there, and whose key is not."""
    for cases in batches(Case.objects.live().order_by("pk").values_list("pk", "key_name").iterator(), BATCH):
        gone = [pk for pk, key_name in cases if not keyring.exists(key_name)]
        for reference in Case.objects.live().filter(pk__in=gone).values_list("reference", flat=True):
            found.keyless_cases += 1
            name(reference, found)


def damaged_files(found: Reconciliation) -> None:
    """Rows of files of cases that are there, and whose bytes are not."""
    rows = CaseFile.objects.filter(case__life=Life.LIVE).order_by("pk")
    for some in batches(rows.values_list("pk", "case__key_name", "stored_as").iterator(), BATCH):
        gone = [pk for pk, key_name, stored_as in some if not files.exists(key_name, stored_as)]
        for reference in rows.filter(pk__in=gone).values_list("case__reference", flat=True):
            found.missing_files += 1
            name(reference, found)


def name(reference: str, found: Reconciliation) -> None:
    if reference not in found.damaged and len(found.damaged) < MOST_NAMED:
        found.damaged.append(reference)


def named_by_nobody(names: Sequence[str]) -> set[str]:
    """Those of these names of keys that no case has which is there, or on its way out, and no upload that has no case yet."""
    cases = Case.objects.exclude(life=Life.DESTROYED).filter(key_name__in=names)
    uploads = DiagnosticsUpload.objects.filter(key_name__in=names)
    return set(names) - set(cases.values_list("key_name", flat=True)) - set(uploads.values_list("key_name", flat=True))


def inside(folder: str) -> list[Path]:
    """Nothing for a link: what it leads to is not ours to look at."""
    path = files.folder_of(folder)
    with suppress(OSError):
        return [] if path.is_symlink() else list(path.iterdir())
    return []


def is_old(path: Path, now: datetime) -> bool:
    with suppress(OSError):
        return bool(path.lstat().st_mtime < (now - YOUNG).timestamp())
    return False


def took(destroy: Callable[[Any], Any], what: Any, exists: Callable[[Any], bool]) -> bool:
    """Whether it is gone now."""
    with suppress(OSError):
        destroy(what)
    return not exists(what)

"""The steps of a destruction, in their order. Each destroys, and then looks whether anything is left: what it finds is all that counts.

A step takes cases and returns what stands in the way, by the number of the case; what is not named there is gone. Doing it again does no harm.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from mailroom import outbox
from support.cases.mails import cause_of
from support.destruction.parts import parts
from support.models import Case
from support.vault import files, keyring

Cases = Sequence[Case]
Problems = dict[int, str]
STILL_THERE = "it is still there"
SENDING = "a mail about it is being sent at this moment"
HANDS = 8
"""So many cases are taken at a time where the disk is waited for."""


class Step(NamedTuple):
    """`seen` is the field of the record that says when nothing was found any more."""

    name: str
    seen: str
    take: Callable[[Cases], Problems]


def keys(cases: Cases) -> Problems:
    """First, for with the key all that was sealed is unreadable at once, in backups too."""
    problems = tried(lambda case: keyring.destroy(case.key_name), cases)
    problems |= synced(lambda case: keyring.path_of(case.key_name).parent, cases)
    return {case.pk: problems.get(case.pk, STILL_THERE) for case in cases if case.pk in problems or keyring.exists(case.key_name)}


def stored_bytes(cases: Cases) -> Problems:
    """Every file in the case's folder, those too that no row names, and the folder."""
    problems = tried(lambda case: files.destroy_folder(case.key_name), cases)
    problems |= synced(lambda case: files.folder_of(case.key_name).parent, cases)
    return {case.pk: problems.get(case.pk, STILL_THERE) for case in cases if case.pk in problems or files.folder_exists(case.key_name)}


def mails(cases: Cases) -> Problems:
    """Copies in our outbox."""
    prefixes = {cause_of(case): case.pk for case in cases}
    outbox.destroy_copies(list(prefixes))
    left = outbox.causes_left(list(prefixes))
    return {case: SENDING for prefix, case in prefixes.items() if any(cause.startswith(prefix) for cause in left)}


def texts(cases: Cases) -> Problems:
    """All rows that hang on the case."""
    numbers, problems = [case.pk for case in cases], Problems()
    for part in parts():
        part.destroy(numbers)
    for part in parts():
        problems |= dict.fromkeys(part.remaining(numbers), f"{part.name}: {STILL_THERE}")
    return problems


STEPS = (
    Step("key", "key_gone_at", keys),
    Step("bytes", "bytes_gone_at", stored_bytes),
    Step("mails", "mails_gone_at", mails),
    Step("texts", "texts_gone_at", texts),
)


def tried(work: Callable[[Case], None], cases: Cases) -> Problems:
    """What the operating system says against it; without paths, for the record names nothing."""

    def told(case: Case) -> str:
        try:
            work(case)
        except OSError as error:
            return said(error)
        return ""

    with ThreadPoolExecutor(HANDS) as hands:
        return {case.pk: problem for case, problem in zip(cases, hands.map(told, cases), strict=True) if problem}


def synced(folder_of: Callable[[Case], Path], cases: Cases) -> Problems:
    """What was removed from these folders is removed on the disk too, or named here. A folder that is not there holds nothing."""
    problems: dict[Path, str] = {}
    for folder in {folder_of(case) for case in cases}:
        try:
            if os.path.lexists(folder):
                keyring.sync(folder)
        except OSError as error:
            problems[folder] = said(error)
    return {case.pk: problems[folder_of(case)] for case in cases if folder_of(case) in problems} if problems else {}


def said(error: OSError) -> str:
    return f"{error.strerror or type(error).__name__} (errno {error.errno})"

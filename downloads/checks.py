"""What the site says at its start about the keys that it signs with."""

import stat
from contextlib import suppress
from itertools import combinations
from typing import Any

from django.conf import settings
from django.core import checks

from downloads.signing import LICENCES, PURPOSES, RELEASES, UPDATES, BadKey, NoKey, Purpose, configured_key

ERRORS = {RELEASES: "downloads.E001", LICENCES: "downloads.E002", UPDATES: "downloads.E004"}
READABLE = {RELEASES: "downloads.W001", LICENCES: "downloads.W002", UPDATES: "downloads.W003"}


@checks.register
def there_are_keys_to_sign_with(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """In production there is a key for each purpose; wherever there is one, it is one to sign with (downloads.E001, E002, E004). A check makes none."""
    return [message for purpose in PURPOSES.values() for message in objections_to(purpose)]


def objections_to(purpose: Purpose) -> list[checks.CheckMessage]:
    command = f"manage.py make_signing_key{'' if purpose is RELEASES else f' --for {purpose.slug}'}"
    try:
        configured_key(purpose)
    except NoKey as error:
        hint = f"Make one: {command}. It says what to do next."
        return [checks.Error(str(error), hint=hint, id=ERRORS[purpose])] if settings.PRODUCTION else []
    except BadKey as error:
        return [checks.Error(str(error), hint=f"{command} FILE makes a key of the right kind.", id=ERRORS[purpose])]
    return []


@checks.register
def each_purpose_has_a_key_of_its_own(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """What one key signs must never pass for what another signs, and a theft of one must not be a theft of two (downloads.E003)."""
    return [
        checks.Error(
            f"{one.setting} and {other.setting} are the same key.",
            hint=f"Make another key for {other.slug}: manage.py make_signing_key --for {other.slug} FILE.",
            id="downloads.E003",
        )
        for one, other in combinations(PURPOSES.values(), 2)
        if have_one_key(one, other)
    ]


def have_one_key(one: Purpose, other: Purpose) -> bool:
    with suppress(BadKey):  # the check above says so
        return configured_key(one).id == configured_key(other).id
    return False


@checks.register
def the_keys_are_their_owners_alone(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Whoever reads a key can sign in the vendor's name (downloads.W001, W002, W003)."""
    open_to_others = [purpose for purpose in PURPOSES.values() if is_open_to_others(purpose)]
    return [
        checks.Warning(f"Others can read the signing key in {purpose.path}.", hint=f"chmod 400 {purpose.path}", id=READABLE[purpose])
        for purpose in open_to_others
    ]


def is_open_to_others(purpose: Purpose) -> bool:
    try:
        mode = 0 if purpose.pem else purpose.path.stat().st_mode
    except OSError:  # the first check says so
        mode = 0
    return stat.S_ISREG(mode) and bool(stat.S_IMODE(mode) & 0o077)

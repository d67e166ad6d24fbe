"""What the site says at its start about the key that signs release files."""

import stat
from typing import Any

from django.conf import settings
from django.core import checks

from downloads.signing import BadKey, NoKey, configured_key


@checks.register
def releases_can_be_signed(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """In production there is a key; wherever there is one, it is one to sign with (downloads.E001). A check makes none."""
    try:
        configured_key()
    except NoKey as error:
        hint = "Make one: manage.py make_signing_key. It says what to do next."
        return [checks.Error(str(error), hint=hint, id="downloads.E001")] if settings.PRODUCTION else []
    except BadKey as error:
        return [checks.Error(str(error), hint="manage.py make_signing_key FILE makes a key of the right kind.", id="downloads.E001")]
    return []


@checks.register
def the_key_is_its_owners_alone(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Whoever reads the key can sign in the vendor's name (downloads.W001)."""
    path = settings.SIGNING_KEY_FILE
    try:
        mode = 0 if settings.SIGNING_KEY else path.stat().st_mode
    except OSError:  # the check above says so
        mode = 0
    if not stat.S_ISREG(mode) or not stat.S_IMODE(mode) & 0o077:
        return []
    return [checks.Warning(f"Others can read the signing key in {path}.", hint=f"chmod 400 {path}", id="downloads.W001")]

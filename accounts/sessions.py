"""Browser sessions in the database, as Django keeps them, for well-formed keys alone, and with fewer questions."""

import re

from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.utils.crypto import get_random_string


class SessionStore(DatabaseSessionStore):
    """Cookies may carry any octet in disguise, and PostgreSQL does not take a NUL: a key that Django never made is no key."""

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(key and re.fullmatch(r"[a-z0-9]{32}", key))

    def _get_new_session_key(self) -> str:
        """A random number of 165 bits is nobody's yet; should it be, the insert fails, and another one is taken."""
        return get_random_string(32, VALID_KEY_CHARS)

    def cycle_key(self) -> None:
        """The same data under a new key, which is made when the response is: until then nothing more is written than the end of the old one."""
        self.keys()  # reads the data, while the old key is there
        old, self._session_key = self.session_key, None
        if old:
            self.model.objects.filter(session_key=old).delete()  # where Django's own way reads the row first
        self.modified = True

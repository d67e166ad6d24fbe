"""Browser sessions in the database, as Django keeps them, for well-formed keys alone."""

import re

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore


class SessionStore(DatabaseSessionStore):
    """Cookies may carry any octet in disguise, and PostgreSQL does not take a NUL: a key that Django never made is no key."""

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(key and re.fullmatch(r"[a-z0-9]{32}", key))

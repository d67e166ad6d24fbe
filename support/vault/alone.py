"""One at a time: whoever writes on a sealed file over several calls holds its key's file, on whichever host. The system lets go when the process ends."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from support.vault.keyring import KeyGone, path_of


class Busy(Exception):
    """Somebody else is writing at this moment."""


@contextmanager
def alone(key_name: str) -> Iterator[None]:
    """Hold what is sealed under this key; Busy if somebody does already, KeyGone if there is nothing to hold."""
    try:
        file = path_of(key_name).open("rb")
    except FileNotFoundError as error:
        raise KeyGone(key_name) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(key_name) from error
        yield

"""What goes out with a mail as an attachment: the row names it, and whoever has the bytes gives them when the mail is sent.

So nothing is kept a second time while a mail waits, and what is destroyed in the meantime is not mailed.
"""

from collections.abc import Callable
from typing import NamedTuple


class Attachment(NamedTuple):
    """It goes out byte for byte, and as nothing that a mail program would show: in base64, as application/octet-stream."""

    name: str
    content: bytes


class NothingToAttach(Exception):
    """What was to be attached is gone, or damaged: the mail is not sent. The message says why, to staff."""


Provider = Callable[[str], Attachment]
providers: dict[str, Provider] = {}


def attaches(name: str) -> Callable[[Provider], Provider]:
    """Declare who gives what is `attached` as "<name>:<key>": a function of the key, which raises NothingToAttach."""

    def declare(provider: Provider) -> Provider:
        providers[name] = provider
        return provider

    return declare


def attachment(attached: str) -> Attachment:
    """What this names. NothingToAttach, also if nobody knows the name."""
    name, _colon, key = attached.partition(":")
    if name not in providers:
        raise NothingToAttach(f"Nobody gives what is attached: {name}.")
    return providers[name](key)

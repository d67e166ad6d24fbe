"""Addresses as they stand in SMTP's commands and in headers."""

import re
from functools import lru_cache

DOT_ATOM = re.compile(r'[^\s"(),:;<>@\[\\\]]+')
LONGEST = 254  # RFC 5321, 4.5.3.1.3


class Unmailable(Exception):
    """No mail can be addressed to this; the message says why."""


@lru_cache(maxsize=256)
def address_on_the_wire(address: str) -> str:
    """The address with its domain in ASCII (IDNA); letters beyond ASCII may be left before the @, which need SMTPUTF8 (RFC 6531).

    Whatever could end a command or a header, or begin another one, is Unmailable.
    """
    local, _at, domain = address.rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise Unmailable("The domain of the address is none.") from error
    wired = f"{local}@{domain}"
    if not (DOT_ATOM.fullmatch(local) and DOT_ATOM.fullmatch(domain) and wired.isprintable()):
        raise Unmailable("The address holds a character that no mail can be addressed with.")
    if len(wired.encode()) > LONGEST:
        raise Unmailable("The address is longer than 254 bytes (RFC 5321).")
    return wired

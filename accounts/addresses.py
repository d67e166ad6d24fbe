"""E-mail addresses as keys: kept as typed, compared by a key that forgives case and form."""

import contextlib
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LONGEST = 254  # RFC 5321, 4.5.3.1.3; the key of an address with letters beyond ASCII may be longer than itself


def validate_mailable(address: str) -> None:
    """Refuse what no mail can be addressed to, though the grammar allows it: quoted names, and with them control characters; and what is
    too long in the form that goes out."""
    if '"' in address or not address.isprintable() or len(address_key(address)) > LONGEST:
        raise ValidationError(_("Enter a valid e-mail address."), code="invalid")


def spelled_out(address: str) -> str:
    """The address, and behind it the ASCII form of its domain where that looks different: a look-alike letter shows itself there."""
    domain = address_key(address).rpartition("@")[2]
    return address if address.isascii() else f"{address} ({domain})"


def address_key(address: str) -> str:
    """The form in which two spellings of one mailbox are equal: NFKC, case-folded, the domain in its ASCII form.

    `+tag` and dots are kept: they may be other people's mailboxes.
    """
    local, at, domain = unicodedata.normalize("NFKC", address.strip()).casefold().rpartition("@")
    with contextlib.suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    return f"{local}{at}{domain}"


def without_tag(key: str) -> str:
    """The key without what stands behind a `+`: most often the same mailbox, which limits count by, and nothing else."""
    local, _at, domain = key.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def masked(address: str) -> str:
    """The address as somebody who must not know it yet may recognise it: a…@e….com."""
    local, _at, domain = address.rpartition("@")
    host, dot, ending = domain.rpartition(".")
    return f"{local[:1]}…@{host[:1]}…{dot}{ending}"

"""The forms in which two spellings of the same thing are equal, and the digests of them."""

import unicodedata
from collections.abc import Iterable

from accounts.addresses import address_key


def spellings(typed: str) -> list[str]:
    """How the database may have the order reference that somebody typed."""
    text = " ".join(unicodedata.normalize("NFKC", typed).split())
    bare = text.lstrip("#").strip()
    return sorted({form for one in (text, bare, bare.replace(" ", "")) for form in (one, one.upper(), one.lower()) if form})


def words_in(name: str) -> frozenset[str]:
    """The words of a name, without accents and capitals, in no order: "Archer, Alice" is Alice Archer."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return frozenset("".join(letter if letter.isalnum() else " " for letter in plain.casefold()).split())


def postal_key(code: str) -> str:
    """As accounts.contact.as_compared has it in the database: capitals without spaces."""
    return "".join(code.split()).upper()


def address_keys(addresses: Iterable[str]) -> set[str]:
    return {address_key(address) for address in addresses if address}

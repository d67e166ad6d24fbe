"""What is done only if one asks for it, and what unless one refuses: gathered from the declarations, for the page that policies of P3P name in `opturi`."""

from privacy.cookies import Cookie
from privacy.p3p.statements import Use
from privacy.registry import Purpose, Registry


def choices_in(registry: Registry) -> dict[str, list[tuple[Purpose | Cookie, str]]]:
    """The purposes and the cookies that are somebody's choice, each with the kind of choice that it is."""
    purposes = dict.fromkeys(purpose for declared in registry.models.values() for purpose in declared.purposes)
    return {
        "purposes": [(purpose, kind) for purpose in purposes if (kind := kind_of(purpose.p3p))],
        "cookies": [(cookie, kind) for cookie in registry.cookies if (kind := kind_of(cookie.p3p))],
    }


def kind_of(words: tuple[str, ...]) -> str:
    """opt-in or opt-out; "" where there is no choice."""
    kinds = {Use.read(word).required for word in words} - {"always"}
    return max(kinds, default="")

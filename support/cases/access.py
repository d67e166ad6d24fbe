"""Whose case it is, for people who are not logged in: whoever has the link, or writes to the address, which both came by mail."""

import re

from support.models import Case
from support.references import reference_in

LINK = re.compile(r"([0-9a-z]{4}-[0-9a-z]{4})-[0-9a-f]{32}")
ADDRESS = re.compile(r"case\+([0-9a-z]{4}-[0-9a-z]{4})-[0-9a-f]{16}@.{1,250}")


def case_behind(access: str) -> Case | None:
    """The live case that this link leads to; None for a link that is none of ours, or no longer."""
    found = LINK.fullmatch(access)
    case = case_of(found[1]) if found else None
    return case if case and case.admits(access) else None


def case_addressed_by(address: str) -> Case | None:
    """The live case that mail to this address belongs to."""
    found = ADDRESS.fullmatch(address.lower())
    case = case_of(found[1]) if found else None
    return case if case and case.is_addressed_by(address) else None


def case_of(reference: str) -> Case | None:
    return Case.objects.live().select_related("user", "product").filter(reference=reference_in(reference)).first()

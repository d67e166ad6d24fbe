"""The policy reference file (P3P 1.0, 2.3)."""

from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from tests.p3p_checker.grammar import complaints_of_form, name_of
from tests.p3p_checker.words import NAMESPACE

P3P = {"p3p": NAMESPACE}
DAY = 24 * 3600


def parsed(document: bytes, name: str) -> tuple[Element | None, list[str]]:
    """The root, and what is wrong with its form."""
    try:
        root = ElementTree.fromstring(document)
    except ElementTree.ParseError as error:
        return None, [f"R1 This is not XML: {error}."]
    if name_of(root) != name:
        return None, [f"R1 The root is {root.tag} and not {name} of P3P."]
    return root, list(complaints_of_form(root))


def complaints_of_references(document: bytes, policies: dict[str, bytes], now: datetime) -> list[str]:
    """`policies` has the files of policies by their addresses, as the reference file writes those."""
    root, complaints = parsed(document, "META")
    if root is None:
        return complaints
    complaints += complaints_of_expiry(root, now)
    names = {path: names_in(file) for path, file in policies.items()}
    for reference in root.iterfind(".//p3p:POLICY-REF", P3P):
        path, _hash, name = reference.get("about", "").partition("#")
        if name not in names.get(path, ()):
            complaints.append(f"R1 {reference.get('about')} leads to no policy.")
        for pages in [*reference.iterfind("p3p:INCLUDE", P3P), *reference.iterfind("p3p:EXCLUDE", P3P)]:
            if not (pages.text or "").startswith("/"):
                complaints.append(f"R1 {pages.text!r} is no address on this host.")
    return complaints


def names_in(document: bytes) -> set[str]:
    root, _complaints = parsed(document, "POLICIES")
    return set() if root is None else {policy.get("name", "") for policy in root.iterfind("p3p:POLICY", P3P)}


def complaints_of_expiry(root: Element, now: datetime) -> Iterator[str]:
    """A life is a day at least (2.3.2.3); a date lies ahead."""
    for expiry in root.iter(f"{{{NAMESPACE}}}EXPIRY"):
        age, date = expiry.get("max-age"), expiry.get("date")
        if (age is None) == (date is None):
            yield "R1 EXPIRY has either a life or a date."
        elif age is not None and not (age.isdigit() and int(age) >= DAY):
            yield f"R1 A life of {age} seconds is none."
        elif date is not None and parsedate_to_datetime(date) <= now:
            yield f"R1 Expired on {date}."


def policy_name_for(root: Element, path: str) -> str:
    """The policy that holds for a page: the first reference that includes it, and does not exclude it (2.3.3)."""
    for reference in root.iterfind(".//p3p:POLICY-REF", P3P):
        included, excluded = ([pages.text or "" for pages in reference.iterfind(f"p3p:{kind}", P3P)] for kind in ("INCLUDE", "EXCLUDE"))
        if any(fits(pattern, path) for pattern in included) and not any(fits(pattern, path) for pattern in excluded):
            return reference.get("about", "").partition("#")[2]
    return ""


def fits(pattern: str, path: str) -> bool:
    """A star stands for anything; we need it at the end alone."""
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern

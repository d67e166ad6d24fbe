"""The policies themselves (P3P 1.0, 3.2 to 3.4)."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from xml.etree.ElementTree import Element

from tests.p3p_checker.base_data import CATEGORIES_OF, VARIABLE
from tests.p3p_checker.grammar import CHOICES, LANG, name_of
from tests.p3p_checker.references import P3P, complaints_of_expiry, parsed
from tests.p3p_checker.words import NAMESPACE, REQUIRED, RESOLUTIONS, WITH_TIMETABLE

CONTACTS = ("postal", "telecom.telephone", "online.email", "online.uri")


def complaints_of_policies(document: bytes, now: datetime, has_timetable: Callable[[str], bool]) -> list[str]:
    """`has_timetable` tells of a human policy, by its address, whether it says when data is destroyed."""
    root, complaints = parsed(document, "POLICIES")
    if root is None:
        return complaints
    complaints += complaints_of_expiry(root, now)
    names = [policy.get("name", "") for policy in root.iterfind("p3p:POLICY", P3P)]
    if len(set(names)) < len(names) or not all(re.fullmatch(r"[A-Za-z_][\w.-]*", name) for name in names):
        complaints.append(f"R1 Policies have names, each another: {names}.")
    for policy in root.iterfind("p3p:POLICY", P3P):
        complaints += [f"{complaint} ({policy.get('name')})" for complaint in complaints_of_policy(policy, has_timetable)]
    return complaints


def complaints_of_policy(policy: Element, has_timetable: Callable[[str], bool]) -> Iterator[str]:
    for attribute in ("discuri", "opturi"):
        if attribute in policy.attrib and not re.match(r"https?://\S+$", policy.get(attribute, "")):
            yield f"R1 {attribute} is no address: {policy.get(attribute)!r}."
    if not re.fullmatch(r"[a-z]{2,3}(-\w+)*", policy.get(LANG, "")):
        yield "R1 It does not say in which language its texts are."
    choices = {element.get("required") for element in policy.iter()} & {"opt-in", "opt-out"}
    if choices and not policy.get("opturi"):
        yield f"R3 There is {sorted(map(str, choices))}, and no opturi."
    ends = any(name_of(kept) in WITH_TIMETABLE for kept in policy.iterfind(".//p3p:RETENTION/*", P3P))
    if ends and not has_timetable(policy.get("discuri", "")):
        yield "R5 The human policy has no timetable of destruction."
    yield from complaints_of_entity(policy)
    yield from complaints_of_disputes(policy)
    for statement in policy.iterfind("p3p:STATEMENT", P3P):
        yield from complaints_of_statement(statement)


def complaints_of_entity(policy: Element) -> Iterator[str]:
    """A name and at least one way to reach it, all of it filled in (3.2.4)."""
    told = {data.get("ref", ""): (data.text or "").strip() for data in policy.iterfind("p3p:ENTITY/p3p:DATA-GROUP/p3p:DATA", P3P)}
    for ref, value in told.items():
        if ref.removeprefix("#") not in CATEGORIES_OF or not ref.startswith("#business."):
            yield f"R4 {ref} says nothing of a business."
        if not value:
            yield f"R1 {ref} of the entity is empty."
    if "#business.name" not in told:
        yield "R1 The entity has no name."
    if not any(ref.startswith(f"#business.contact-info.{contact}") for ref in told for contact in CONTACTS):
        yield "R1 The entity has no contact."


def complaints_of_disputes(policy: Element) -> Iterator[str]:
    for dispute in policy.iterfind(".//p3p:DISPUTES", P3P):
        if dispute.get("resolution-type") not in RESOLUTIONS:
            yield f"R1 {dispute.get('resolution-type')} resolves no dispute."
        if not (dispute.get("short-description") or dispute.findtext("p3p:LONG-DESCRIPTION", "", P3P).strip()):
            yield "R1 A way to complain is not described."


def complaints_of_statement(statement: Element) -> Iterator[str]:
    for kind in ("PURPOSE", "RECIPIENT"):
        yield from complaints_of_uses(statement.findall(f"p3p:{kind}/*", P3P))
    refs = [data.get("ref", "") for data in statement.iterfind("p3p:DATA-GROUP/p3p:DATA", P3P)]
    if len(set(refs)) < len(refs):
        yield f"R1 A statement says the same twice: {refs}."
    for data in statement.iterfind("p3p:DATA-GROUP/p3p:DATA", P3P):
        yield from complaints_of_data(data)
    consequence = statement.find("p3p:CONSEQUENCE", P3P)
    if consequence is not None and not (consequence.text or "").strip():
        yield "R1 An empty CONSEQUENCE."


def complaints_of_uses(uses: list[Element]) -> Iterator[str]:
    words = [name_of(use) for use in uses]
    if len(set(words)) < len(words):
        yield f"R10 The same word twice: {words}."
    for use in uses:
        if name_of(use) in CHOICES and use.get("required", "always") not in REQUIRED:
            yield f"R3 {name_of(use)} is required={use.get('required')!r}."
        if name_of(use) == "other-purpose" and not (use.text or "").strip():
            yield "R6 other-purpose does not say which."


def complaints_of_data(data: Element) -> Iterator[str]:
    ref = data.get("ref", "").removeprefix("#")
    categories = data.find("p3p:CATEGORIES", P3P)
    if not data.get("ref", "").startswith("#") or ref not in CATEGORIES_OF:
        yield f"R4 {data.get('ref')} is not in the base data schema."
    elif ref in VARIABLE and categories is None:
        yield f"R4 {ref} does not say of which categories it is."
    elif ref not in VARIABLE and categories is not None:
        yield f"R4 {ref} has its categories for good."
    if data.get("optional", "no") not in ("yes", "no"):
        yield f"R1 optional={data.get('optional')!r}."
    for other in data.iter(f"{{{NAMESPACE}}}other-category"):
        if not (other.text or "").strip():
            yield "R6 other-category does not say which."

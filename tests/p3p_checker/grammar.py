"""Which elements stand in which, in which order, and which attributes they have (P3P 1.0, 2.3, 3.2, 3.3 and appendix 5)."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from tests.p3p_checker.words import ACCESS, CATEGORIES, NAMESPACE, PURPOSES, RECIPIENTS, REMEDIES, RETENTIONS

LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def some_of(words: dict[str, str]) -> str:
    return "(" + "|".join(f"{word} " for word in words) + ")"


CHILDREN = {
    # As a regular expression over the names of the children, a space after each.
    "META": "POLICY-REFERENCES (POLICIES )?",
    "POLICY-REFERENCES": "(EXPIRY )?(POLICY-REF )*(HINT )*",
    "POLICY-REF": "(INCLUDE )*(EXCLUDE )*(COOKIE-INCLUDE )*(COOKIE-EXCLUDE )*(METHOD )*",
    "POLICIES": "(EXPIRY )?(DATASCHEMA )?(POLICY )*",
    "POLICY": "(TEST )?(EXPIRY )?(DATASCHEMA )?ENTITY ACCESS (DISPUTES-GROUP )?(STATEMENT )+",
    "ENTITY": "DATA-GROUP ",
    "ACCESS": some_of(ACCESS),
    "DISPUTES-GROUP": "(DISPUTES )+",
    "DISPUTES": "(LONG-DESCRIPTION )?(IMG )?(REMEDIES )?",
    "REMEDIES": some_of(REMEDIES) + "+",
    "STATEMENT": "(CONSEQUENCE )?PURPOSE RECIPIENT RETENTION (DATA-GROUP )+",
    "PURPOSE": some_of(PURPOSES) + "+",
    "RECIPIENT": some_of(RECIPIENTS) + "+",
    "RETENTION": some_of(RETENTIONS),
    "DATA-GROUP": "(DATA )+",
    "DATA": "(CATEGORIES )?",
    "CATEGORIES": some_of(CATEGORIES) + "+",
}
ATTRIBUTES = {
    # Those that must be there, and those that may.
    "EXPIRY": ("", "max-age date"),
    "POLICY-REF": ("about", ""),
    "HINT": ("scope path", ""),
    "COOKIE-INCLUDE": ("name value domain path", ""),
    "COOKIE-EXCLUDE": ("name value domain path", ""),
    "POLICIES": ("", LANG),
    "META": ("", LANG),
    "POLICY": ("name discuri", f"opturi {LANG}"),
    "DISPUTES": ("resolution-type service", "short-description verification"),
    "IMG": ("src alt", "width height"),
    "DATA-GROUP": ("", "base"),
    "DATA": ("ref", "optional"),
}
WITH_TEXT = {"INCLUDE", "EXCLUDE", "METHOD", "CONSEQUENCE", "LONG-DESCRIPTION", "DATA", "other-purpose", "other-category"}
CHOICES = (set(PURPOSES) | set(RECIPIENTS)) - {"current", "ours"}  # those which one may be asked about


def name_of(element: Element) -> str:
    """Without the namespace; as it stands if it is of another one."""
    return element.tag.removeprefix(f"{{{NAMESPACE}}}")


def complaints_of_form(element: Element) -> Iterator[str]:
    """Of the element, and of everything in it."""
    name = name_of(element)
    if name.startswith("{") or f"{{{NAMESPACE}}}{name}" != element.tag:
        yield f"R1 {element.tag} is not of the namespace of P3P."
    children = "".join(f"{name_of(child)} " for child in element)
    if not re.fullmatch(CHILDREN.get(name, ""), children):
        rule = "R2 " if name in ("ACCESS", "RETENTION") else "R1 "
        yield f"{rule}{name} has the children {children.split()}."
    yield from complaints_of_attributes(name, element)
    if name not in WITH_TEXT and any((text or "").strip() for text in [element.text, *(child.tail for child in element)]):
        yield f"R1 {name} has a text of its own."
    for child in element:
        yield from complaints_of_form(child)


def complaints_of_attributes(name: str, element: Element) -> Iterator[str]:
    needed, possible = (set(names.split()) for names in ATTRIBUTES.get(name, ("", "")))
    if missing := needed - set(element.attrib):
        yield f"R1 {name} lacks {sorted(missing)}."
    unknown = set(element.attrib) - needed - possible
    if "required" in unknown and name in CHOICES:
        unknown.remove("required")
    if unknown:
        rule = "R3 " if name in ("current", "ours") else "R1 "
        yield f"{rule}{name} must not have {sorted(unknown)}."

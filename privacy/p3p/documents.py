"""The two files of P3P 1.0: which policy holds where, and the policies. A library writes the XML, so that no text can break out of its place."""

import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from privacy.areas import AREAS, GENERAL, Area
from privacy.p3p.statements import Statement, Use, access_to, statements_of
from privacy.p3p.vocabulary import NAMESPACE, NEVER_A_CHOICE, REMEDIES
from privacy.registry import Registry

NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LIFE = 24 * 3600  # seconds; no file of P3P may be valid for less than a day (P3P 1.0, 2.3.2.3)
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
POLICIES_FILE = "/w3c/policies.xml"
ORDER = (
    *(area for area in AREAS if area is not GENERAL),
    GENERAL,
)  # the first that fits a page is its policy, and the general one fits all


def reference_file(registry: Registry) -> bytes:
    """Which policy holds for which pages and cookies."""
    root = Element("META", xmlns=NAMESPACE)
    references = SubElement(root, "POLICY-REFERENCES")
    SubElement(references, "EXPIRY", {"max-age": str(LIFE)})
    for area in ORDER:
        reference = SubElement(references, "POLICY-REF", about=f"{POLICIES_FILE}#{area.slug}")
        for pages in pages_of(area):
            SubElement(reference, "INCLUDE").text = pages
        for other in ORDER if area is GENERAL else ():
            for pages in pages_of(other) if other is not GENERAL else ():
                SubElement(reference, "EXCLUDE").text = pages
        for cookie in registry.cookies:
            if cookie.path == area.prefix:
                where = {"domain": settings.SITE_HOST, "path": cookie.path}
                SubElement(reference, "COOKIE-INCLUDE", {"name": cookie.full_name, "value": "*", **where})
    return written(root)


def pages_of(area: Area) -> list[str]:
    """As privacy.areas.area_of has it: the prefix without its slash belongs there too."""
    return [f"{area.prefix}*"] if area is GENERAL else [area.prefix.rstrip("/"), f"{area.prefix}*"]


def policies_file(registry: Registry) -> bytes:
    """The policy of every area, in the language of the reader."""
    root = Element("POLICIES", xmlns=NAMESPACE)
    SubElement(root, "EXPIRY", {"max-age": str(LIFE)})
    for area in ORDER:
        add_policy(root, area, statements_of(area, registry))
    return written(root)


def add_policy(root: Element, area: Area, statements: list[Statement]) -> None:
    words, choices = settings.SITE_URL + reverse(area.policy), settings.SITE_URL + reverse("privacy:choices")
    language = get_language() or settings.LANGUAGE_CODE
    policy = SubElement(root, "POLICY", {"name": area.slug, "discuri": words, "opturi": choices, XML_LANG: language})
    add_data(SubElement(SubElement(policy, "ENTITY"), "DATA-GROUP"), vendor())
    SubElement(SubElement(policy, "ACCESS"), access_to(statements))
    disputes = SubElement(policy, "DISPUTES-GROUP")
    add_dispute(
        disputes, "service", words, _("Customer service"), _("Questions and complaints reach us here:") + f" {settings.PRIVACY_EMAIL}"
    )
    add_dispute(
        disputes, "law", words, _("Data protection law"), _("You may also complain to the data protection authority where you live.")
    )
    for statement in statements:
        add_statement(policy, statement)


def vendor() -> dict[str, str]:
    """Who answers for the site. The address is one line in our settings, and P3P has no better place for one than the street."""
    return {
        "business.name": settings.SITE_NAME,
        "business.contact-info.postal.street": settings.VENDOR_ADDRESS,
        "business.contact-info.online.email": settings.PRIVACY_EMAIL,
        "business.contact-info.online.uri": settings.SITE_URL,
    }


def add_data(group: Element, values: dict[str, str]) -> None:
    for ref, value in values.items():
        SubElement(group, "DATA", ref=f"#{ref}").text = value


REMEDY_OF = dict(zip(("service", "law"), REMEDIES, strict=True))


def add_dispute(disputes: Element, kind: str, service: str, short: str, long: str) -> None:
    attributes = {"resolution-type": kind, "service": service, "short-description": short}
    dispute = SubElement(disputes, "DISPUTES", attributes)
    SubElement(dispute, "LONG-DESCRIPTION").text = long
    SubElement(SubElement(dispute, "REMEDIES"), REMEDY_OF[kind])


def add_statement(policy: Element, statement: Statement) -> None:
    element = SubElement(policy, "STATEMENT")
    SubElement(element, "CONSEQUENCE").text = str(statement.consequence)
    add_uses(SubElement(element, "PURPOSE"), statement.purposes)
    add_uses(SubElement(element, "RECIPIENT"), statement.recipients)
    SubElement(SubElement(element, "RETENTION"), statement.retention)
    group = SubElement(element, "DATA-GROUP")
    for datum in statement.data:
        data = SubElement(group, "DATA", ref=f"#{datum.ref}")
        if datum.categories:
            categories = SubElement(data, "CATEGORIES")
            for category in datum.categories:
                SubElement(categories, category.p3p).text = str(category.text) if category.p3p == "other-category" else None


def add_uses(parent: Element, uses: Iterable[Use]) -> None:
    for use in uses:
        attributes = {} if use.word in NEVER_A_CHOICE else {"required": use.required}
        SubElement(parent, use.word, attributes).text = str(use.text) or None


def written(root: Element) -> bytes:
    """As UTF-8, without the characters that no XML may hold (XML 1.0, 2.2): a name may have come by them from somebody's clipboard."""
    indent(root)
    document = NO_XML.sub("", tostring(root, encoding="unicode"))
    return f"<?xml version='1.0' encoding='utf-8'?>\n{document}\n".encode()

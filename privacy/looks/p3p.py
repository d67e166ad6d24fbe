"""What machines are told: P3P, and what browsers and finders of faults read today (promise G2)."""

import json
from collections.abc import Iterator
from datetime import datetime
from xml.etree import ElementTree

from django.utils import timezone

from privacy.areas import AREAS, GENERAL
from privacy.looks.visiting import Visitor, visitor
from privacy.p3p.compact import REFERENCE_FILE, header_of
from privacy.p3p.documents import POLICIES_FILE
from privacy.p3p.gaps import gaps
from privacy.p3p.vocabulary import NAMESPACE
from privacy.promise_checks import Outcome, checks
from privacy.registry import registry

P3P = {"p3p": NAMESPACE}


@checks("G2")
def machines_are_told() -> tuple[Outcome, str]:
    browser = visitor()
    complaints = [
        *complaints_of_files(browser),
        *complaints_of_headers(browser),
        *complaints_of_successors(browser),
        *(wrong for _n, wrong, _hint in gaps(registry)),
    ]
    if complaints:
        return Outcome.BROKEN, f"{browser.where}: {' '.join(complaints)}"
    return Outcome.KEPT, f"{browser.where}: both files are whole and valid today, and all {len(AREAS)} areas send their header."


def complaints_of_files(browser: Visitor) -> Iterator[str]:
    """Both files are XML of P3P, valid for a while, and every policy that is referred to is there."""
    try:
        references, policies = (ElementTree.fromstring(text_of(browser, path)) for path in (REFERENCE_FILE, POLICIES_FILE))  # noqa: S314 (our own)
    except ElementTree.ParseError as error:
        yield f"A file of P3P is not XML: {error}."
        return
    for path, root in ((REFERENCE_FILE, references), (POLICIES_FILE, policies)):
        lives = [int(expiry.get("max-age", "0")) for expiry in root.iterfind(".//p3p:EXPIRY", P3P)]
        if not lives or min(lives) <= 0:
            yield f"{path} is expired."
    named = {policy.get("name") for policy in policies.iterfind("p3p:POLICY", P3P)}
    for reference in references.iterfind(".//p3p:POLICY-REF", P3P):
        path, _hash, name = (reference.get("about") or "").partition("#")
        if path != POLICIES_FILE or name not in named:
            yield f"{REFERENCE_FILE} refers to {reference.get('about')}, and no such policy is there."


def complaints_of_headers(browser: Visitor) -> Iterator[str]:
    """Asked without the last slash, an area redirects, and that records nothing; the file of the general area records nothing either."""
    for area in AREAS:
        path = REFERENCE_FILE if area is GENERAL else area.prefix.rstrip("/")
        if browser.get(path).header("P3P") != header_of(area):
            yield f"{area.prefix} does not send its compact policy."


def complaints_of_successors(browser: Visitor) -> Iterator[str]:
    """What browsers and finders of faults read today."""
    if json.loads(text_of(browser, "/.well-known/gpc.json") or "{}").get("gpc") is not True:
        yield "/.well-known/gpc.json does not say that Global Privacy Control is honoured."
    fields = dict(line.split(": ", 1) for line in text_of(browser, "/.well-known/security.txt").splitlines() if ": " in line)
    if not fields.get("Contact") or datetime.fromisoformat(fields.get("Expires", "2000-01-01T00:00:00+00:00")) <= timezone.now():
        yield "/.well-known/security.txt is expired, or names no contact."


def text_of(browser: Visitor, path: str) -> str:
    """Nothing for whatever is not there."""
    answer = browser.get(path)
    return answer.text if answer.status == 200 else ""

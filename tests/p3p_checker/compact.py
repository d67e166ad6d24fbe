"""The compact policy: its tokens, and whether it says what the full policy says (P3P 1.0, 2.2.2 and 4)."""

import re
from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from tests.p3p_checker.base_data import CATEGORIES_OF, VARIABLE
from tests.p3p_checker.grammar import name_of
from tests.p3p_checker.references import P3P
from tests.p3p_checker.words import ACCESS, CATEGORIES, PURPOSES, RECIPIENTS, REMEDIES, REQUIRED, RETENTIONS, SUFFIXES

HEADER = re.compile(r'policyref="(?P<file>[^"\s]+)", CP="(?P<policy>[^"]*)"')
KINDS = {
    "access": ACCESS,
    "purpose": PURPOSES,
    "recipient": RECIPIENTS,
    "retention": RETENTIONS,
    "category": CATEGORIES,
    "remedy": REMEDIES,
}
OTHERS = {"DSP", "NID", "TST"}
WITH_SUFFIX = (set(PURPOSES.values()) | set(RECIPIENTS.values())) - {"CUR", "OUR"}


def complaints_of_header(header: str, policies: bytes, name: str, reference_file: str) -> list[str]:
    """Of the header that a page sends, whose policy is the one of that name."""
    parts = HEADER.fullmatch(header)
    if parts is None:
        return [f"R10 The header is {header!r}."]
    complaints = [] if parts["file"] == reference_file else [f"R1 The header names {parts['file']}."]
    tokens = parts["policy"].split(" ")
    complaints += [*complaints_of_spelling(tokens), *complaints_of_selection(tokens)]
    policy = ElementTree.fromstring(policies).find(f"p3p:POLICY[@name='{name}']", P3P)
    if policy is None:
        return [*complaints, f"R1 There is no policy {name!r}."]
    return complaints if complaints else list(complaints_of_summary(tokens, policy))


def complaints_of_spelling(tokens: list[str]) -> Iterator[str]:
    for token in tokens:
        if token[:3] not in OTHERS.union(*(table.values() for table in KINDS.values())):
            yield f"R10 There is no token {token!r}."
        elif token[3:] not in (SUFFIXES if token[:3] in WITH_SUFFIX else [""]):
            yield f"R10 {token[:3]} has the suffix {token[3:]!r}."


def complaints_of_selection(tokens: list[str]) -> Iterator[str]:
    if twice := [token for token, times in Counter(token[:3] for token in tokens).items() if times > 1]:
        yield f"R10 Said twice: {twice}."
    for kind in ("access", "purpose", "recipient", "retention", "category"):
        if not {token[:3] for token in tokens} & set(KINDS[kind].values()):
            yield f"R7 It has no {kind}."
    if len(set(tokens) & set(ACCESS.values())) > 1:
        yield "R10 It has two kinds of access."
    if "NID" in tokens and {token[:3] for token in tokens} & {"PHY", "ONL", "UNI", "GOV", "FIN"}:
        yield "R10 Nobody can be told by it, it says, and by what."


def complaints_of_summary(tokens: list[str], policy: Element) -> Iterator[str]:
    """Against the full policy."""
    if {ACCESS[name_of(access)] for access in policy.iterfind("p3p:ACCESS/*", P3P)} != set(tokens) & set(ACCESS.values()):
        yield "R10 The access is another one in full."
    if ("DSP" in tokens) != (policy.find("p3p:DISPUTES-GROUP", P3P) is not None):
        yield "R8 DSP stands for disputes, and for nothing else."
    if {REMEDIES[name_of(remedy)] for remedy in policy.iterfind(".//p3p:REMEDIES/*", P3P)} != set(tokens) & set(REMEDIES.values()):
        yield "R8 The remedies are others in full."
    said = normal(token for token in tokens if token[:3] not in {*ACCESS.values(), *REMEDIES.values(), *OTHERS})
    everything, least = list(policy.iterfind("p3p:STATEMENT", P3P)), [*filter(is_of_cookies, policy.iterfind("p3p:STATEMENT", P3P))]
    if any(tells_who(statement) for statement in least):
        least = everything  # a cookie that stands for somebody leads to all that is held about them
    if missing := words_of(least) - said:
        yield f"R9 It does not say {sorted(missing)}."
    if too_much := {token[:3] for token in said} - {token[:3] for token in words_of(everything)}:
        yield f"R9 It says {sorted(too_much)}, and no statement does."


def normal(tokens: Iterator[str]) -> set[str]:
    """What is always done has no suffix."""
    return {token.removesuffix("a") for token in tokens}


def is_of_cookies(statement: Element) -> bool:
    return statement.find(".//p3p:DATA[@ref='#dynamic.cookies']", P3P) is not None


def tells_who(statement: Element) -> bool:
    return statement.find(".//p3p:DATA[@ref='#dynamic.cookies']/p3p:CATEGORIES/p3p:uniqueid", P3P) is not None


def words_of(statements: list[Element]) -> set[str]:
    """The tokens of all that they say; of one said with more and with less of a choice, the one with less."""
    tokens: set[str] = set()
    for kind, table in (("PURPOSE", PURPOSES), ("RECIPIENT", RECIPIENTS)):
        strongest: dict[str, int] = {}
        for use in (use for statement in statements for use in statement.iterfind(f"p3p:{kind}/*", P3P)):
            rank = REQUIRED.index(use.get("required", "always"))
            strongest[table[name_of(use)]] = max(rank, strongest.get(table[name_of(use)], 0))
        tokens |= {token + {"opt-in": "i", "opt-out": "o", "always": ""}[REQUIRED[rank]] for token, rank in strongest.items()}
    for statement in statements:
        tokens |= {RETENTIONS[name_of(kept)] for kept in statement.iterfind("p3p:RETENTION/*", P3P)}
        tokens |= {CATEGORIES[word] for data in statement.iterfind(".//p3p:DATA", P3P) for word in categories_of(data)}
    return tokens


def categories_of(data: Element) -> set[str]:
    ref = data.get("ref", "").removeprefix("#")
    return {name_of(word) for word in data.iterfind("p3p:CATEGORIES/*", P3P)} if ref in VARIABLE else set(CATEGORIES_OF[ref])

"""The compact policy of an area: the header that every page of it sends (P3P 1.0, 2.2.2 and 4)."""

from collections.abc import Iterable
from functools import cache

from privacy.areas import Area
from privacy.p3p import vocabulary
from privacy.p3p.statements import Use, access_to, statements_of, strongest
from privacy.registry import Registry, registry

REFERENCE_FILE = "/w3c/p3p.xml"


@cache
def header_of(area: Area) -> str:
    """Put together once in each process: declarations change with a release alone."""
    return f'policyref="{REFERENCE_FILE}", CP="{" ".join(tokens_of(area, registry))}"'


def tokens_of(area: Area, registry: Registry) -> list[str]:
    """The union of the statements that speak of cookies, and of those about the data that cookies lead to."""
    statements = statements_of(area, registry)
    linked = [statement for statement in statements if statement.linked]
    words = {word for statement in linked for word in (statement.retention, *statement.categories)}
    return [
        vocabulary.ACCESS[access_to(statements)][0],
        vocabulary.DISPUTES[0],
        *(token for token, _text in vocabulary.REMEDIES.values()),
        *tokens_of_uses((use for statement in linked for use in statement.purposes), vocabulary.PURPOSES),
        *tokens_of_uses((use for statement in linked for use in statement.recipients), vocabulary.RECIPIENTS),
        *(token for word, (token, _text) in vocabulary.RETENTIONS.items() if word in words),
        *(token for word, (token, _text) in vocabulary.CATEGORIES.items() if word in words),
    ]


def tokens_of_uses(uses: Iterable[Use], table: dict[str, tuple[str, vocabulary.Text]]) -> list[str]:
    """In the order of the table, with a suffix where there is a choice."""
    said = {use.word: vocabulary.REQUIRED[use.required][0] for use in strongest(uses)}
    return [token + said[word] for word, (token, _text) in table.items() if word in said]


def explained(area: Area) -> list[tuple[str, vocabulary.Text, vocabulary.Text]]:
    """Each token of the area's compact policy, what it means, and what its suffix means."""
    meanings = vocabulary.meanings()
    suffixes = dict(vocabulary.REQUIRED.values())
    return [(token, meanings[token[:3]], suffixes[token[3:]]) for token in tokens_of(area, registry)]

"""What the registry declares for an area, as statements of P3P: what, what for, who gets it, and how long.

Everything is taken from the declarations; nothing is asked of the database. So the compact policy costs no query.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from privacy.areas import Area
from privacy.categories import Category
from privacy.cookies import Cookie
from privacy.p3p.vocabulary import BASE_DATA, COOKIES, MISCELLANEOUS, REQUIRED
from privacy.registry import Disclosure, Flow, ModelDeclaration, Personal, Purpose, Registry, Retention
from privacy.texts import Text

STRENGTHS = list(REQUIRED)


@dataclass(frozen=True)
class Use:
    """One thing that data is for, or somebody who gets it: P3P's word, whether one may choose, and words of our own where P3P has none."""

    word: str
    required: str = "always"
    text: Text = ""

    @classmethod
    def read(cls, words: str, text: Text = "") -> "Use":
        """From a declaration: "contact opt-out"."""
        word, _space, required = words.partition(" ")
        return cls(word, required or "always", text)


@dataclass(frozen=True)
class Datum:
    """Something of the base data schema; `categories` are stated for that alone which has none of its own."""

    ref: str
    categories: tuple[Category, ...] = ()

    @property
    def of_kinds(self) -> set[str]:
        """P3P's words for what kinds of data it is."""
        return {category.p3p for category in self.categories} or set(BASE_DATA.get(self.ref, ()))


@dataclass(frozen=True)
class Statement:
    """`source` names the declaration that it is made from; `linked` is whether a cookie of the area leads to it (P3P 1.0, 4.1)."""

    source: str
    consequence: Text
    purposes: tuple[Use, ...]
    retention: str
    data: tuple[Datum, ...]
    recipients: tuple[Use, ...] = (Use("ours"),)
    linked: bool = field(default=False, compare=False)

    @property
    def categories(self) -> set[str]:
        return {kind for datum in self.data for kind in datum.of_kinds}


def statements_of(area: Area, registry: Registry) -> list[Statement]:
    """All that is declared for the area: its cookies, what visiting it records, its records, and what goes to others from there."""
    cookies = registry.cookies_of(area)
    personal = any(cookie.names_person for cookie in cookies)
    opened = {label for cookie in cookies for label in cookie.opens}
    models = [declared for declared in registry.models.values() if declared.personal and area in declared.areas]
    return [
        *(of_cookie(cookie) for cookie in cookies),
        *(of_flow(flow, personal) for flow in registry.flows_of(area) if not flow.into),
        *(statement for declared in models for statement in of_model(declared, personal or declared.model in opened)),
        *(of_disclosure(disclosure, personal) for disclosure in registry.disclosures_of(area)),
    ]


def of_cookie(cookie: Cookie) -> Statement:
    """A cookie that lasts is kept for a time that the policy states; the others have served their purpose when the browser closes."""
    return Statement(
        f"cookie {cookie.name}",
        cookie.purpose,
        strongest(Use.read(words) for words in cookie.p3p),
        "business-practices" if cookie.life else "stated-purpose",
        (Datum(COOKIES, cookie.categories),),
        linked=True,
    )


def of_flow(flow: Flow, linked: bool) -> Statement:
    data = data_of(flow.p3p, flow.categories)
    return Statement(f"flow {flow.slug}", flow.text, uses(flow.purposes), retention_word(flow.retention), data, linked=linked)


def of_disclosure(disclosure: Disclosure, linked: bool) -> Statement:
    """What goes on at once, because the person chose it, and is not kept."""
    return Statement(
        f"disclosure {disclosure.slug}",
        disclosure.text,
        uses([disclosure.purpose]),
        "no-retention",
        data_of(disclosure.p3p, disclosure.categories),
        recipients=(Use("ours"), Use("other-recipient", "opt-in")),
        linked=linked,
    )


def of_model(declared: ModelDeclaration, linked: bool) -> Iterator[Statement]:
    """One for each word of retention that its fields need: a statement has exactly one."""
    kept: dict[str, list[Personal]] = {}
    for name, personal in declared.personal.items():
        if retention := declared.retention_of(name):
            kept.setdefault(retention_word(retention), []).append(personal)
    for word, fields in kept.items():
        refs = dict.fromkeys(personal.p3p for personal in fields if personal.p3p)
        data = data_of(refs, declared.categories)
        yield Statement(f"model {declared.model}", declared.title, uses(declared.purposes), word, data, linked=linked)


def data_of(refs: Iterable[str], categories: tuple[Category, ...]) -> tuple[Datum, ...]:
    """What P3P has a name for, and the rest as miscellaneous data of the categories that the names do not say already."""
    named = tuple(Datum(ref) for ref in refs)
    said = {kind for datum in named for kind in datum.of_kinds}
    rest = tuple(category for category in categories if category.p3p not in said)
    return (*named, Datum(MISCELLANEOUS, rest)) if rest else named


def uses(purposes: Iterable[Purpose]) -> tuple[Use, ...]:
    return strongest(Use.read(words, purpose.text if words == "other-purpose" else "") for purpose in purposes for words in purpose.p3p)


def strongest(found: Iterable[Use]) -> tuple[Use, ...]:
    """Each word once. Where it is said twice, what leaves the person less of a choice is said: never less is admitted than is done."""
    said: dict[str, Use] = {}
    for use in found:
        other = said.get(use.word)
        if other is None or STRENGTHS.index(use.required) > STRENGTHS.index(other.required):
            said[use.word] = use
    return tuple(said.values())


def retention_word(retention: Retention) -> str:
    """Unless it says so itself: what has a limit in time is kept as the policy's table states, what an event ends has served its purpose then."""
    return retention.p3p or ("business-practices" if retention.longest else "stated-purpose")


def access_to(statements: Iterable[Statement]) -> str:
    """Whoever asks gets all of it (promise C17); where nothing tells who somebody is, there is nothing to ask for."""
    telling = {"physical", "online", "uniqueid", "purchase"}
    return "all" if any(statement.categories & telling for statement in statements) else "nonident"

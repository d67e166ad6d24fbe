"""What the registry declares and P3P cannot say: each gap with what to write where. Nothing starts with one (privacy/checks/p3p.py)."""

from collections.abc import Iterable, Iterator

from privacy import sources
from privacy.cookies import Cookie
from privacy.p3p import vocabulary
from privacy.p3p.statements import Use, retention_word
from privacy.registry import Disclosure, Flow, ModelDeclaration, Registry

Gap = tuple[str, str, str]


def gaps(registry: Registry) -> Iterator[Gap]:
    """Each with its number, what is wrong, and what to write where."""
    yield from gaps_of_words(registry)
    yield from gaps_of_data(registry)
    for flow in registry.flows:
        if not flow.areas:
            continue  # no visit leaves it, and so no area's policy speaks of it
        yield from gaps_of_flow(flow, registry)
    for cookie in registry.cookies:
        yield from gaps_of_cookie(cookie, registry)
    for disclosure in registry.disclosures:
        if not disclosure.categories:
            yield (
                "E022",
                f"The disclosure {disclosure.slug!r} does not say what goes there.",
                "Give it categories=(…,), and p3p=(…,) besides.",
            )
    for declared in registry.models.values():
        yield from gaps_of_recipients(declared)


def gaps_of_words(registry: Registry) -> Iterator[Gap]:
    """Purposes and retentions have words of P3P."""
    used = [purpose for declared in registry.models.values() for purpose in declared.purposes]
    used += [purpose for flow in registry.flows for purpose in flow.purposes]
    used += [disclosure.purpose for disclosure in registry.disclosures]
    for purpose in dict.fromkeys(used):
        if not purpose.p3p or not all_known(purpose.p3p):
            yield (
                "E020",
                f"The purpose {purpose.slug!r} says nothing that P3P knows.",
                f"Give it p3p=(…,) of {words(vocabulary.PURPOSES)}, with opt-in or opt-out after the word where one may choose.",
            )
    for retention in registry.retentions():
        if retention_word(retention) not in vocabulary.RETENTIONS:
            hint = f"Give it p3p='…', one of {words(vocabulary.RETENTIONS)}, or leave it out."
            yield "E020", f"The retention {retention.slug!r} says {retention.p3p!r}, which P3P does not know.", hint


def all_known(said: Iterable[str]) -> bool:
    uses = [Use.read(words) for words in said]
    return all(
        use.word in vocabulary.PURPOSES
        and use.required in vocabulary.REQUIRED
        and (use.required == "always" or use.word not in vocabulary.NEVER_A_CHOICE)
        for use in uses
    )


def words(table: Iterable[str]) -> str:
    return ", ".join(table)


def gaps_of_data(registry: Registry) -> Iterator[Gap]:
    """What has a name of the base data schema has one that is there; every category has a word of P3P."""
    refs = [(declared.model, personal.p3p) for declared in registry.models.values() for personal in declared.personal.values()]
    refs += [(flow.slug, ref) for flow in registry.flows for ref in flow.p3p]
    refs += [(disclosure.slug, ref) for disclosure in registry.disclosures for ref in disclosure.p3p]
    for where, ref in dict.fromkeys(refs):
        if ref and ref not in vocabulary.BASE_DATA:
            yield (
                "E021",
                f"{where} says p3p={ref!r}, which is not in privacy.p3p.vocabulary.BASE_DATA.",
                "Correct it, leave it out, or add it there with its categories if the base data schema of P3P has it.",
            )
    things: list[ModelDeclaration | Flow | Disclosure | Cookie] = [
        *registry.models.values(),
        *registry.flows,
        *registry.disclosures,
        *registry.cookies,
    ]
    for category in dict.fromkeys(category for thing in things for category in thing.categories):
        if category.p3p not in vocabulary.CATEGORIES:
            yield "E021", f"P3P knows no category {category.p3p!r}.", f"Use one of {words(vocabulary.CATEGORIES)} in privacy/categories.py."


def gaps_of_flow(flow: Flow, registry: Registry) -> Iterator[Gap]:
    """It is written into a declared model of its areas, or says itself what it is and what for."""
    into = registry.models.get(flow.into)
    if flow.into and not (into and into.personal and set(flow.areas) <= set(into.areas)):
        yield (
            "E022",
            f"The flow {flow.slug!r} goes into {flow.into}, which is not declared for all of its areas.",
            "Name the model that it is written into, and give that model the areas of the flow.",
        )
    if not flow.into and not (flow.purposes and flow.categories):
        yield (
            "E022",
            f"The flow {flow.slug!r} says neither where it is written nor what it is.",
            "Give it into='app.Model', or purposes=(…,) and categories=(…,), and p3p=(…,) for what P3P has names for.",
        )


def gaps_of_cookie(cookie: Cookie, registry: Registry) -> Iterator[Gap]:
    if not cookie.categories or not cookie.p3p or not all_known(cookie.p3p):
        yield (
            "E023",
            f"The cookie {cookie.name!r} says nothing that P3P knows.",
            f"Give it categories=(…,), and p3p=(…,) of {words(vocabulary.PURPOSES)}.",
        )
    for label in cookie.opens:
        declared = registry.models.get(label)
        if not declared or not declared.personal or not set(cookie.areas) <= set(declared.areas):
            yield (
                "E023",
                f"The cookie {cookie.name!r} opens {label}, which is not declared for all of its areas.",
                "Give the model the areas of the cookie, or correct the cookie's opens=(…,).",
            )


def gaps_of_recipients(declared: ModelDeclaration) -> Iterator[Gap]:
    """Whoever is named with a record told it to us, or works for us. What goes to anybody else is a disclosure, which says what and why."""
    if not declared.recipients or sources.PARTNER in declared.sources:
        return
    if not all(recipient.is_agent for recipient in declared.recipients_now):
        yield (
            "E024",
            f"{declared.model} goes to somebody who does not work for us.",
            "Declare that as a registry.disclosure(…), so that every policy says it; or write is_agent=True if they work for us alone.",
        )

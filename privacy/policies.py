"""What the policy pages say, gathered from the registry: they can promise nothing that is not declared."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from privacy.areas import Area, covered_with
from privacy.registry import Cookie, Disclosure, Flow, ModelDeclaration, Purpose, Recipient, Registry, Retention, Text

Item = TypeVar("Item")


@dataclass(frozen=True)
class Record:
    """One kind of record, as a person reads it."""

    title: Text
    parts: list[Text]
    purposes: tuple[Purpose, ...]
    retentions: list[Retention]


@dataclass(frozen=True)
class Policy:
    """Everything that is declared for one area, and for those that its policy covers too: their records are the `other_records`."""

    area: Area
    records: list[Record]
    other_records: list[Record]
    cookies: list[Cookie]
    flows: list[Flow]
    disclosures: list[Disclosure]
    purposes: list[Purpose]
    recipients: list[Recipient]

    @property
    def recipients_today(self) -> list[Recipient]:
        return [recipient for recipient in self.recipients if not recipient.is_former]

    @property
    def former_recipients(self) -> list[Recipient]:
        return [recipient for recipient in self.recipients if recipient.is_former]


@dataclass(frozen=True)
class Keeping:
    """One rule of retention, and all that it is kept for."""

    retention: Retention
    kept: list[Text]


def policy_of(area: Area, registry: Registry) -> Policy:
    """What the policy of this area says: of every area that it covers."""
    covered = covered_with(area)
    models = [declared for declared in registry.models.values() if declared.personal and set(declared.areas) & set(covered)]
    disclosures = once(disclosure for other in covered for disclosure in registry.disclosures_of(other))
    givers = [*(declared.recipients_now for declared in models), *(disclosure.recipients() for disclosure in disclosures)]
    return Policy(
        area=area,
        records=[record_of(declared) for declared in models if area in declared.areas],
        other_records=[record_of(declared) for declared in models if area not in declared.areas],
        cookies=once(cookie for other in covered for cookie in registry.cookies_of(other)),
        flows=once(flow for other in covered for flow in registry.flows_of(other)),
        disclosures=disclosures,
        purposes=once([*(purpose for declared in models for purpose in declared.purposes), *(one.purpose for one in disclosures)]),
        recipients=once(recipient for recipients in givers for recipient in recipients),
    )


def record_of(declared: ModelDeclaration) -> Record:
    retentions = once(retention for name in declared.personal if (retention := declared.retention_of(name)))
    return Record(declared.title, [personal.text for personal in declared.personal.values()], declared.purposes, retentions)


def keepings(registry: Registry) -> list[Keeping]:
    """Every rule of retention with the records and flows that it governs."""
    return [Keeping(retention, kept_for(retention, registry)) for retention in registry.retentions()]


def kept_for(retention: Retention, registry: Registry) -> list[Text]:
    kept: list[Text] = [flow.text for flow in registry.flows if flow.retention == retention]
    for declared in registry.models.values():
        governed = [personal.text for name, personal in declared.personal.items() if declared.retention_of(name) == retention]
        if len(governed) == len(declared.personal) and governed:
            kept.append(declared.title)
        elif governed:
            kept.append(f"{declared.title}: {', '.join(map(str, governed))}")
    return kept


def once(items: Iterable[Item]) -> list[Item]:
    """Each item at its first place."""
    return list(dict.fromkeys(items))

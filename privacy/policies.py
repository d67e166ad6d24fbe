"""What the policy pages say, gathered from the registry: they can promise nothing that is not declared."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from infacta.schedule import SWEEPS
from privacy.areas import Area, covered_with
from privacy.categories import Category
from privacy.cookies import Cookie
from privacy.fates import Anonymised, Erased, Fate
from privacy.registry import Disclosure, Flow, ModelDeclaration, Purpose, Recipient, Registry, Retention
from privacy.sources import Source
from privacy.texts import Text

Item = TypeVar("Item")


@dataclass(frozen=True)
class Record:
    """One kind of record, as a person reads it; `anchor` is its place on the page, which stays as long as the record is called what it is."""

    anchor: str
    title: Text
    parts: list[Text]
    purposes: tuple[Purpose, ...]
    categories: tuple[Category, ...]
    sources: tuple[Source, ...]
    recipients: tuple[Recipient, ...]
    retentions: list[Retention]
    fate: Fate | None

    @property
    def fate_in_words(self) -> Text:
        return fate_in_words(self.fate)

    @property
    def recipients_today(self) -> list[Recipient]:
        return [recipient for recipient in self.recipients if not recipient.is_former]


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

    @property
    def every(self) -> Text:
        """How often the task that ends it looks, in words; "" where no task does."""
        sweep = next((sweep for sweep in SWEEPS if sweep.task == self.retention.destroyer), None)
        return often(sweep.every) if sweep else ""

    @property
    def longest(self) -> Text:
        """The limit in words; "" where there is none."""
        limit = self.retention.longest
        return "" if limit is None else length(limit)

    @property
    def anchor(self) -> str:
        return f"rule-{self.retention.slug}"


def policy_of(area: Area, registry: Registry) -> Policy:
    """What the policy of this area says: of every area that it covers."""
    covered = covered_with(area)
    models, disclosures = models_of(area, registry), disclosures_of(area, registry)
    return Policy(
        area=area,
        records=[record_of(declared) for declared in models if area in declared.areas],
        other_records=[record_of(declared) for declared in models if area not in declared.areas],
        cookies=once(cookie for other in covered for cookie in registry.cookies_of(other)),
        flows=flows_of(area, registry),
        disclosures=disclosures,
        purposes=once([*(purpose for declared in models for purpose in declared.purposes), *(one.purpose for one in disclosures)]),
        recipients=recipients_of(area, registry),
    )


def models_of(area: Area, registry: Registry) -> list[ModelDeclaration]:
    """What is declared of people in any area that this one's policy covers."""
    covered = set(covered_with(area))
    return [declared for declared in registry.models.values() if declared.personal and set(declared.areas) & covered]


def disclosures_of(area: Area, registry: Registry) -> list[Disclosure]:
    return once(disclosure for other in covered_with(area) for disclosure in registry.disclosures_of(other))


def flows_of(area: Area, registry: Registry) -> list[Flow]:
    return once(flow for other in covered_with(area) for flow in registry.flows_of(other))


def recipients_of(area: Area, registry: Registry) -> list[Recipient]:
    """Everybody else who has to do with what the policy of this area covers."""
    givers = [declared.recipients_now for declared in models_of(area, registry)]
    givers += [disclosure.recipients() for disclosure in disclosures_of(area, registry)]
    givers += [flow.recipients for flow in flows_of(area, registry)]
    return once(recipient for recipients in givers for recipient in recipients)


def record_of(declared: ModelDeclaration) -> Record:
    return Record(
        anchor=f"record-{declared.model.replace('.', '-').lower()}",
        title=declared.title,
        parts=[personal.text for personal in declared.personal.values()],
        purposes=declared.purposes,
        categories=declared.categories,
        sources=declared.sources,
        recipients=declared.recipients_now,
        retentions=once(retention for name in declared.personal if (retention := declared.retention_of(name))),
        fate=declared.fate,
    )


def fate_in_words(fate: Fate | None) -> Text:
    """What becomes of the rows when the person asks to be forgotten; "" if nothing is declared."""
    if fate is None:
        return ""
    if isinstance(fate, Erased):
        return _("It is erased")
    if isinstance(fate, Anonymised):
        return format_lazy("{}: {}", _("It stays, without what leads to you"), fate.ground)
    return format_lazy("{}: {}", _("It stays"), fate.ground)


def length(limit: timedelta) -> Text:
    """A limit in days, or in seconds where it is shorter than a day. Zero days are said as they are."""
    if limit and limit < timedelta(days=1):
        seconds = int(limit.total_seconds())
        return ngettext("%(number)d second", "%(number)d seconds", seconds) % {"number": seconds}
    return ngettext("%(number)d day", "%(number)d days", limit.days) % {"number": limit.days}


def often(every: timedelta) -> Text:
    """How often a task runs, in words."""
    seconds = int(every.total_seconds())
    if seconds % 3600 == 0:
        return ngettext("every hour", "every %(number)d hours", seconds // 3600) % {"number": seconds // 3600}
    if seconds % 60 == 0:
        return ngettext("every minute", "every %(number)d minutes", seconds // 60) % {"number": seconds // 60}
    return ngettext("every second", "every %(number)d seconds", seconds) % {"number": seconds}


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

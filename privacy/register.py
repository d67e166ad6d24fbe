"""The register of processing (GDPR article 30), made from the registry alone, as the policies are: it cannot say another thing than they do."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from infacta.spreadsheets import lines_of_table
from privacy.areas import AREAS, GENERAL, PROMOTIONS, RESOURCES, STAFF, Area
from privacy.policies import fate_in_words, once
from privacy.purposes import ADMINISTRATION, SECURITY
from privacy.registry import Disclosure, Flow, ModelDeclaration, Recipient, Registry, Retention
from privacy.texts import Text

PERSONS = {
    GENERAL: gettext_lazy("visitors, members of the announcement group, buyers, and whoever writes to us"),
    RESOURCES: gettext_lazy("customers"),
    PROMOTIONS: gettext_lazy("whoever registers for a promotion"),
    STAFF: gettext_lazy("our own staff"),
}
"""Whose data a part of the site holds."""


@dataclass(frozen=True)
class Controller:
    """Who answers for it (article 30(1)(a))."""

    name: str
    address: str
    contact: str
    officer: str


@dataclass(frozen=True)
class Entry:
    """One kind of processing: a record, what is recorded in passing, or what is handed over. Each part is a list of texts, as declared."""

    kind: Text
    title: Text
    areas: tuple[Area, ...]
    purposes: list[str]
    data: list[Text]
    categories: list[Text]
    sources: list[Text]
    recipients: tuple[Recipient, ...]
    retentions: list[Retention]
    erasure: Text = ""

    @property
    def persons(self) -> list[Text]:
        return [PERSONS[area] for area in self.areas]

    @property
    def ends(self) -> list[Text]:
        """What ends it: the scheduled task by its name, as the operator knows it, or the event."""
        return [retention.destroyer or retention.ended_by for retention in self.retentions]


def controller() -> Controller:
    return Controller(settings.SITE_NAME, settings.VENDOR_ADDRESS, settings.PRIVACY_EMAIL, settings.DATA_PROTECTION_OFFICER)


def entries(registry: Registry) -> list[Entry]:
    """Everything that is declared of people, in the order of declaration."""
    records = [of_record(declared) for declared in registry.models.values() if declared.personal]
    return [*records, *map(of_flow, registry.flows), *map(of_disclosure, registry.disclosures)]


def by_area(found: Iterable[Entry]) -> Iterator[tuple[Text, list[Entry]]]:
    """Each entry under the first of its areas, by the area's title; at last what no visit leaves, such as backups."""
    listed = list(found)
    for area in AREAS:
        if here := [entry for entry in listed if entry.areas[:1] == (area,)]:
            yield area.title, here
    if elsewhere := [entry for entry in listed if not entry.areas]:
        yield _("Beside the areas"), elsewhere


def of_record(declared: ModelDeclaration) -> Entry:
    return Entry(
        kind=_("kept in the database"),
        title=declared.title,
        areas=declared.areas,
        purposes=[f"{purpose.text}: {purpose.basis}" for purpose in declared.purposes],
        data=[personal.text for personal in declared.personal.values()],
        categories=[category.text for category in declared.categories],
        sources=[source.text for source in declared.sources],
        recipients=declared.recipients_now,
        retentions=once(retention for name in declared.personal if (retention := declared.retention_of(name))),
        erasure=fate_in_words(declared.fate),
    )


def of_flow(flow: Flow) -> Entry:
    purposes = [f"{purpose.text}: {purpose.basis}" for purpose in (ADMINISTRATION, SECURITY)]
    return Entry(_("recorded in passing"), flow.text, flow.areas, purposes, [flow.text], [], [], flow.recipients, [flow.retention])


def of_disclosure(disclosure: Disclosure) -> Entry:
    purposes = [f"{disclosure.purpose.text}: {disclosure.purpose.basis}"]
    return Entry(
        _("handed over, not kept"), disclosure.text, disclosure.areas, purposes, [disclosure.text], [], [], disclosure.recipients(), []
    )


def transfers() -> str:
    """Article 30(1)(e): what the operator says in the settings."""
    return settings.PRIVACY_TRANSFERS or _("none known")


def lines(registry: Registry) -> Iterator[str]:
    """The register as a table for other programs, a line an entry."""
    header = [
        *(_("controller"), _("contact"), _("data protection officer"), _("parts of the site"), _("processing"), _("kind")),
        *(_("purposes and lawful basis"), _("persons"), _("categories of data"), _("data"), _("from where")),
        *(
            _("recipients"),
            _("transfers to other countries"),
            _("how long"),
            _("ended by"),
            _("at a wish for erasure"),
            _("security measures"),
        ),
    ]
    return lines_of_table(header, (cells(entry, registry) for entry in entries(registry)))


def cells(entry: Entry, registry: Registry) -> list[str]:
    who = controller()
    return [
        joined([who.name, who.address]),
        who.contact,
        who.officer or _("none named"),
        joined(area.title for area in entry.areas),
        str(entry.title),
        str(entry.kind),
        joined(entry.purposes),
        joined(entry.persons),
        joined(entry.categories),
        joined(entry.data),
        joined(entry.sources),
        joined(recipient.name for recipient in entry.recipients) or _("nobody"),
        transfers(),
        joined(retention.rule for retention in entry.retentions),
        joined(entry.ends),
        str(entry.erasure),
        joined(measure.text for measure in registry.measures),
    ]


def joined(texts: Iterable[Text]) -> str:
    return " | ".join(map(str, texts))

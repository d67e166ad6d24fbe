"""The registry: what the site promises about personal data, declared once.

Each app declares itself in its `personal_data.py`; those modules are found at the start. Policies, the cookie
gate, the retention table and the system checks are all derived from here, so that what is published is what is enforced.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Q

from privacy.areas import Area
from privacy.categories import Category
from privacy.clocks import Clock
from privacy.cookies import Cookie
from privacy.fates import Fate
from privacy.sources import Source
from privacy.texts import Text


@dataclass(frozen=True)
class Purpose:
    """What personal data is used for, and the lawful basis (GDPR article 6).

    `p3p` says the same in words of P3P (privacy.p3p.vocabulary): "contact opt-out" is marketing that one can refuse.
    """

    slug: str
    text: Text
    basis: Text
    p3p: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recipient:
    """Somebody else from whom data comes, or to whom it goes; `policy_url` is their own privacy policy.

    An agent works for us, and for no purpose of its own (GDPR article 28).
    """

    slug: str
    name: str
    role: Text
    policy_url: str
    is_former: bool = False  # who has to do with it no more, and is named for what was
    is_agent: bool = False


@dataclass(frozen=True)
class Retention:
    """How long something is kept, and what ends it.

    `rule` is the sentence that visitors read. Either `longest` is a limit and `destroyer` is the dotted name of the task that
    enforces it, which privacy.tasks.execute_retention calls, or `ended_by` says in words which event ends it. `trigger` says from which
    moment a limit counts. `p3p` is P3P's word for it, where the usual one (privacy.p3p.statements) is not right.
    """

    slug: str
    rule: Text
    longest: timedelta | None = None
    destroyer: str = ""
    ended_by: Text = ""
    trigger: Text = ""
    p3p: str = ""

    def oldest(self, now: datetime) -> datetime:
        """What is older than this must go; ValueError for a retention that has no limit in time."""
        if self.longest is None:
            raise ValueError(f"The retention {self.slug!r} has no limit in time.")
        return now - self.longest


@dataclass(frozen=True)
class Place:
    """Where something lies outside of the tables: a setting that holds a folder, a log or a mail's way out, a handler of the logs
    ("LOGGING.console"), or a file field ("app.Model.field").

    `eraser` is the dotted name of what erases there what is one person's (privacy/erasing.py), or `unerased` says why nothing need. The files of a
    field go by the fate of its model.
    """

    name: str
    eraser: str = ""
    unerased: str = ""


@dataclass(frozen=True, eq=False)
class Flow:
    """Something that is recorded in passing: what a visit to an area leaves behind, and for how long. Equal to itself alone, as areas are.

    `always`: by every visit. Otherwise whatever records it says so (privacy.ribbon.note).
    `into` is the label of the model that it is written into, whose declaration says what for. What goes elsewhere says that
    itself: `purposes`, `categories`, and in `p3p` the names that P3P has for such data.
    `places` says where it lies outside of the tables.
    """

    slug: str
    areas: tuple[Area, ...]
    text: Text
    retention: Retention
    always: bool = False
    recipients: tuple[Recipient, ...] = ()
    into: str = ""
    purposes: tuple[Purpose, ...] = ()
    categories: tuple[Category, ...] = ()
    p3p: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, eq=False)
class Disclosure:
    """Something that goes to somebody else because the person asks for it, and is not kept here. Equal to itself alone, as areas are.

    `categories` and `p3p` say what it is, as those of a flow do.
    """

    slug: str
    areas: tuple[Area, ...]
    text: Text
    purpose: Purpose
    recipients: Callable[[], tuple[Recipient, ...]]
    categories: tuple[Category, ...] = ()
    p3p: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measure:
    """Something that protects personal data, technically or by how work is done (GDPR article 32), in words for the register of processing."""

    slug: str
    text: Text


@dataclass(frozen=True)
class Personal:
    """A field that holds personal data; `text` names it for the person. Without `retention`, the model's holds.

    `clock` says from when a retention of its own runs (privacy/clocks.py); of several fields with the same one, the first says it.
    `keys` names what stands in a JSON field: the key (privacy.json_keys has the notation), and what it is to the person. `p3p` is the name
    that P3P has for such data, if it has one (privacy.p3p.vocabulary.BASE_DATA). `shown` takes a row and gives what the report shows, where
    the column itself would say nothing, such as sealed words. `withheld` says why the report names the field and does not show it.
    """

    text: Text
    retention: Retention | None = None
    keys: Mapping[str, Text] | None = None
    clock: Clock | None = None
    p3p: str = ""
    shown: Callable[[Any], Any] | None = None
    withheld: Text = ""


@dataclass(frozen=True)
class NotPersonal:
    """A field that holds no personal data, and why."""

    reason: str


@dataclass(frozen=True)
class FoundBy:
    """Where no relation leads from a row to a person: by what the person's rows are found all the same, or why they cannot be."""

    how: Text


@dataclass(frozen=True)
class Enclosure:
    """A file that belongs to a row, for the report: what it is called, and its bytes piece by piece. `pieces` may raise OSError or LookupError."""

    name: str
    pieces: Callable[[], Iterator[bytes]]


Fields = Mapping[str, Personal | NotPersonal]


@dataclass(frozen=True)
class ModelDeclaration:
    """What a model holds about people.

    `subject` is the look-up path to the account, "" if the row is the account, `FoundBy` if no relation leads there, None if it is about nobody.
    `finds` says by what rows are found besides: it takes a privacy.subjects.DataSubject, and gives a condition.
    `recipients` may be a function, where who they are changes while the site runs: it is asked whenever a policy is shown.
    `fate` is what becomes of the rows when the person asks to be forgotten.
    `clock` says from when the retention runs, and so which rows are due; one that has no limit in time needs none.
    `unfound` says which rows about a person neither finds, and why: the report repeats it. `reads` are the relations that `shown` and `encloses` follow.
    `encloses` gives the files of a row.
    """

    model: str
    title: Text
    fields: Fields
    areas: tuple[Area, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    recipients: tuple[Recipient, ...] | Callable[[], tuple[Recipient, ...]] = ()
    retention: Retention | None = None
    subject: str | FoundBy | None = None
    finds: Callable[[Any], Q] | None = None
    categories: tuple[Category, ...] = ()
    sources: tuple[Source, ...] = ()
    fate: Fate | None = None
    clock: Clock | None = None
    unfound: Text = ""
    reads: tuple[str, ...] = ()
    encloses: Callable[[Any], Iterable[Enclosure]] | None = None

    @cached_property
    def personal(self) -> Mapping[str, Personal]:
        return {name: declared for name, declared in self.fields.items() if isinstance(declared, Personal)}

    @property
    def recipients_now(self) -> tuple[Recipient, ...]:
        return self.recipients() if callable(self.recipients) else self.recipients

    def retention_of(self, name: str) -> Retention | None:
        return self.personal[name].retention or self.retention

    def clock_of(self, retention: Retention) -> Clock | None:
        """From when the retention runs for these rows, or for those of their fields that have it for their own."""
        if retention is self.retention:
            return self.clock
        return next((field.clock for field in self.personal.values() if field.retention is retention and field.clock), None)


@dataclass
class Registry:
    """All declarations of all apps; each method gives back what it took, so that apps can name it."""

    cookies: list[Cookie] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    disclosures: list[Disclosure] = field(default_factory=list)
    recipients: list[Recipient] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    models: dict[str, ModelDeclaration] = field(default_factory=dict)
    places: dict[str, NotPersonal] = field(default_factory=dict)

    def cookie(self, declared: Cookie) -> Cookie:
        self.cookies.append(declared)
        return declared

    def flow(self, declared: Flow) -> Flow:
        self.flows.append(declared)
        return declared

    def disclosure(self, declared: Disclosure) -> Disclosure:
        self.disclosures.append(declared)
        return declared

    def recipient(self, declared: Recipient) -> Recipient:
        self.recipients.append(declared)
        return declared

    def measure(self, declared: Measure) -> Measure:
        self.measures.append(declared)
        return declared

    def model(self, declared: ModelDeclaration) -> ModelDeclaration:
        if declared.model in self.models:
            raise ValueError(f"{declared.model} is declared twice: keep the declaration in the app that the model belongs to.")
        self.models[declared.model] = declared
        return declared

    def place(self, name: str, declared: NotPersonal) -> None:
        """A place outside of the tables, by its name as `Place` has it, in which nothing of anybody lies, and why."""
        self.places[name] = declared

    def retentions(self) -> list[Retention]:
        """Every retention that a declaration uses, each once, in order of declaration."""
        used: list[Retention | None] = [flow.retention for flow in self.flows]
        for declared in self.models.values():
            used += [declared.retention_of(name) for name in declared.personal]
        return list(dict.fromkeys(retention for retention in used if retention))

    def cookies_of(self, area: Area) -> list[Cookie]:
        return [cookie for cookie in self.cookies if area in cookie.areas]

    def flows_of(self, area: Area) -> list[Flow]:
        return [flow for flow in self.flows if area in flow.areas]

    def disclosures_of(self, area: Area) -> list[Disclosure]:
        return [disclosure for disclosure in self.disclosures if area in disclosure.areas]


registry = Registry()


def not_personal(reason: str, names: Iterable[str]) -> dict[str, Personal | NotPersonal]:
    """Declare several fields at once that hold no personal data for one and the same reason."""
    return {name: NotPersonal(reason) for name in names}

"""Downloads as nobody needs them: very many at once, and an allowance that is used up again and again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any, ClassVar

from django.db.models import F
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.detectors.base import Detector, Event, Need, Seen, Steps, listed, reached
from accounts.detectors.words import hours_in_words
from audit.kinds import Kind

TAKEN, REFUSED, CHANGED = Kind.DOWNLOAD_TAKEN.value, Kind.DOWNLOAD_REFUSED.value, Kind.ENTITLEMENT_CHANGED.value
RETURNED = Kind.DOWNLOAD_RETURNED.value
NOTHING_LEFT = "nothing_left"


def file_of(event: Event) -> str:
    """The file that was taken; "" where none is known."""
    return str(event.detail.get("file") or "") if event.kind == TAKEN else ""


@dataclass(frozen=True)
class DownloadBurst(Detector):
    """Somebody who sets up many machines does so too, and a script that mirrors the site: staff look, nothing more."""

    slug = "download_burst"
    name = gettext_lazy("burst of downloads")
    sentence = gettext_lazy("Many downloads are taken within an hour.")
    kinds = frozenset({TAKEN})
    counted: ClassVar = {"files": file_of}

    window: timedelta = timedelta(hours=1)
    least: int = 10
    steps: Steps = ((10, 20), (15, 40), (30, 60))

    def score_of(self, seen: Seen) -> int:
        return reached(self.steps, len(seen))

    def explanation_of(self, seen: Seen) -> str:
        return _("%(downloads)d downloads of %(files)d files were taken within %(hours)s.") % {
            "downloads": len(seen),
            "files": seen.distinct("files"),
            "hours": hours_in_words(self.window),
        }

    def evidence_of(self, seen: Seen) -> dict[str, Any]:
        return {
            "downloads": len(seen),
            "files": seen.distinct("files"),
            "listed_files": listed(filter(None, map(file_of, seen.events))),
            "listed_networks": listed(event.region for event in seen.events if event.region),
        }


@dataclass(frozen=True)
class AllowanceChurn(Detector):
    """Running out is no fault, so this never counts towards a hold; three scores are added up. What was given back was not paid for."""

    slug = "allowance_churn"
    name = gettext_lazy("allowance used up again and again")
    sentence = gettext_lazy(
        "The same file is paid for again and again, downloads are refused on many days because none remains, or staff have to add some."
    )
    kinds = frozenset({TAKEN, REFUSED, CHANGED})
    also = frozenset({RETURNED})
    counted: ClassVar = {
        "files": file_of,
        "returned": lambda event: event.detail.get("file") if event.kind == RETURNED else None,
        "refused_days": lambda event: event.at.date() if event.detail.get("reason") == NOTHING_LEFT and event.kind == REFUSED else None,
        "added": lambda event: event.kind == CHANGED and bool(event.detail.get("downloads")),
    }

    window: timedelta = timedelta(days=30)
    least: int = 5
    same_file: Steps = ((10, 20), (20, 40))
    refused_days: Steps = ((6, 20), (12, 40))
    added: Steps = ((5, 20), (8, 40))

    def enough(self) -> list[Need]:
        return [
            Need(frozenset({TAKEN}), self.same_file[0][0], F("detail__file"), again=True),
            Need(frozenset({REFUSED}), self.refused_days[0][0], TruncDate("at", tzinfo=UTC)),
            Need(frozenset({CHANGED}), self.added[0][0]),
        ]

    def score_of(self, seen: Seen) -> int:
        return (
            reached(self.same_file, most(seen))
            + reached(self.refused_days, seen.distinct("refused_days"))
            + reached(self.added, seen.of["added"][True])
        )

    def explanation_of(self, seen: Seen) -> str:
        """Only of those of the three that there is something to say of."""
        same, days, added = most(seen), seen.distinct("refused_days"), seen.of["added"][True]
        said = [
            _("the same file was paid for %d times") % same if same > 1 else "",
            ngettext("downloads were refused on %d day", "downloads were refused on %d days", days) % days if days else "",
            ngettext("staff added downloads %d time", "staff added downloads %d times", added) % added if added else "",
        ]
        return _("Within %(hours)s: %(said)s.") % {"hours": hours_in_words(self.window), "said": "; ".join(filter(None, said))}

    def evidence_of(self, seen: Seen) -> dict[str, Any]:
        return {
            "same_file": most(seen),
            "days_refused": seen.distinct("refused_days"),
            "times_added": seen.of["added"][True],
            "listed_files": listed(filter(None, map(file_of, seen.events))),
            "listed_networks": networks_of(seen.events),
        }


def most(seen: Seen) -> int:
    """How often the file that was paid for most was paid for."""
    returned = seen.of["returned"]
    return max((times - returned[file] for file, times in seen.of["files"].items()), default=0)


def networks_of(events: Sequence[Event]) -> list[str]:
    return listed(event.region for event in events if event.region)

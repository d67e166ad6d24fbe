"""Log-ons that more people use than should: addresses alone, browsers at places, and use at the same time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.detectors.base import Detector, Event, Need, Seen, Steps, listed, reached
from accounts.detectors.words import hours_in_words
from audit.kinds import Kind

LOGINS = frozenset({Kind.LOGIN_SUCCEEDED.value})
STRANGE = Q(detail__known=False)
USE = LOGINS | {Kind.DOWNLOAD_TAKEN.value}


def regions_of(events: Sequence[Event]) -> list[str]:
    return listed(event.region for event in events if event.region)


def devices_of(events: Sequence[Event]) -> list[str]:
    return listed(event.device for event in events if event.device)


@dataclass(frozen=True)
class ManyNetworks(Detector):
    """Addresses alone: somebody behind a VPN looks the same, so this never counts towards a hold."""

    slug = "many_networks"
    name = gettext_lazy("many networks")
    sentence = gettext_lazy("Browsers that the account was not used in before log in from many networks far apart, within a day.")
    kinds = LOGINS
    only = STRANGE
    counted: ClassVar = {"regions": lambda event: event.region}

    window: timedelta = timedelta(hours=24)
    least: int = 5
    steps: Steps = ((5, 20), (7, 40), (10, 60))

    def enough(self) -> list[Need]:
        return [Need(self.kinds, self.least, "ip")]

    def wants(self, event: Event) -> bool:
        return event.kind in self.kinds and event.is_strange

    def score_of(self, seen: Seen) -> int:
        return reached(self.steps, seen.distinct("regions"))

    def explanation_of(self, seen: Seen) -> str:
        return _("Within %(hours)s, browsers that were new to the account logged in from %(networks)d networks far apart.") % {
            "hours": hours_in_words(self.window),
            "networks": seen.distinct("regions"),
        }

    def evidence_of(self, seen: Seen) -> dict[str, Any]:
        return {"networks": seen.distinct("regions"), "listed_networks": regions_of(seen.events)}


@dataclass(frozen=True)
class ManyBrowsers(Detector):
    """As many kinds of new browsers as networks far apart: one person's browsers are few, and meet at home."""

    slug = "many_browsers"
    name = gettext_lazy("shared log-on")
    sentence = gettext_lazy(
        "Browsers of many kinds, in which the account was not used before, log in from as many networks far apart, within a month."
    )
    kinds = LOGINS
    only = STRANGE
    may_hold = True
    counted: ClassVar = {
        "regions": lambda event: event.region,
        "devices": lambda event: event.device,
        "pairs": lambda event: (event.region, event.device) if event.region and event.device else None,
    }

    window: timedelta = timedelta(days=30)
    least: int = 5
    kinds_and_networks: Steps = ((5, 20), (6, 40), (7, 70), (8, 100))
    pairs: Steps = ((5, 20), (6, 40), (8, 70), (10, 100))

    def enough(self) -> list[Need]:
        return [Need(self.kinds, self.kinds_and_networks[0][0], F("detail__device"))]

    def wants(self, event: Event) -> bool:
        return event.kind in self.kinds and event.is_strange

    def score_of(self, seen: Seen) -> int:
        kinds = min(seen.distinct("regions"), seen.distinct("devices"))
        return min(reached(self.kinds_and_networks, kinds), reached(self.pairs, seen.distinct("pairs")))

    def explanation_of(self, seen: Seen) -> str:
        return _(
            "Within %(hours)s, %(kinds)d kinds of browser that were new to the account logged in from %(networks)d networks far apart."
        ) % {
            "hours": hours_in_words(self.window),
            "kinds": seen.distinct("devices"),
            "networks": seen.distinct("regions"),
        }

    def evidence_of(self, seen: Seen) -> dict[str, Any]:
        return {
            "new_browsers": seen.distinct("pairs"),
            "kinds_of_browser": seen.distinct("devices"),
            "networks": seen.distinct("regions"),
            "listed_browsers": devices_of(seen.events),
            "listed_networks": regions_of(seen.events),
        }


@dataclass(frozen=True)
class SimultaneousUse(Detector):
    """Networks far apart that take turns: one person is at a desk and has a phone, and is not in four places at once."""

    slug = "simultaneous_use"
    name = gettext_lazy("simultaneous use")
    sentence = gettext_lazy("Several kinds of browser use the account in turns from networks far apart, within a few hours.")
    kinds = USE
    may_hold = True
    counted: ClassVar = {"regions": lambda event: event.region, "devices": lambda event: event.device}

    window: timedelta = timedelta(hours=6)
    least: int = 5
    kinds_and_networks: Steps = ((4, 20), (5, 40), (6, 70), (8, 100))
    least_returns: int = 1

    def enough(self) -> list[Need]:
        return [Need(self.kinds, self.kinds_and_networks[0][0], F("detail__device"))]

    def score_of(self, seen: Seen) -> int:
        score = reached(self.kinds_and_networks, min(seen.distinct("regions"), seen.distinct("devices")))
        return score if score and returns(seen.events) >= self.least_returns else 0

    def explanation_of(self, seen: Seen) -> str:
        return _(
            "%(networks)d networks far apart and %(kinds)d kinds of browser within %(hours)s, switching %(switches)d times "
            "and returning %(returns)d times."
        ) % {
            "networks": seen.distinct("regions"),
            "kinds": seen.distinct("devices"),
            "hours": hours_in_words(self.window),
            "switches": switches(seen.events),
            "returns": returns(seen.events),
        }

    def evidence_of(self, seen: Seen) -> dict[str, Any]:
        return {
            "networks": seen.distinct("regions"),
            "kinds_of_browser": seen.distinct("devices"),
            "switches": switches(seen.events),
            "returns": returns(seen.events),
            "listed_browsers": devices_of(seen.events),
            "listed_networks": regions_of(seen.events),
        }


def turns(events: Sequence[Event]) -> list[str]:
    """The regions in the order of use, without repetition: A, B, A."""
    regions = [event.region for event in events if event.region]
    return [region for number, region in enumerate(regions) if number == 0 or region != regions[number - 1]]


def switches(events: Sequence[Event]) -> int:
    """How often the use moved to a network far away."""
    return max(0, len(turns(events)) - 1)


def returns(events: Sequence[Event]) -> int:
    """How often it came back to one that had been used before: A-B-A is one return."""
    regions = turns(events)
    return len(regions) - len(set(regions))

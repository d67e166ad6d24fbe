"""Promotional codes and registrations, by network. Behind one address there may be a school or a fair: none of this leads to a hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.detectors.base import Detector, Event, Seen, Steps, listed, reached
from accounts.detectors.words import hours_in_words
from audit.kinds import Kind

REFUSED, MISTYPED = Kind.PROMO_CODE_REFUSED.value, Kind.PROMO_CODE_MISTYPED.value


def promotions_of(events: Sequence[Event]) -> list[str]:
    return listed(name for event in events if (name := str(event.detail.get("promotion") or "")))


def tag_of(event: Event) -> str:
    """The tag of a batch with which the code began; "" if it was none of the promotion's."""
    return str(event.detail.get("tag") or "")


@dataclass(frozen=True)
class PromoGuessing(Detector):
    """Near-misses by their pattern. Whoever mistypes a code fails its check: a right check behind a right tag is made, and not mistyped."""

    slug = "promo_guessing"
    name = gettext_lazy("promotional codes guessed by their pattern")
    sentence = gettext_lazy(
        "From one network come codes that look like those of a promotion and are none: forged with a right check, or one after the other behind one tag."
    )
    kinds = frozenset({REFUSED, MISTYPED})
    of_networks = True
    counted: ClassVar = {
        "mistyped": lambda event: event.kind == MISTYPED,
        "forged": lambda event: event.kind == REFUSED and bool(tag_of(event)),
        "tags": tag_of,
    }

    window: timedelta = timedelta(hours=24)
    least: int = 2
    forged: Steps = ((2, 20), (3, 40), (10, 60))
    of_one_tag: Steps = ((15, 20), (30, 40), (100, 60))
    mistyped: Steps = ((30, 20), (60, 40), (200, 60))

    def score_of(self, seen: Seen) -> int:
        return max(
            reached(self.forged, seen.of["forged"][True]),
            reached(self.of_one_tag, longest_run(seen)),
            reached(self.mistyped, seen.of["mistyped"][True]),
        )

    def explanation_of(self, seen: Seen) -> str:
        return _(
            "Within %(hours)s %(forged)d codes with the tag of a batch and a right check were tried that were never made, "
            "%(run)d behind the same tag, and %(mistyped)d that do not pass their own check."
        ) % {
            "hours": hours_in_words(self.window),
            "forged": seen.of["forged"][True],
            "run": longest_run(seen),
            "mistyped": seen.of["mistyped"][True],
        }

    def evidence_of(self, seen: Seen) -> dict[str, Any]:
        return {
            "forged_codes": seen.of["forged"][True],
            "codes_of_one_tag": longest_run(seen),
            "mistyped_codes": seen.of["mistyped"][True],
            "listed_tags": listed(filter(None, map(tag_of, seen.events))),
            "listed_promotions": promotions_of(seen.events),
        }


def longest_run(seen: Seen) -> int:
    """How many began with the tag that most began with."""
    return max(seen.of["tags"].values(), default=0)


@dataclass(frozen=True)
class PromoRegistrations(Detector):
    """A school, a fair or a provider whose customers share an address look the same: staff look, and the network is slowed meanwhile."""

    slug = "promo_registrations"
    name = gettext_lazy("many registrations from one network")
    sentence = gettext_lazy("Many registrations for promotions come from one network within a day.")
    kinds = frozenset({Kind.REGISTRATION_HELD.value})
    of_networks = True

    window: timedelta = timedelta(hours=24)
    least: int = 10
    steps: Steps = ((10, 20), (30, 40), (100, 60))

    def score_of(self, seen: Seen) -> int:
        return reached(self.steps, len(seen))

    def explanation_of(self, seen: Seen) -> str:
        return _("Within %(hours)s there were %(registrations)d registrations for promotions.") % {
            "hours": hours_in_words(self.window),
            "registrations": len(seen),
        }

    def evidence_of(self, seen: Seen) -> dict[str, Any]:
        return {"registrations": len(seen), "listed_promotions": promotions_of(seen.events)}

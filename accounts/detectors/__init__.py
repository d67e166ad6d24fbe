"""The detectors of misuse (promises C4, C7), and what their scores lead to. docs/misuse.md says the same in words."""

from accounts.detectors.base import Detector, Event, Sign
from accounts.detectors.downloading import AllowanceChurn, DownloadBurst
from accounts.detectors.guessing import GuessingAccount, GuessingNetwork, ProbingAccount, ProbingNetwork
from accounts.detectors.promotions import PromoGuessing, PromoRegistrations
from accounts.detectors.sharing import ManyBrowsers, ManyNetworks, SimultaneousUse
from accounts.detectors.watches import WATCHES, Watch

DETECTORS: tuple[Detector, ...] = (
    ManyNetworks(),
    ManyBrowsers(),
    SimultaneousUse(),
    DownloadBurst(),
    AllowanceChurn(),
    GuessingAccount(),
    GuessingNetwork(),
    ProbingAccount(),
    ProbingNetwork(),
    PromoGuessing(),
    PromoRegistrations(),
)
BY_SLUG = {detector.slug: detector for detector in DETECTORS}


def named(slug: str) -> Detector | Watch | None:
    """The detector of this slug, be it here or on a floor above; None if there is none (any more)."""
    return BY_SLUG.get(slug) or WATCHES.get(slug)


__all__ = ["BY_SLUG", "DETECTORS", "WATCHES", "Detector", "Event", "Sign", "Watch", "named"]

"""The detectors of misuse (promises C4, C7), and what their scores lead to. docs/misuse.md says the same in words."""

from accounts.detectors.base import Detector, Event, Sign
from accounts.detectors.downloading import AllowanceChurn, DownloadBurst
from accounts.detectors.guessing import GuessingAccount, GuessingNetwork, ProbingAccount, ProbingNetwork
from accounts.detectors.sharing import ManyBrowsers, ManyNetworks, SimultaneousUse

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
)
BY_SLUG = {detector.slug: detector for detector in DETECTORS}

__all__ = ["BY_SLUG", "DETECTORS", "Detector", "Event", "Sign"]

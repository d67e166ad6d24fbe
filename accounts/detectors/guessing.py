"""Guessing from outside: passwords and codes, by account and by network. Whoever is guessed at is a victim: none of this leads to a hold."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.detectors.base import Detector, Event, Seen, Steps, listed, reached
from accounts.detectors.words import hours_in_words
from audit.kinds import Kind

LOGIN = Kind.LOGIN_SUCCEEDED.value
FAILURES = frozenset({Kind.LOGIN_FAILED.value, Kind.SECOND_FACTOR_FAILED.value})
REFUSED_CODES = frozenset({Kind.UNLOCK_CODE_REFUSED.value, Kind.PROMO_CODE_REFUSED.value})


def is_failure(event: Event) -> bool:
    return event.kind in FAILURES


@dataclass(frozen=True)
class GuessingAccount(Detector):
    """Many failures; and worse, a browser that is new to the account gets in from the network where they came from."""

    slug = "guessing_account"
    name = gettext_lazy("guessing at one account")
    sentence = gettext_lazy(
        "The log-in or the second factor of one account fails many times within a day; it weighs more if the guesser then gets in."
    )
    kinds = FAILURES
    also = frozenset({LOGIN})
    counted: ClassVar = {
        "failures": is_failure,
        "failing_networks": lambda event: event.network if is_failure(event) else None,
        "second_factor": lambda event: event.kind == Kind.SECOND_FACTOR_FAILED.value,
    }

    window: timedelta = timedelta(hours=24)
    least: int = 10
    steps: Steps = ((10, 20), (20, 40), (60, 60))
    failures_before_entry: int = 8
    entry: int = 40

    def score_of(self, seen: Seen) -> int:
        score = reached(self.steps, seen.of["failures"][True])
        return score + self.entry if score and self.entries(seen) else score

    def entries(self, seen: Seen) -> list[Event]:
        """Log-ins by new browsers from a network where many failures came from."""
        failed = seen.of["failing_networks"]
        logins = [event for event in seen.events if event.kind == LOGIN and event.is_strange]
        return [event for event in logins if failed[event.network] >= self.failures_before_entry]

    def explanation_of(self, seen: Seen) -> str:
        said = _("%(failures)d log-ins or codes failed within %(hours)s, from %(networks)d addresses.") % {
            "failures": seen.of["failures"][True],
            "hours": hours_in_words(self.window),
            "networks": seen.distinct("failing_networks"),
        }
        return f"{said} {_('Then a new browser got in from one of them.')}" if self.entries(seen) else said

    def evidence_of(self, seen: Seen) -> dict[str, Any]:
        return {
            "failures": seen.of["failures"][True],
            "second_factor_failures": seen.of["second_factor"][True],
            "addresses": seen.distinct("failing_networks"),
            "entries": len(self.entries(seen)),
            "listed_networks": listed(event.region for event in seen.events if is_failure(event) and event.region),
        }


@dataclass(frozen=True)
class GuessingNetwork(Detector):
    """An office behind one address forgets passwords too, but its people get in at last: accounts that were entered do not count."""

    slug = "guessing_network"
    name = gettext_lazy("one network guesses at many accounts")
    sentence = gettext_lazy(
        "Log-ins at many accounts fail from one network within a day, and none of those accounts is entered from there."
    )
    kinds = FAILURES
    also = frozenset({LOGIN})
    of_networks = True
    counted: ClassVar = {
        "failed": lambda event: event.user_id if is_failure(event) else None,
        "entered": lambda event: event.user_id if event.kind == LOGIN else None,
        "nobodys": lambda event: is_failure(event) and event.user_id is None,
    }

    window: timedelta = timedelta(hours=24)
    least: int = 8
    steps: Steps = ((8, 20), (15, 40), (40, 60))

    def score_of(self, seen: Seen) -> int:
        return reached(self.steps, self.in_vain(seen) + seen.of["nobodys"][True])

    def in_vain(self, seen: Seen) -> int:
        """At how many accounts it failed, and entered none of them."""
        return len(seen.of["failed"].keys() - seen.of["entered"].keys())

    def explanation_of(self, seen: Seen) -> str:
        return _(
            "Within %(hours)s log-ins failed at %(accounts)d accounts that were not entered from this network, "
            "and %(nobodys)d times at addresses that nobody has here."
        ) % {"hours": hours_in_words(self.window), "accounts": self.in_vain(seen), "nobodys": seen.of["nobodys"][True]}

    def evidence_of(self, seen: Seen) -> dict[str, Any]:
        return {
            "accounts_in_vain": self.in_vain(seen),
            "accounts_entered": seen.distinct("entered"),
            "nobodys_addresses": seen.of["nobodys"][True],
        }


@dataclass(frozen=True)
class CodeProbing(Detector):
    """What both detectors of probing have in common: unlock codes and promotional codes that there are not, tried one after the other."""

    kinds = REFUSED_CODES
    counted: ClassVar = {
        "unlock": lambda event: event.kind == Kind.UNLOCK_CODE_REFUSED.value,
        "promo": lambda event: event.kind == Kind.PROMO_CODE_REFUSED.value,
        "accounts": lambda event: event.user_id,
        "addresses": lambda event: event.network if event.ip else None,
    }

    window: timedelta = timedelta(hours=24)
    least: int = 10
    steps: Steps = ((10, 20), (20, 40), (60, 60))

    def score_of(self, seen: Seen) -> int:
        return reached(self.steps, len(seen))

    def explanation_of(self, seen: Seen) -> str:
        return _("Within %(hours)s %(unlock)d unlock codes and %(promo)d promotional codes were tried in vain.") % {
            "hours": hours_in_words(self.window),
            "unlock": seen.of["unlock"][True],
            "promo": seen.of["promo"][True],
        }

    def evidence_of(self, seen: Seen) -> dict[str, Any]:
        return {
            "unlock_codes": seen.of["unlock"][True],
            "promotional_codes": seen.of["promo"][True],
            "accounts": seen.distinct("accounts"),
            "addresses": seen.distinct("addresses"),
        }


@dataclass(frozen=True)
class ProbingAccount(CodeProbing):
    slug = "probing_account"
    name = gettext_lazy("probing of codes by one account")
    sentence = gettext_lazy("One account tries many unlock codes or promotional codes in vain within a day.")


@dataclass(frozen=True)
class ProbingNetwork(CodeProbing):
    slug = "probing_network"
    name = gettext_lazy("probing of codes by one network")
    sentence = gettext_lazy("Many unlock codes or promotional codes are tried in vain from one network within a day.")
    of_networks = True

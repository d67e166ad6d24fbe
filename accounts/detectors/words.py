"""Times, counts and evidence, as findings say them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext

WORDS = {
    "events": gettext_lazy("events looked at together"),
    "networks": gettext_lazy("networks far apart"),
    "kinds_of_browser": gettext_lazy("kinds of browser"),
    "new_browsers": gettext_lazy("pairs of a network and a kind of browser that was new to the account"),
    "switches": gettext_lazy("switches between networks far apart"),
    "returns": gettext_lazy("returns to a network used before"),
    "downloads": gettext_lazy("downloads taken"),
    "files": gettext_lazy("different files"),
    "same_file": gettext_lazy("how often the same file was paid for"),
    "days_refused": gettext_lazy("days on which downloads were refused because none remained"),
    "times_added": gettext_lazy("how often staff added downloads"),
    "failures": gettext_lazy("failed log-ins and second factors"),
    "second_factor_failures": gettext_lazy("failed second factors among them"),
    "addresses": gettext_lazy("addresses that they came from"),
    "entries": gettext_lazy("log-ins by new browsers from those addresses"),
    "accounts_in_vain": gettext_lazy("accounts that were not entered from there"),
    "accounts_entered": gettext_lazy("accounts that were entered from there in the end"),
    "nobodys_addresses": gettext_lazy("failures at addresses that nobody has here"),
    "unlock_codes": gettext_lazy("unlock codes tried in vain"),
    "promotional_codes": gettext_lazy("promotional codes tried in vain"),
    "accounts": gettext_lazy("accounts"),
    "forged_codes": gettext_lazy("promotional codes with a right tag and a right check that were never made"),
    "codes_of_one_tag": gettext_lazy("promotional codes tried behind the same tag"),
    "mistyped_codes": gettext_lazy("promotional codes that do not pass their own check"),
    "registrations": gettext_lazy("registrations"),
    "reports": gettext_lazy("what the customer reported"),
    "listed_networks": gettext_lazy("the networks, most frequent first"),
    "listed_browsers": gettext_lazy("the browsers, most frequent first"),
    "listed_files": gettext_lazy("the files, most frequent first"),
    "listed_tags": gettext_lazy("the tags, most frequent first"),
    "listed_promotions": gettext_lazy("the promotions, most frequent first"),
    "event_ids": gettext_lazy("some of the events, by their numbers in the audit log"),
}


def hours_in_words(time: timedelta) -> str:
    """ "3 hours", "7 days": whole days from two on, else hours."""
    hours = int(time.total_seconds()) // 3600
    if hours >= 48 and hours % 24 == 0:
        return ngettext("%d day", "%d days", hours // 24) % (hours // 24)
    return ngettext("%d hour", "%d hours", hours) % hours


def evidence_rows(evidence: Mapping[str, Any], more: Mapping[str, str | Promise] | None = None) -> list[tuple[str | Promise, str]]:
    """The evidence as a table that a person reads: what each value is, in words, and the value. `more`: words of a detector of the floors above."""
    words = {**(more or {}), **WORDS}
    return [(words[name], value_in_words(evidence[name])) for name in words if name in evidence]


def value_in_words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(value_in_words, value))
    return report_in_words(value) if isinstance(value, dict) else str(value)


def report_in_words(report: Mapping[str, Any]) -> str:
    """One log-in or download that a customer reported as somebody else's (accounts/reports.py)."""
    return " ".join(str(report[name]) for name in ("what", "number", "at", "ip", "of") if report.get(name))

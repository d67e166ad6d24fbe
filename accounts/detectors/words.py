"""Times and counts, as findings say them."""

from datetime import timedelta

from django.utils.translation import ngettext


def hours_in_words(time: timedelta) -> str:
    """ "3 hours", "7 days": whole days from two on, else hours."""
    hours = int(time.total_seconds()) // 3600
    if hours >= 48 and hours % 24 == 0:
        return ngettext("%d day", "%d days", hours // 24) % (hours // 24)
    return ngettext("%d hour", "%d hours", hours) % hours

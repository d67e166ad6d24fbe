"""How much of what a product's wizard may send (docs/diagnostics-api.md)."""

from django.conf import settings

OLDEST = (1, 0)
"""The oldest version of our own wizard that is still understood."""
MEGABYTE = 1024 * 1024
MOST_BYTES_OF_DETAILS = 256 * 1024
PIECE_ADVISED = 8 * MEGABYTE
"""What to send in one request: a proxy holds so much in memory, and need not write it down in plain."""
OPEN_OF_A_NETWORK = 20
OPEN_OF_ALL = 500


def largest() -> int:
    return int(settings.SUPPORT_DIAGNOSTICS_MAX_MB) * MEGABYTE


def most_pending() -> int:
    return int(settings.SUPPORT_DIAGNOSTICS_PENDING_MB) * MEGABYTE

"""Which entries of the log are faults: Django writes at ERROR, too, why it refused a request (django.security), and anybody can be refused."""

import logging

BROKEN = 500


class Faults(logging.Filter):
    """For those who are told of faults: not of what a visitor was refused, which any stranger brings about as often as they like."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(record, "status_code", BROKEN) >= BROKEN

"""The years that every date here belongs to, be it typed, sent or stored: so none breaks in some time zone, or in PostgreSQL's longer calendar."""

from datetime import UTC, datetime

FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
"""From FIRST on, and before LAST."""

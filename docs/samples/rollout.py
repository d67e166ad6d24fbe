"""When an update of a phased roll-out is offered to one installation. Python 3.11 or newer, its standard library alone; docs/updates.md tells the rule.

offered(installation_id, "2.1", start="2026-11-27T09:00:00Z", days=7, now=datetime.now(UTC))
"""

import hashlib
from datetime import UTC, datetime, timedelta


def day_of(installation_id: str, version: str, days: int) -> int:
    """The day of the roll-out on which this installation has its turn: 0 is the first. Another version gives it another turn."""
    digest = hashlib.sha256(f"{installation_id}:{version}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % days


def offered(installation_id: str, version: str, start: str, days: int, now: datetime) -> bool:
    """Whether the update is offered by now. `start` and `days` come from the feed; a critical update has no roll-out there, or none that counts."""
    turn = datetime.fromisoformat(start.replace("Z", "+00:00")) + timedelta(days=day_of(installation_id, version, days))
    return now.astimezone(UTC) >= turn

"""What else ends when a customer refuses announcements: each room that keeps something of its own declares it, and does it in the same transaction."""

from collections.abc import Callable

from django.db.models import Model

Ending = Callable[[Model], None]
endings: list[Ending] = []


def ends_with_refusal(ending: Ending) -> Ending:
    """Declare it: it is called with the account."""
    endings.append(ending)
    return ending

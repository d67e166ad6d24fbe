"""Beginning a destruction: from that moment nobody reads or writes in the case any more."""

from django.db import transaction
from django.utils import timezone

from support.cases.writing import locked
from support.models import Case, Destruction, Life, Trigger


@transaction.atomic
def begin(case: Case, trigger: Trigger) -> Destruction:
    """The record, with which the work itself is due at once (support.tasks.purge_support). Raises Gone if it had begun."""
    held, now = locked(case), timezone.now()
    held.life = Life.DESTROYING
    held.save(update_fields=["life"])
    return Destruction.objects.create(case=held, trigger=trigger, due_at=held.destroy_at or now)

"""The customer has their case destroyed at once."""

from django.db import transaction
from django.utils import timezone

from support.cases.writing import locked
from support.destruction.starting import begin
from support.models import Case, Destruction, Trigger


@transaction.atomic
def destroy_at_once(case: Case) -> Destruction | None:
    """None, and nothing happens, while a suspicion of fraud keeps the case: the customer's page says so. Raises Gone if it had begun."""
    held = locked(case)
    return None if held.holds.in_force(timezone.now()).exists() else begin(held, Trigger.CUSTOMER)

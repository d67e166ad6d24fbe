"""The customer has their case destroyed at once."""

from support.destruction.starting import Held, begin
from support.models import Case, Destruction, Trigger


def destroy_at_once(case: Case) -> Destruction | None:
    """None, and nothing happens, while a suspicion of fraud keeps the case: the customer's page says so. Raises Gone if it had begun."""
    try:
        return begin(case, Trigger.CUSTOMER)
    except Held:
        return None

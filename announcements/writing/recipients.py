"""How many an audience is at this moment, and a few of them, for whoever chooses it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from accounts.addresses import masked
from announcements.audience import Conditions, count, customers, subscriptions
from privacy.reach import reach_of

SAMPLE = 5


@dataclass(frozen=True)
class Recipients:
    count: int
    sample: Sequence[str]


def recipients_seen(request: HttpRequest, conditions: Conditions, topic: str) -> Recipients:
    """The number, and the first addresses: as they are for those who see everybody's rows, and else masked. Three or four queries."""
    among_customers = customers(conditions, topic).order_by("pk").values_list("pk", "email")[:SAMPLE]
    rows = [(pk, email) for pk, email in among_customers]
    if len(rows) < SAMPLE:
        known = [email for _pk, email in rows]
        joined = subscriptions(conditions, topic).order_by("pk").values_list("email", flat=True)[:SAMPLE]
        rows += [(0, email) for email in joined if email not in known]
    if len({pk for pk, _email in rows}) == 1 and rows[0][0]:
        reach_of(request).looked_at(rows[0][0])  # an audience of one customer is a look at that customer
    show = str if reach_of(request).everybody else masked
    return Recipients(count(conditions, topic), [show(email) for _pk, email in rows[:SAMPLE]])

"""The labelled month: who is honest and who shares, and everything that they did, in order. The same seed gives the same month."""

from dataclasses import dataclass
from random import Random

from bench.honest import DAYS, honest_customers
from bench.lives import Account, Happened
from bench.sharers import sharers
from bench.world import DAY, World

END = DAYS * DAY


@dataclass(frozen=True)
class Month:
    accounts: list[Account]
    events: list[Happened]


def month_of(seed: int) -> Month:
    """A thousand honest customers, and thirty accounts that are shared; the events in the order of their time."""
    rng = Random(seed)
    world = World(rng)
    honest = honest_customers(world, rng)
    accounts = honest + sharers(world, rng, first=len(honest) + 1)
    for account in accounts:
        account.play(END)
    events = sorted((event for account in accounts for event in account.events), key=lambda event: event.at)
    return Month(accounts, events)

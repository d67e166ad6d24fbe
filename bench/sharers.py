"""Thirty accounts that more people use than should, of six sorts. In each of them the owner goes on as an honest customer does."""

from collections.abc import Callable
from random import Random

from bench.honest import DAYS, Life, commuter, home_and_phone
from bench.lives import HOUR, Account
from bench.world import DAY, DESKTOPS, PHONES, TABLETS, Address, Browser, World


def stranger(life: Life, keeps: float = 0.92) -> tuple[Address, Browser]:
    """Somebody else, somewhere else, with a machine of their own."""
    shares = life.rng.choices([DESKTOPS, PHONES, TABLETS], [80, 15, 5])[0]
    line = life.world.mobile(far=True) if shares is PHONES and life.rng.random() < 0.6 else life.world.home()
    return line, life.browser(shares, life.rng.random() < keeps)


def use(life: Life, at: float, person: tuple[Address, Browser], downloads: int = 1, again: float = 0.8) -> None:
    life.account.visit(at, person[0](at), person[1], downloads, again)


def forum(life: Life) -> None:
    """The log-on is posted: in the hours after it many try it once, and some come again."""
    home_and_phone(life)
    posted = life.rng.uniform(2, DAYS - 4) * DAY
    for _reader in range(life.rng.randrange(20, 120)):
        person, at = stranger(life), posted + life.rng.expovariate(1 / (18 * HOUR))
        use(life, at, person)
        while life.rng.random() < 0.3:
            at += life.rng.expovariate(1 / DAY)
            use(life, at, person)


def students(life: Life) -> None:
    """A class: each student on the campus net and at home, for weeks."""
    home_and_phone(life)
    campus = life.world.fixed()
    term = life.rng.uniform(1, 8) * DAY
    for _student in range(life.rng.randrange(12, 26)):
        line, browser = stranger(life)
        for _visit in range(life.rng.randrange(2, 9)):
            at = term + life.rng.uniform(0, DAYS * DAY - term)
            here = campus if 8 <= at % DAY / HOUR < 17 else line
            use(life, at, (here, browser), life.rng.randrange(2))


def reseller(life: Life) -> None:
    """Sells the log-on to customers of their own: one every day or two, each of whom comes a few times."""
    home_and_phone(life)
    at = life.rng.uniform(0, 3) * DAY
    while at < DAYS * DAY:
        person = stranger(life)
        use(life, at, person, life.rng.randrange(1, 3))
        for _visit in range(life.rng.randrange(3)):
            use(life, at + life.rng.uniform(1, 12) * DAY, person, life.rng.randrange(2))
        at += life.rng.expovariate(1 / (1.4 * DAY))


def two_friends(life: Life) -> None:
    """One bought, both use it, each at their own place."""
    commuter(life)
    friend = stranger(life)
    for at in life.moments(10):
        use(life, at, friend, life.rng.randrange(2))


def office_of_ten(life: Life) -> None:
    """Ten colleagues behind one address share what one of them bought, and take some of it home."""
    home_and_phone(life)
    office = life.world.fixed()
    for _colleague in range(10):
        desk, home = life.browser(DESKTOPS, life.rng.random() < 0.9), life.world.home()
        for at in life.moments(4, (8, 18)):
            use(life, at, (office if life.rng.random() < 0.9 else home, desk), life.rng.randrange(2))


def taken_over(life: Life) -> None:
    """Somebody guessed or stole the password, takes all there is, and comes again; half of them pass it on."""
    home_and_phone(life)
    thief, at = stranger(life, keeps=0.3), life.rng.uniform(3, DAYS - 3) * DAY
    if life.rng.random() < 0.6:
        at = life.account.fail(at, thief[0](at), life.rng.randrange(8, 60), apart=130)
    for _visit in range(life.rng.randrange(2, 7)):
        use(life, at, thief, life.rng.randrange(2, 8), again=0.2)
        at += life.rng.expovariate(1 / (10 * HOUR))
    if life.rng.random() < 0.5:
        for _receiver in range(life.rng.randrange(5, 30)):
            use(life, at + life.rng.expovariate(1 / (30 * HOUR)), stranger(life))


SORTS: tuple[Callable[[Life], None], ...] = (forum, students, reseller, two_friends, office_of_ten, taken_over)
EACH = 5


def sharers(world: World, rng: Random, first: int) -> list[Account]:
    """Five accounts of each sort, with their month."""
    accounts = []
    for share in SORTS:
        for _number in range(EACH):
            account = Account(first + len(accounts), share.__name__, True, rng)
            account.buy()
            life = Life(world, account, rng)
            share(life)
            accounts.append(account)
    return accounts

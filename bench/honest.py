"""Honest customers, as wild as in life: a month of each, by sort. Written before the detectors were tuned, and never to please them."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from bench.lives import HOUR, Account
from bench.world import DAY, DESKTOPS, PHONES, TABLETS, Address, Browser, World, picked

DAYS = 30


@dataclass
class Life:
    """A person with an account: the places where they are, and the browsers that they use there."""

    world: World
    account: Account
    rng: Random

    def __post_init__(self) -> None:
        self.keeps = self.rng.random() >= 0.08  # some refuse the greeting, by a setting, by their browser, or by Sec-GPC
        self.home, self.phone_line = self.world.home(), self.world.mobile()
        self.desk = self.browser(DESKTOPS)
        self.phone = self.browser(PHONES)

    def browser(self, shares: dict[str, int], keeps: bool | None = None) -> Browser:
        return Browser(picked(self.rng, shares), self.keeps if keeps is None else keeps)

    def moments(self, mean: float, hours: tuple[int, int] = (7, 24)) -> list[float]:
        """When somebody comes in a month: some hardly ever, some every day, and now and then several times in an hour."""
        visits = min(int(self.rng.lognormvariate(0, 0.9) * mean) + 1, 150)
        moments = [self.rng.randrange(DAYS) * DAY + self.rng.uniform(*hours) * HOUR for _visit in range(visits)]
        return sorted(moments + [at + self.rng.uniform(60, 3000) for at in moments if self.rng.random() < 0.15])

    def come(self, at: float, line: Address, browser: Browser, chance: float = 0.25) -> None:
        """One visit, in which something is downloaded with this chance."""
        downloads = self.rng.choices([1, 2, 4], [7, 2, 1])[0] if self.rng.random() < chance else 0
        self.account.visit(at, line(at), browser, downloads)

    def at_home(self, at: float) -> None:
        """At the desk, or with the phone: in the wireless net of the home, or, as often, on the carrier's."""
        if self.rng.random() < 0.7:
            self.come(at, self.home, self.desk)
        else:
            self.come(at, self.home if self.rng.random() < 0.5 else self.phone_line, self.phone, 0.05)


def home_and_phone(life: Life) -> None:
    for at in life.moments(8):
        life.at_home(at)


def commuter(life: Life) -> None:
    """Home, the way, and a desk at work, which may keep no cookies; the phone is in whichever net is near."""
    work = life.world.fixed()
    desk = life.browser(DESKTOPS, life.keeps and life.rng.random() < 0.8)
    for at in life.moments(10, (6, 23)):
        hour = at % DAY / HOUR
        if 9 <= hour < 17:
            life.come(at, work if life.rng.random() < 0.9 else life.phone_line, desk if life.rng.random() < 0.8 else life.phone)
        elif hour < 9 or hour < 19:
            life.come(at, life.phone_line, life.phone, 0.05)
        else:
            life.at_home(at)


def traveller(life: Life) -> None:
    """Some trips in the month: every few hours another hotel, airport, train or friend, with laptop and phone, and sometimes a machine that stands there."""
    trips = [(life.rng.randrange(DAYS), life.rng.randrange(2, 10)) for _trip in range(life.rng.randrange(1, 4))]
    laptop, far_phone = life.browser(DESKTOPS), life.world.mobile(far=True)
    for at in life.moments(14, (5, 24)):
        away = any(first <= at / DAY < first + length for first, length in trips)
        if not away:
            life.at_home(at)
            continue
        line = life.world.fixed() if life.rng.random() < 0.7 else far_phone
        device = life.rng.choices([laptop, life.phone, life.browser(DESKTOPS, keeps=False)], [60, 34, 6])[0]
        life.come(at, line, device)
        if life.rng.random() < 0.25:
            life.come(at + life.rng.uniform(600, 4000), far_phone, life.phone, 0.05)


def office_worker(life: Life) -> None:
    """One of twenty with accounts of their own behind the office's one address; home in the evening now and then."""
    for at in life.moments(9, (8, 18)):
        life.come(at, life.office, life.desk)  # type: ignore[attr-defined]
    for at in life.moments(2, (18, 24)):
        life.at_home(at)


def family(life: Life) -> None:
    """Up to five who live together use what one of them bought (which the licence allows): many devices, one home, and each on the way at times."""
    members = [(life.browser(PHONES), life.world.mobile()) for _member in range(life.rng.randrange(2, 6))]
    shared = [life.desk, life.browser(DESKTOPS), life.browser(TABLETS)]
    away = life.world.fixed()  # a school, or grandmother
    for at in life.moments(14):
        phone, line = life.rng.choice(members)
        where = life.rng.random()
        if where < 0.55:
            life.come(at, life.home, life.rng.choice(shared))
        elif where < 0.75:
            life.come(at, life.home, phone, 0.1)
        elif where < 0.92:
            life.come(at, line, phone, 0.1)
        else:
            life.come(at, away, life.rng.choice([phone, shared[2]]), 0.1)


def three_devices(life: Life) -> None:
    """Laptop, desk, tablet and phone, all of them everywhere."""
    places = [life.home, life.world.fixed(), life.world.fixed(), life.phone_line]
    devices = [life.desk, life.browser(DESKTOPS), life.browser(TABLETS), life.phone]
    for at in life.moments(16):
        life.come(at, life.rng.choices(places, [6, 2, 1, 2])[0], life.rng.choice(devices))


def tester(life: Life) -> None:
    """Looks at everything in five browsers, often in private windows."""
    browsers = [life.browser({words: 1}, life.rng.random() < 0.5) for words in life.rng.sample(list(DESKTOPS), 5)]
    for at in life.moments(16):
        for browser in life.rng.sample(browsers, life.rng.randrange(1, 4)):
            at += life.rng.uniform(60, 900)
            life.come(at, life.home if life.rng.random() < 0.8 else life.phone_line, browser)


def behind_vpn(life: Life) -> None:
    """A laptop whose address is another country's each time; the phone without."""
    exits = life.world.vpn()
    for at in life.moments(12):
        if life.rng.random() < 0.75:
            life.come(at, exits, life.desk)
        else:
            life.at_home(at)


def behind_relay(life: Life) -> None:
    """All devices of one maker, all of them through its relay, and none keeps cookies."""
    relay = life.world.relayed()
    devices = [Browser("Safari on Mac OS X", False), Browser("Mobile Safari on iOS", False)]
    for at in life.moments(10):
        life.come(at, relay if life.rng.random() < 0.85 else life.home, life.rng.choice(devices))


def forgetful(life: Life) -> None:
    """Fails and fails, asks for a new password, fails again."""
    for at in life.moments(6):
        line, browser = (life.home, life.desk) if life.rng.random() < 0.7 else (life.phone_line, life.phone)
        if life.rng.random() < 0.5:
            at = life.account.fail(at, line(at), life.rng.randrange(2, 9))
            if life.rng.random() < 0.4:
                at = life.account.forget_password(at, line(at))
        life.come(at, line, browser)


def new_machines(life: Life) -> None:
    """Sets up one machine after the other, takes the same file for each, runs out, and asks for more."""
    life.account.asks = 0.5
    for at in life.moments(5):
        browser = life.browser(DESKTOPS)
        life.account.visit(at, life.home(at), browser, life.rng.randrange(1, 4), again=0.7)


def cookie_cleaner(life: Life) -> None:
    """Every browser forgets everything when it is closed; home, work and phone."""
    life.keeps = life.desk.keeps = life.phone.keeps = False
    commuter(life)


def consultant(life: Life) -> None:
    """At another client's every day, at night in hotels; a VPN when the net there is bad; a laptop and a phone, and the client's machine at times. Forgets cookies."""
    life.desk.keeps = life.phone.keeps = False
    exits, nights = life.world.vpn(), {}
    for at in life.moments(22, (7, 24)):
        day = int(at / DAY)
        client, hotel = nights.setdefault(day, (life.world.fixed(), life.world.fixed()))
        line = life.rng.choices([client if at % DAY < 18 * HOUR else hotel, exits, life.phone_line], [60, 20, 20])[0]
        device = life.rng.choices([life.desk, life.phone, life.browser(DESKTOPS, keeps=False)], [70, 24, 6])[0]
        life.come(at, line, device)


def keeper_of_many(life: Life) -> None:
    """Administers a school's machines: many units, and everything downloaded within the hour, once or twice in the month."""
    life.account.buy(units=30, products=3)
    for at in life.moments(3, (8, 17)):
        life.account.visit(at, life.home(at), life.desk, life.rng.randrange(4, 16), again=0.5)


SORTS: dict[Callable[[Life], None], int] = {
    home_and_phone: 240,
    commuter: 190,
    office_worker: 200,
    traveller: 90,
    family: 70,
    three_devices: 50,
    tester: 20,
    behind_vpn: 35,
    behind_relay: 25,
    forgetful: 30,
    new_machines: 20,
    cookie_cleaner: 15,
    consultant: 10,
    keeper_of_many: 5,
}
OFFICE = 20


def honest_customers(world: World, rng: Random, first: int = 1) -> list[Account]:
    """A thousand customers with their month."""
    accounts: list[Account] = []
    office = world.fixed()
    for live, many in SORTS.items():
        for number in range(many):
            account = Account(first + len(accounts), live.__name__, False, rng)
            account.buy(units=rng.choices([1, 2, 5], [8, 1, 1])[0])
            life = Life(world, account, rng)
            if live is office_worker:
                office = world.fixed() if number % OFFICE == 0 else office
                life.office = office  # type: ignore[attr-defined]
            live(life)
            accounts.append(account)
    return accounts

"""What accounts do: their people plan, and then it is played in the order of time, so that cookies and allowances are what they would be."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from random import Random
from typing import Any, NamedTuple

from bench.world import DAY, Browser

HOUR = 3_600.0
FILES = {
    "NOTEBOOK": ("notebook-3.1-windows.zip", "notebook-3.1-macos.zip", "notebook-3.0-windows.zip", "notebook-2.8-windows.zip"),
    "MAILER": ("mailer-5.0.zip", "mailer-4.9.zip"),
    "TRACER": ("tracer-1.4.zip",),
}


class Happened(NamedTuple):
    """One event: when (seconds from the beginning), what, whose account, from where, and the details."""

    at: float
    kind: str
    account: int
    ip: str | None
    detail: dict[str, Any]


@dataclass
class Account:
    """An account with what it bought; `sort` is what its people are like, and `shared` whether others use it than should.

    `asks`: the chance that somebody who is refused a download asks staff for more.
    """

    number: int
    sort: str
    shared: bool
    rng: Random
    asks: float = 0.03
    events: list[Happened] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)
    taken: dict[str, float] = field(default_factory=dict)
    sessions: int = 0

    def __post_init__(self) -> None:
        self.planned: list[tuple[float, int, Callable[[float], None]]] = []
        self.order = count()

    def buy(self, units: int = 1, products: int = 0) -> None:
        names = self.rng.sample(list(FILES), products or self.rng.choices([1, 2, 3], [6, 3, 1])[0])
        self.left = dict.fromkeys(names, units * 5)

    # Plans

    def plan(self, at: float, deed: Callable[[float], None]) -> None:
        heapq.heappush(self.planned, (at, next(self.order), deed))

    def visit(self, at: float, ip: str, browser: Browser, downloads: int = 0, again: float = 0.0) -> None:
        """A log-in, some downloads (of files that were taken before with the chance `again`), and now and then a log-out."""
        if self.rng.random() < 0.08:
            at = self.fail(at, ip, self.rng.choices([1, 2, 3, 5], [60, 25, 10, 5])[0])
        self.plan(at, partial(self.log_in, ip=ip, browser=browser))
        for _number in range(downloads):
            at += self.rng.uniform(15, 240)
            self.plan(at, partial(self.download, ip=ip, again=again))
        if self.rng.random() < 0.3:
            self.plan(at + self.rng.uniform(30, 1200), partial(self.add, kind="login.ended", ip=ip))

    def fail(self, at: float, ip: str, times: int, apart: float = 20.0) -> float:
        """So many wrong passwords; returns when the next try may come."""
        for _time in range(times):
            self.plan(at, partial(self.add, kind="login.failed", ip=ip, area="resources"))
            at += self.rng.expovariate(1 / apart)
        return at

    def forget_password(self, at: float, ip: str) -> float:
        self.plan(at + 30, partial(self.add, kind="password.requested", ip=ip))
        self.plan(at + 200, partial(self.add, kind="password.changed", ip=ip))
        return at + 240

    # What happens

    def play(self, until: float) -> None:
        while self.planned and self.planned[0][0] < until:
            at, _order, deed = heapq.heappop(self.planned)
            deed(at)

    def add(self, at: float, kind: str, ip: str | None, **detail: Any) -> None:
        self.events.append(Happened(at, kind, self.number, ip, detail))

    def log_in(self, at: float, ip: str, browser: Browser) -> None:
        self.sessions += 1
        number = self.number * 10_000 + self.sessions
        self.add(at, "login.succeeded", ip, area="resources", login_session=number, device=browser.words, known=browser.known)
        browser.known = browser.keeps

    def download(self, at: float, ip: str, again: float) -> None:
        """The button: a file that was taken within a day costs nothing and is not recorded again; without allowance it is refused."""
        product = self.rng.choice(list(self.left))
        fresh = [name for name in FILES[product] if name not in self.taken]
        file = self.rng.choice(fresh if fresh and self.rng.random() >= again else FILES[product])
        if at - self.taken.get(file, -DAY) < DAY:
            return
        if not self.left[product]:
            self.add(at, "download.refused", ip, product=product, reason="nothing_left")
            if self.rng.random() < self.asks:
                self.plan(at + self.rng.uniform(2, 30) * HOUR, partial(self.receive, product=product, downloads=3))
            return
        self.left[product] -= 1
        self.taken[file] = at
        self.add(at, "download.taken", ip, product=product, file=file, download=self.number * 1000 + len(self.events))

    def receive(self, at: float, product: str, downloads: int) -> None:
        """Staff add to the allowance."""
        self.left[product] += downloads
        self.add(at, "entitlement.changed", None, entitlement=self.number, downloads=downloads, reason="asked for")
